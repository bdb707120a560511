"""The bell and the list of notices in a browser: live, silent when it should be, by keyboard."""

import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request

from agencies.models import Agency, User
from cases.models import Case
from cases.workflow import Status
from notices.kinds import Kind
from notices.models import Notice
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(region: dict[str, Agency]) -> Case:
    return factories.make_case(Status.IN_WORK, region["own"])


@pytest.fixture
def person(case: Case) -> User:
    assert case.executor is not None
    return case.executor


def tell(case: Case, kind: str = Kind.CONTROL, count: int = 1) -> None:
    assert case.executor is not None
    known = Notice.objects.count()
    for number in range(count):
        Notice.objects.create(
            person=case.executor,
            kind=kind,
            cause=f"test:{known + number}",
            case=case,
            agency=case.agency,
            at=timezone.now(),
        )


def asked(page: Page) -> list[float]:
    """Moments at which the page asks the bell, from now on."""
    moments: list[float] = []

    def note(request: Request) -> None:
        if request.url.split("?")[0].endswith("/notices/bell/"):
            moments.append(time.monotonic())

    page.on("request", note)
    return moments


def later(page: Page, seconds: float) -> None:
    """The page's own clock goes on; what it asks then has gone out."""
    page.clock.run_for(seconds * 1000)
    page.wait_for_timeout(300)


def test_a_new_notice_appears_within_ten_seconds(case: Case, person: User, sign_in: SignIn) -> None:
    desk = sign_in(person)
    page = desk.open("/queue/?scope=agency")
    assert page.get_attribute("#bell", "data-unread") == "0"
    tell(case)
    page.wait_for_selector('#bell[data-unread="1"]', timeout=10_000)
    assert page.get_attribute("#bell", "aria-label") == "Уведомления: 1 непрочитанное"
    assert desk.console == []


def test_the_list_renews_itself_with_the_bell(case: Case, person: User, sign_in: SignIn) -> None:
    desk = sign_in(person)
    desk.page.clock.install()
    page = desk.open("/notices/")
    assert page.locator(".notice-row").count() == 0
    tell(case)
    later(page, 9)
    page.wait_for_selector(".notice-row")


def test_a_hidden_page_and_a_paused_bell_ask_nothing(
    case: Case, person: User, sign_in: SignIn
) -> None:
    desk = sign_in(person)
    desk.page.clock.install()
    page = desk.open("/queue/")
    moments = asked(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    later(page, 9.5)
    assert moments == []
    page = desk.open("/notices/")
    page.get_by_role("button", name="Остановить обновление").click()
    page.wait_for_load_state("networkidle")
    moments = asked(page)
    later(page, 9.5)
    assert moments == []
    page.get_by_role("button", name="Обновлять само").click()
    page.wait_for_load_state("networkidle")
    moments = asked(page)
    later(page, 9.5)
    assert moments


def test_notices_are_read_by_keyboard_alone(case: Case, person: User, sign_in: SignIn) -> None:
    tell(case, Kind.CONTROL, 2)
    tell(case, Kind.TERM_DUE, 14)
    desk = sign_in(person)
    page = desk.open("/queue/")
    desk.keys("g")
    desk.key_to_next_page("n")
    assert page.url.endswith("/notices/")
    summary = page.locator("summary", has_text="14 обращений: срок прошёл")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".notice-group details").evaluate("e => e.open")
    assert page.locator(".notice-group .notice-row").count() == 14
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # «Отметить эти прочитанными»
    page.wait_for_selector('#bell[data-unread="2"]')
    desk.key_to_next_page("m")
    assert page.get_attribute("#bell", "data-unread") == "0"
    assert not Notice.objects.unread().filter(person=person).exists()


def test_an_ended_session_stops_the_asking(case: Case, person: User, sign_in: SignIn) -> None:
    desk = sign_in(person)
    desk.page.clock.install()
    page = desk.open("/queue/")
    person.sessions.all().delete()
    moments = asked(page)
    later(page, 9)
    assert len(moments) == 1
    later(page, 9)
    assert len(moments) == 1
    assert page.get_attribute("#bell", "data-unread") == "0"
