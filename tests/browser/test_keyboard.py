"""Every role's daily work without a mouse; letters by their place, in any layout."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from agencies.access import held_roles
from agencies.models import Agency, User
from agencies.roles import Role
from cases.models import Case, RoutingRule
from cases.workflow import Status
from intake.models import ImportBatch
from intake.tasks import run_batch
from tests import factories
from tests.browser.conftest import Desk, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agencies(transactional_db: None) -> dict[str, Agency]:
    factories.load_reference()
    return factories.make_region()


# A page is there before its first field has the focus.
TYPED = ":is(input, textarea):focus"


def person(role: str, agency: Agency, **facts: Any) -> User:
    return factories.make_person(role, agency, **facts)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.className"))


def tab_to(page: Page, selector: str) -> None:
    """Tab until the element has the focus: it can be reached, and the ring is on it."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"{selector} is not reached by Tab")


def choose(page: Page, words: str) -> None:
    """Go down the focused list to the option that begins so."""
    chosen = "document.activeElement.selectedOptions[0].text"
    for _ in range(60):
        if str(page.evaluate(chosen)).strip().startswith(words):
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no option «{words}»")


def press(desk: Desk, selector: str) -> None:
    tab_to(desk.page, selector)
    desk.key_to_next_page("Enter")


def reload(case: Case) -> Case:
    return Case.objects.defer("search").get(pk=case.pk)


# Everybody


def test_an_official_moves_through_the_queue_and_opens_a_case(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    official = person(Role.EXECUTOR, agencies["own"])
    for _ in range(3):
        factories.make_case(Status.IN_WORK, agencies["own"], executor=official)
    desk = sign_in(official)
    page = desk.open("/queue/")
    titles = page.locator("a.case-title")
    desk.keys("j", "j", "k", "j")
    wanted = titles.nth(1).evaluate("e => e.href")
    assert page.evaluate("document.activeElement.href") == wanted
    desk.key_to_next_page("Enter")
    assert page.url == wanted
    desk.keys("g")
    desk.key_to_next_page("q")
    assert page.url.endswith("/queue/")


def test_slash_finds_f_opens_the_conditions_and_question_mark_shows_the_keys(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.IN_WORK, agencies["own"])
    desk = sign_in(person(Role.EXECUTOR, agencies["own"]))
    page = desk.open("/queue/?scope=agency")
    desk.keys("f")
    page.wait_for_selector(".filter-pop .filter-menu")
    desk.keys("Escape", "Shift+Slash")
    assert page.locator("#keys-help").is_visible()
    desk.keys("Escape")
    assert not page.locator("#keys-help").is_visible()
    desk.keys("Slash")
    page.keyboard.type(case.number)
    desk.key_to_next_page("Enter")
    assert page.url.endswith(f"/cases/{case.number}/")


def test_letters_are_silent_in_fields_and_when_switched_off(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    official = person(Role.EXECUTOR, agencies["own"])
    factories.make_case(Status.IN_WORK, agencies["own"], executor=official)
    desk = sign_in(official)
    page = desk.open("/queue/")
    desk.keys("Slash", "j", "k")
    assert page.input_value("input[type=search]") == "jk"
    official.letter_keys = False
    official.save(update_fields=["letter_keys"])
    page = desk.open("/queue/")
    desk.keys("j")
    assert "case-title" not in focused(page)
    tab_to(page, "#stop-refresh")
    desk.keys("Enter")
    assert page.locator("#stop-refresh").is_disabled()


# Role by role


def test_an_operator_imports_moderates_and_routes(
    agencies: dict[str, Agency], sign_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    RoutingRule.objects.create(topic=factories.make_topic(), agency=agencies["own"])
    factories.make_territory()
    desk = sign_in(person(Role.OPERATOR, agencies["region"]))
    page = desk.open("/import/")
    tab_to(page, "input[type=file]")
    table = "id,datetime,source,text\nw-1,01.06.2026 10:00,vk,Во дворе яма. Когда засыпят?\n"
    page.set_input_files(  # the system's own dialog is beyond a page's keyboard
        "input[type=file]",
        {"name": "a.csv", "mimeType": "text/csv", "buffer": table.encode()},
    )
    desk.key_to_next_page("Control+Enter")
    desk.key_to_next_page("Control+Enter")
    run_batch(batch_id=ImportBatch.objects.get().pk)
    case = Case.objects.get()
    page = desk.open("/desk/")
    if reload(case).status == Status.RECEIVED:
        desk.key_to_next_page("a")
    desk.keys("t")
    choose(page, "roads")
    desk.keys("Escape")
    desk.key_to_next_page("s")
    assert page.input_value("#agency") == "own"
    desk.key_to_next_page("a")
    assert reload(case).agency == agencies["own"]


def test_a_coordinator_decides_disputes(agencies: dict[str, Agency], sign_in: SignIn) -> None:
    first, second = (factories.make_case(Status.REDIRECT_ASKED, agencies["own"]) for _ in range(2))
    desk = sign_in(person(Role.COORDINATOR, agencies["region"]))
    page = desk.open("/desk/?view=disputes")
    desk.keys("j", "j")
    desk.key_to_next_page("Enter")
    assert second.number in page.inner_text(".review-case")
    desk.keys("v")
    choose(page, "other")
    desk.keys("Escape")
    desk.key_to_next_page("a")
    assert reload(second).agency == agencies["other"]
    desk.key_to_next_page("r")
    assert reload(first).status == Status.IN_WORK


def test_an_official_takes_writes_inserts_facts_and_sends(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.ROUTED, agencies["own"])
    desk = sign_in(person(Role.EXECUTOR, agencies["own"]))
    page = desk.open(f"/cases/{case.number}/")
    desk.key_to_next_page("t")
    desk.keys("e")
    assert focused(page) == "reply-text"
    page.keyboard.insert_text(factories.REPLY + " Осмотрели")
    tab_to(page, "[data-insert]")
    desk.keys("Enter")
    assert page.input_value("#reply-text").endswith(f"Осмотрели по адресу {case.place}")
    assert focused(page) == "reply-text"
    desk.key_to_next_page("Control+Enter")
    assert reload(case).status in {Status.APPROVAL, Status.REVIEW}


def test_an_approver_returns_and_publishes(agencies: dict[str, Agency], sign_in: SignIn) -> None:
    first, second = (factories.make_case(Status.APPROVAL, agencies["own"]) for _ in range(2))
    desk = sign_in(person(Role.APPROVER, agencies["own"]))
    page = desk.open("/approval/")
    desk.keys("j")
    desk.key_to_next_page("Enter")
    opened = first if first.number in page.url else second
    other = second if opened is first else first
    desk.keys("p")
    assert focused(page) == "publish-url"
    page.keyboard.type("https://vk.example/wall9")
    desk.key_to_next_page("Control+Enter")
    assert reload(opened).status == Status.ANSWERED
    desk.open(f"/cases/{other.number}/")
    desk.key_to_next_page("r")
    page.keyboard.type("Назовите срок")
    desk.key_to_next_page("Control+Enter")
    assert reload(other).status == Status.IN_WORK


def test_a_curator_assigns_and_disputes(agencies: dict[str, Agency], sign_in: SignIn) -> None:
    official = person(Role.EXECUTOR, agencies["own"], last_name="Юдина", first_name="Яна")
    case = factories.make_case(Status.ROUTED, agencies["own"])
    desk = sign_in(person(Role.CURATOR, agencies["own"]))
    page = desk.open(f"/cases/{case.number}/")
    desk.key_to_next_page("n")
    choose(page, "Яна")
    desk.key_to_next_page("Control+Enter")
    assert reload(case).executor == official
    desk.key_to_next_page("d")
    desk.keys("ArrowDown", "Tab", "ArrowDown", "ArrowDown", "Tab")  # reason, whose case it is
    page.keyboard.type("Двор частный")
    desk.key_to_next_page("Control+Enter")
    assert reload(case).status == Status.REDIRECT_ASKED


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        (("a",), Status.APPROVAL),
        (("1", "2", "c", "Escape", "r"), Status.REWORK),
        (("o", "6", "o"), Status.REWORK),  # the first press lacks a ground and says so
    ],
)
def test_a_supervisor_judges(
    agencies: dict[str, Agency], sign_in: SignIn, keys: tuple[str, ...], status: str
) -> None:
    case = factories.make_case(Status.REVIEW, agencies["own"])
    desk = sign_in(person(Role.QUALITY_SUPERVISOR, agencies["own"]))
    page = desk.open("/review/")
    for at, name in enumerate(keys):
        if name == "o" and at == 0:
            desk.keys(name)
            assert page.locator("#grounds-missing").is_visible()
            assert page.evaluate("document.activeElement.name") == "grounds"
            assert reload(case).status == Status.REVIEW
        elif at == len(keys) - 1:
            desk.key_to_next_page(name)
        else:
            desk.keys(name)
            assert name != "c" or focused(page) == "remark"
    assert reload(case).status == status


def test_the_heads_office_puts_under_control_and_lifts_it(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.IN_WORK, agencies["own"])
    desk = sign_in(person(Role.HEAD_OFFICE, agencies["region"]))
    page = desk.open(f"/cases/{case.number}/")
    desk.key_to_next_page("l")
    page.wait_for_selector(TYPED)
    page.keyboard.type("Поручение губернатора")
    desk.key_to_next_page("Control+Enter")
    assert reload(case).control_reason == "Поручение губернатора"
    desk.open("/cases/?control=true")  # the menu leads to the board, which has its own test
    desk.keys("j")
    desk.key_to_next_page("Enter")
    press(desk, 'a[href$="/lift-control/"]')
    page.wait_for_selector(TYPED)
    page.keyboard.type("Исполнено")
    desk.key_to_next_page("Control+Enter")
    assert reload(case).controlled_by is None


def _choose_by_name(page: Page, field: str, name: str) -> None:
    """A list of the admin that is searched as one types.

    The list moves the focus a moment after it opens and again after it closes: nobody types
    before he sees the cursor there.
    """
    closed = f".field-{field} .select2-selection"
    tab_to(page, closed)
    page.keyboard.press("Enter")
    page.wait_for_selector(".select2-search__field:focus")
    page.keyboard.type(name)
    page.wait_for_selector(f".select2-results__option--highlighted:has-text('{name}')")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{closed}:focus:has-text('{name}')")


def test_an_administrator_makes_an_agency_a_person_and_rights(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    desk = sign_in(person(Role.ADMINISTRATOR, agencies["region"]))
    page = desk.open("/admin/")
    press(desk, '.admin-nav a[href="/admin/agencies/agency/"]')
    press(desk, 'a[href="/admin/agencies/agency/add/"]')
    page.keyboard.type("Новое ведомство")
    page.keyboard.press("Tab")
    page.keyboard.type("Новое")
    page.keyboard.press("Tab")
    page.keyboard.type("new")
    tab_to(page, "#id_kind")
    choose(page, "министерство")
    _choose_by_name(page, "parent", "region")
    _choose_by_name(page, "calendar", "Пятидневка")
    press(desk, 'input[name="_save"]')
    made = Agency.objects.get(code="new")
    assert (made.parent, made.kind) == (agencies["region"], Agency.Kind.MINISTRY)

    desk.open("/admin/agencies/user/add/")
    page.keyboard.type("novikova")
    tab_to(page, "#id_password1")
    page.keyboard.type("long-enough-word-7")
    tab_to(page, "#id_password2")
    page.keyboard.type("long-enough-word-7")
    press(desk, 'input[name="_save"]')
    colleague = User.objects.get(username="novikova")
    tab_to(page, "#id_grant_role")
    choose(page, "Исполн")
    tab_to(page, "#id_grant_agency")
    choose(page, "Новое ведомство")
    press(desk, 'input[name="_continue"]')
    assert held_roles(colleague) == [(Role.EXECUTOR, "new")]
    tab_to(page, 'input[name="revoke"]')
    page.keyboard.press("Space")
    press(desk, 'input[name="_save"]')
    assert held_roles(colleague) == []


def test_an_administrator_adds_a_routing_rule_and_tries_it(
    agencies: dict[str, Agency], sign_in: SignIn
) -> None:
    case = factories.make_case(Status.IN_WORK, agencies["own"])
    desk = sign_in(person(Role.ADMINISTRATOR, agencies["region"]))
    page = desk.open("/admin/cases/routingrule/add/")
    assert case.topic is not None
    _choose_by_name(page, "topic", case.topic.name)
    _choose_by_name(page, "agency", "other")
    press(desk, 'input[name="_save"]')
    rule = RoutingRule.objects.get()
    assert (rule.topic, rule.agency) == (case.topic, agencies["other"])
    tab_to(page, 'select[name="action"]')
    choose(page, "Проверить")
    press_row = 'input[name="_selected_action"]'
    tab_to(page, press_row)
    page.keyboard.press("Space")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.actions button')"):
            break
    desk.key_to_next_page("Enter")
    assert "1" in page.inner_text("main table")
    assert reload(case).agency == agencies["own"]


def test_an_auditor_reads_the_journal(agencies: dict[str, Agency], sign_in: SignIn) -> None:
    case = factories.make_case(Status.CLOSED, agencies["own"])
    desk = sign_in(person(Role.AUDITOR, agencies["region"]))
    page = desk.open("/cases/")
    press(desk, '.nav-list a[href="/admin/cases/caseevent/"]')
    assert case.number in page.inner_text("#result_list")
    tab_to(page, "#searchbar")
    page.keyboard.type(case.number)
    desk.key_to_next_page("Enter")
    assert case.number in page.inner_text("#result_list")
    desk.open("/cases/")
    desk.keys("j")
    desk.key_to_next_page("Enter")
    assert page.locator(".timeline > li").count() == 1
