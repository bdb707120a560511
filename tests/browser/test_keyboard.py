"""Every role's work without a mouse: letters by their place on the keyboard, in any layout."""

import pytest

from agencies.roles import Role
from cases.workflow import Status
from tests import factories
from tests.browser.conftest import SignIn
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def _focused(page: object) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.className")  # type: ignore[attr-defined]


def test_an_official_moves_through_the_queue_and_opens_a_case(
    world: World, sign_in: SignIn
) -> None:
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open("/queue/?scope=agency")
    titles = page.locator("a.case-title")
    desk.keys("j")
    assert page.evaluate("document.activeElement.href") == titles.nth(0).evaluate("e => e.href")
    desk.keys("j", "j", "k")
    assert page.evaluate("document.activeElement.href") == titles.nth(1).evaluate("e => e.href")
    wanted = titles.nth(1).evaluate("e => e.href")
    desk.key_to_next_page("Enter")
    assert page.url == wanted


def test_slash_finds_and_f_opens_the_conditions(world: World, sign_in: SignIn) -> None:
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open("/queue/?scope=agency")
    desk.keys("Slash")
    assert page.evaluate("document.activeElement.type") == "search"
    desk.keys("Escape", "f")
    page.wait_for_selector(".filter-pop .filter-form")
    assert page.locator("details.filter-box").evaluate("e => e.open")
    desk.keys("Escape")
    number = world.case(Status.IN_WORK, "own").number
    desk.keys("Slash")
    page.keyboard.type(number)
    desk.key_to_next_page("Enter")
    assert page.url.endswith(f"/cases/{number}/")


def test_question_mark_shows_the_keys_and_escape_hides_them(world: World, sign_in: SignIn) -> None:
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open("/queue/")
    desk.keys("Shift+Slash")
    assert page.locator("#keys-help").is_visible()
    desk.keys("Escape")
    assert not page.locator("#keys-help").is_visible()


def test_letters_are_silent_in_fields_and_when_switched_off(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    desk = sign_in(person)
    page = desk.open("/queue/?scope=agency")
    desk.keys("Slash", "j", "k")
    assert page.input_value("input[type=search]") == "jk"
    person.letter_keys = False
    person.save(update_fields=["letter_keys"])
    page = desk.open("/queue/?scope=agency")
    desk.keys("j")
    assert "case-title" not in _focused(page)


def test_an_official_takes_writes_and_sends(world: World, sign_in: SignIn) -> None:
    case = world.case(Status.ROUTED, "own")
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open(f"/cases/{case.number}/")
    desk.key_to_next_page("t")
    desk.keys("e")
    assert _focused(page) == "reply-text"
    page.keyboard.insert_text(factories.REPLY)
    desk.key_to_next_page("Control+Enter")
    case.refresh_from_db()
    assert case.status in {Status.APPROVAL, Status.REVIEW}


def test_a_curator_names_the_executor(world: World, sign_in: SignIn) -> None:
    case = world.case(Status.IN_WORK, "own")
    person = world.people[Role.EXECUTOR]
    desk = sign_in(world.people[Role.CURATOR])
    page = desk.open(f"/cases/{case.number}/")
    desk.key_to_next_page("n")
    page.focus("#id_executor")
    for _ in range(page.locator("#id_executor option").count()):
        if page.input_value("#id_executor") == person.username:
            break
        desk.keys("ArrowDown")
    desk.key_to_next_page("Control+Enter")
    case.refresh_from_db()
    assert case.executor == person


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        (("a",), Status.APPROVAL),
        (("1", "2", "r"), Status.REWORK),
        (("6", "c", "Escape", "o"), Status.REWORK),
    ],
)
def test_a_supervisor_judges(
    world: World, sign_in: SignIn, keys: tuple[str, ...], status: str
) -> None:
    case = world.case(Status.REVIEW, "own")
    desk = sign_in(world.people[Role.QUALITY_SUPERVISOR])
    page = desk.open(f"/review/{case.number}/")
    for name in keys[:-1]:
        desk.keys(name)
        if name == "c":
            assert _focused(page) == "remark"
    desk.key_to_next_page(keys[-1])
    case.refresh_from_db()
    assert case.status == status


def test_a_brush_off_needs_a_ground(world: World, sign_in: SignIn) -> None:
    case = world.case(Status.REVIEW, "own")
    desk = sign_in(world.people[Role.QUALITY_SUPERVISOR])
    page = desk.open(f"/review/{case.number}/")
    desk.key_to_next_page("o")
    assert page.locator("#errors").is_visible()
    case.refresh_from_db()
    assert case.status == Status.REVIEW


def test_an_approver_publishes(world: World, sign_in: SignIn) -> None:
    case = world.case(Status.APPROVAL, "own")
    desk = sign_in(world.people[Role.APPROVER])
    page = desk.open(f"/cases/{case.number}/")
    desk.keys("p")
    assert _focused(page) == "publish-url"
    page.keyboard.type("https://vk.example/wall9")
    desk.key_to_next_page("Control+Enter")
    case.refresh_from_db()
    assert case.status == Status.ANSWERED


def test_what_the_case_knows_is_put_into_the_reply(world: World, sign_in: SignIn) -> None:
    case = world.case(Status.IN_WORK, "own")
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open(f"/cases/{case.number}/")
    page.focus("#reply-text")
    page.keyboard.type("Осмотрели двор")
    page.locator("[data-insert]").first.focus()
    desk.keys("Enter")
    assert page.input_value("#reply-text") == f"Осмотрели двор по адресу {case.place}"
    assert _focused(page) == "reply-text"


def test_the_refreshing_of_a_list_can_be_stopped(world: World, sign_in: SignIn) -> None:
    desk = sign_in(world.people[Role.EXECUTOR])
    page = desk.open("/queue/")
    page.focus("#stop-refresh")
    desk.keys("Enter")
    assert page.locator("#stop-refresh").is_disabled()
