"""What pages say when the portal does not answer or the session has ended."""

import pytest

from agencies.models import Agency
from agencies.roles import Role
from cases.models import Draft
from cases.workflow import Status
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agencies(transactional_db: None) -> dict[str, Agency]:
    factories.load_reference()
    return factories.make_region()


def test_a_reply_written_without_a_connection_is_kept_and_saved_later(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.IN_WORK, agencies["own"])
    desk = sign_in(factories.make_person(Role.EXECUTOR, agencies["own"]))
    page = desk.open(f"/cases/{case.number}/")
    notice = page.locator("#draft-failure")
    assert not notice.is_visible()
    assert not page.locator("#draft-restored").is_visible()
    assert not Draft.objects.exists(), "looking at a case leaves no draft"
    page.context.set_offline(True)
    page.focus("#reply-text")
    page.keyboard.insert_text("Осмотрели двор")
    notice.wait_for(state="visible")
    page.context.set_offline(False)
    page.keyboard.insert_text(", яму засыплют")
    notice.wait_for(state="hidden")
    assert Draft.objects.get().text == "Осмотрели двор, яму засыплют"


def test_a_reply_sent_after_the_session_ended_comes_back_after_signing_in(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.IN_WORK, agencies["own"])
    official = factories.make_person(Role.EXECUTOR, agencies["own"])
    desk = sign_in(official)
    page = desk.open(f"/cases/{case.number}/")
    page.context.clear_cookies()
    page.focus("#reply-text")
    page.keyboard.insert_text("Текст, набранный после конца сеанса")
    desk.key_to_next_page("Control+Enter")
    assert "Текст" not in page.content()
    desk.open("/sign-in/")
    page.fill("#id_username", official.username)
    page.fill("#id_password", "browser walks here")
    page.press("#id_password", "Enter")
    page.wait_for_url("**/queue/")
    page = desk.open(f"/cases/{case.number}/")
    assert page.input_value("#reply-text") == "Текст, набранный после конца сеанса"
    assert page.locator("#draft-restored").is_visible()
    assert not case.replies.exists()


def test_a_list_that_was_not_renewed_says_so_and_tries_again(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    official = factories.make_person(Role.EXECUTOR, agencies["own"])
    case = factories.make_case(Status.IN_WORK, agencies["own"], executor=official)
    desk = sign_in(official)
    page = desk.open("/queue/")
    failure = page.locator("#rows-failure")
    assert not failure.is_visible()
    page.context.set_offline(True)
    renew = (
        "htmx.ajax('GET', location.href, {target: '#rows', swap: 'innerHTML'}).catch(() => null)"
    )
    page.evaluate(renew)
    failure.wait_for(state="visible")
    assert case.number in page.inner_text("#rows").replace("\xa0", " ")
    page.context.set_offline(False)
    page.click("#rows-again")
    failure.wait_for(state="hidden")
    page.context.clear_cookies()
    page.evaluate(renew)
    page.wait_for_selector("#rows .notice")
    assert page.locator("#rows input").count() == 0


def test_a_button_pressed_twice_sends_once(agencies: dict[str, Agency], sign_in: SignIn) -> None:
    case = factories.make_case(Status.ROUTED, agencies["own"])
    desk = sign_in(factories.make_person(Role.EXECUTOR, agencies["own"]))
    page = desk.open(f"/cases/{case.number}/")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    with page.expect_navigation():
        page.dblclick('[data-key="KeyT"]')
    assert len([url for url in sent if url.endswith("/take/")]) == 1
