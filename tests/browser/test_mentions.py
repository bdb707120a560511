"""A colleague is named in a note by keyboard alone."""

import pytest

from agencies.roles import Role
from cases.workflow import Status
from tests.browser.conftest import SignIn
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_name_is_chosen_from_the_list_by_keyboard(
    transactional_db: None, sign_in: SignIn
) -> None:
    world = World()
    case = world.case(Status.IN_WORK, "own")
    desk = sign_in(world.people[Role.CURATOR])
    page = desk.open(case.get_absolute_url())
    page.locator("details:has(#note-text) summary").press("Enter")
    page.focus("#note-text")
    page.keyboard.type("Проверьте, @own-exec")
    options = page.locator("#note-text-colleagues [role=option]")
    options.first.wait_for()
    assert options.count() == 1
    assert page.get_attribute("#note-text", "aria-activedescendant") == options.first.get_attribute(
        "id"
    )
    page.keyboard.press("Enter")
    assert page.input_value("#note-text") == "Проверьте, @own-executor "
    assert not options.first.is_visible()
    # Escape closes the list and leaves what was typed.
    page.keyboard.type("@own")
    options.first.wait_for()
    page.keyboard.press("Escape")
    assert page.input_value("#note-text").endswith("@own")
    assert not options.first.is_visible()
    assert desk.console == []
