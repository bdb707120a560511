"""Two people, two tabs: seen at once, nothing overwritten, nothing lost."""

import pytest
from django.test import Client

from agencies.models import Agency
from agencies.roles import Role
from cases.models import Case, Draft, DraftCopy
from cases.workflow import Status
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency(transactional_db: None) -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


@pytest.fixture
def case(agency: Agency) -> Case:
    return factories.make_case(Status.IN_WORK, agency)


def test_a_colleague_is_seen_within_seconds_writing_and_leaving(
    agency: Agency, case: Case, sign_in: SignIn
) -> None:
    olga = factories.make_person(Role.EXECUTOR, agency, first_name="Ольга", last_name="Лапина")
    anna = factories.make_person(Role.EXECUTOR, agency, first_name="Анна", last_name="Серова")
    first, second = sign_in(olga), sign_in(anna)
    page = first.open(f"/cases/{case.number}/")
    other = second.open(f"/cases/{case.number}/")
    other.wait_for_selector("#presence >> text=Открыто: Ольга Лапина")
    page.wait_for_selector("#presence >> text=Открыто: Анна Серова", timeout=12_000)
    other.focus("#reply-text")
    other.keyboard.type("Осмотрели двор")
    page.wait_for_selector("#presence >> text=Пишет: Анна Серова", timeout=14_000)
    page.wait_for_selector("#editor-presence >> text=тоже пишет")
    # A beat under way when the page is left ends as an error of its own in the console.
    assert second.console == []
    other.goto(f"{second.base}/queue/")
    page.wait_for_selector("#presence >> text=Серова", state="detached", timeout=14_000)
    assert first.console == []


def test_a_second_tab_is_told_and_both_texts_stay(
    agency: Agency, case: Case, sign_in: SignIn
) -> None:
    desk = sign_in(factories.make_person(Role.EXECUTOR, agency))
    one = desk.open(f"/cases/{case.number}/")
    two = one.context.new_page()
    two.goto(f"{desk.base}/cases/{case.number}/")
    one.focus("#reply-text")
    one.keyboard.insert_text("Яму засыплем в пятницу.")
    one.wait_for_selector("#draft-saved >> text=Черновик сохранён")
    one.keyboard.insert_text(" Спасибо.")
    one.wait_for_timeout(1_500)
    assert Draft.objects.get().text == "Яму засыплем в пятницу. Спасибо."
    assert one.locator("#draft-conflict .notice").count() == 0
    two.focus("#reply-text")
    two.keyboard.insert_text("Яму засыплем завтра.")
    two.wait_for_selector("#draft-conflict >> text=Этот черновик изменён в другом месте")
    assert Draft.objects.get().text == "Яму засыплем в пятницу. Спасибо."
    assert DraftCopy.objects.get().text == "Яму засыплем завтра."
    two.get_by_role("button", name="Взять текст оттуда").click()
    assert two.input_value("#reply-text") == "Яму засыплем в пятницу. Спасибо."
    two.wait_for_selector("#draft-conflict .notice", state="detached")
    two.locator("summary", has_text="Прежние тексты").click()
    two.wait_for_selector(".filter-pop >> text=Яму засыплем завтра.")
    two.keyboard.press("Escape")
    two.focus("#reply-text")
    two.keyboard.press("Control+End")
    two.keyboard.insert_text(" Вторая вкладка.")
    two.wait_for_timeout(1_500)
    assert Draft.objects.get().text.endswith("Вторая вкладка.")


def test_who_types_without_a_pause_is_saved_every_few_seconds(
    agency: Agency, case: Case, sign_in: SignIn
) -> None:
    desk = sign_in(factories.make_person(Role.EXECUTOR, agency))
    page = desk.open(f"/cases/{case.number}/")
    page.focus("#reply-text")
    for _ in range(32):  # a letter each 250 ms: no pause of 600 ms ever comes
        page.keyboard.type("а")
        page.wait_for_timeout(250)
    assert len(Draft.objects.get().text) >= 10


def test_what_another_device_wrote_is_not_lost_to_a_restored_text(
    agency: Agency, case: Case, sign_in: SignIn
) -> None:
    """Typed without a connection here, meanwhile written on there: both are shown."""
    person = factories.make_person(Role.EXECUTOR, agency)
    desk = sign_in(person)
    page = desk.open(f"/cases/{case.number}/")
    page.context.set_offline(True)
    page.focus("#reply-text")
    page.keyboard.insert_text("Набрано без связи")
    page.wait_for_selector("#draft-failure", state="visible")
    elsewhere = Client()
    elsewhere.force_login(person)
    elsewhere.post(
        f"/cases/{case.number}/draft/", {"text": "С телефона", "tab": "phone", "seen": ""}
    )
    page.context.set_offline(False)
    page.reload()
    page.wait_for_selector("#draft-conflict >> text=Этот черновик изменён в другом месте")
    assert page.input_value("#reply-text") == "Набрано без связи"
    assert Draft.objects.get().text == "С телефона"
    assert DraftCopy.objects.get().text == "Набрано без связи"
