"""The bell and the list of notices in a browser: live, silent when it should be, by keyboard."""

import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request

from agencies.models import User
from agencies.roles import Role
from cases.workflow import Status
from notices.kinds import Kind
from notices.models import Notice
from tests.browser.conftest import SignIn
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def tell(world: World, person: User, kind: str = Kind.CONTROL, count: int = 1) -> None:
    case = world.case(Status.IN_WORK, "own")
    known = Notice.objects.count()
    for number in range(count):
        Notice.objects.create(
            person=person,
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


def test_a_new_notice_appears_within_ten_seconds(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    desk = sign_in(person)
    page = desk.open("/queue/?scope=agency")
    assert page.get_attribute("#bell", "data-unread") == "0"
    tell(world, person)
    page.wait_for_selector('#bell[data-unread="1"]', timeout=10_000)
    assert page.get_attribute("#bell", "aria-label") == "Уведомления: 1 непрочитанное"
    assert desk.console == []


def test_the_list_renews_itself_with_the_bell(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    desk = sign_in(person)
    page = desk.open("/notices/")
    assert page.locator(".notice-row").count() == 0
    tell(world, person)
    page.wait_for_selector(".notice-row", timeout=12_000)


def test_a_hidden_page_and_a_paused_bell_ask_nothing(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    desk = sign_in(person)
    page = desk.open("/queue/")
    moments = asked(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.wait_for_timeout(9_500)
    assert moments == []
    page = desk.open("/notices/")
    page.get_by_role("button", name="Остановить обновление").click()
    page.wait_for_load_state("networkidle")
    moments = asked(page)
    page.wait_for_timeout(9_500)
    assert moments == []
    page.get_by_role("button", name="Обновлять само").click()
    page.wait_for_load_state("networkidle")
    moments = asked(page)
    page.wait_for_timeout(9_500)
    assert moments


def test_notices_are_read_by_keyboard_alone(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    tell(world, person, Kind.CONTROL, 2)
    tell(world, person, Kind.TERM_DUE, 14)
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


def test_an_ended_session_stops_the_asking(world: World, sign_in: SignIn) -> None:
    person = world.people[Role.EXECUTOR]
    desk = sign_in(person)
    page = desk.open("/queue/")
    person.sessions.all().delete()
    moments = asked(page)
    page.wait_for_timeout(18_000)
    assert len(moments) == 1
    assert page.get_attribute("#bell", "data-unread") == "0"
