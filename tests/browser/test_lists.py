"""The queue as a tool, by keyboard alone: views, conditions, many cases at once, export."""

import os
from typing import Any

import pytest
from playwright.sync_api import Page

from agencies.models import Agency, User
from agencies.roles import Role
from cases import saved
from cases.models import BulkRun, Case, SavedView
from cases.workflow import Status
from intake.models import CaseExport
from tests import factories
from tests.browser.conftest import Desk, SignIn
from tests.browser.test_keyboard import choose, focused, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agencies(transactional_db: None) -> dict[str, Agency]:
    factories.load_reference()
    return factories.make_region()


def shoot(desk: Desk, name: str) -> None:
    """SHOTS=folder: the screen as it is now, at both widths."""
    folder = os.environ.get("SHOTS")
    if not folder:
        return
    for width in (1440, 390):
        desk.page.set_viewport_size({"width": width, "height": 900})
        desk.page.screenshot(path=f"{folder}/{name}-{width}.png")
    desk.page.set_viewport_size({"width": 1440, "height": 900})


def ticked(page: Page) -> int:
    return page.locator('input[name="case"]:checked').count()


def reload(case: Case) -> Case:
    return Case.objects.defer("search").get(pk=case.pk)


@pytest.fixture
def curator(agencies: dict[str, Agency]) -> User:
    return factories.make_person(Role.CURATOR, agencies["own"])


@pytest.fixture
def cases(agencies: dict[str, Agency]) -> list[Case]:
    """Five to be assigned, and one that came back."""
    made = [factories.make_case(Status.ROUTED, agencies["own"]) for _ in range(5)]
    return [*made, factories.make_case(Status.REWORK, agencies["own"])]


def test_a_view_a_condition_three_rows_one_move_each_result_and_the_export(
    agencies: dict[str, Agency], curator: User, cases: list[Case], sign_in: SignIn
) -> None:
    official = factories.make_person(
        Role.EXECUTOR, agencies["own"], last_name="Юдина", first_name="Яна"
    )
    saved.save(curator, list_name="queue", name="Ведомство", conditions={"scope": ["agency"]})
    desk = sign_in(curator)
    page = desk.open("/queue/")
    page.wait_for_selector(".nav-saved .saved-name")
    desk.key_to_next_page("1")
    assert page.url.endswith("/queue/?scope=agency")
    # A condition from the menu: the first is the state; a box is ticked and shown.
    desk.keys("f")
    page.wait_for_selector(".filter-menu a:focus")
    shoot(desk, "menu")
    desk.keys("ArrowDown", "ArrowUp", "Enter")
    page.wait_for_selector('.filter-one input[value="received"]:focus')
    tab_to(page, '.filter-one input[value="routed"]')
    desk.keys("Space")
    shoot(desk, "condition")
    desk.key_to_next_page("Control+Enter")
    assert page.locator(".chip b").all_inner_texts() == ["Назначено"]
    assert page.locator("tr.case").count() == 5
    # Three rows: the first, then on to the third.
    desk.keys("j", "x", "j", "j", "Shift+X")
    assert ticked(page) == 3
    assert "Выбрано: 3" in page.inner_text(".bulk-bar")
    shoot(desk, "chosen")
    wanted = page.locator('input[name="case"]:checked').evaluate_all("all => all.map(e => e.value)")
    desk.key_to_next_page("n")
    assert focused(page) == "content" or page.url.startswith(desk.base + "/bulk/")
    tab_to(page, "#id_executor")
    choose(page, "Яна")
    shoot(desk, "preview")
    tab_to(page, 'button[value="preview"]')
    desk.key_to_next_page("Enter")
    assert not BulkRun.objects.exists()
    assert page.locator('.badge[data-tone="good"]').count() == 3
    gone = Case.objects.defer("search").get(number=wanted[1])
    Case.objects.filter(pk=gone.pk).update(version=99)  # somebody was quicker
    desk.key_to_next_page("Control+Enter")
    assert "Сделано: 2 из 3" in page.inner_text("#result")
    assert page.locator("#result tbody tr").first.inner_text().startswith(f"№\u00a0{gone.number}")
    shoot(desk, "result")
    done = Case.objects.defer("search").filter(number__in=wanted, executor=official)
    assert {case.number for case in done} == {wanted[0], wanted[2]}
    # Back to the list as it was, and away with it as a table.
    desk.key_to_next_page("Escape")
    assert page.url.endswith("/queue/?scope=agency&status=routed")
    # Thought better of it: U leads back to the result, and there takes it back.
    assert page.locator("#undo-last").is_visible()
    desk.key_to_next_page("u")
    desk.key_to_next_page("u")
    assert "Сделано: 2 из 2" in page.inner_text("#result")
    assert not Case.objects.filter(number__in=wanted, executor=official).exists()
    desk.key_to_next_page("Escape")
    assert page.url.endswith("/queue/?scope=agency&status=routed")
    assert not page.locator("#undo-last").is_visible()
    desk.key_to_next_page("e")
    assert "Мои обращения. Дел в таблице: 3" in page.inner_text(".panel >> nth=0")
    tab_to(page, "form.stack button.button-primary")
    desk.key_to_next_page("Enter")
    export = CaseExport.objects.get()
    assert (export.view, export.conditions) == (
        "queue",
        {"scope": ["agency"], "status": ["routed"]},
    )
    assert desk.console == []


def test_a_condition_is_dropped_and_a_view_saved_renamed_and_made_the_first(
    agencies: dict[str, Agency], curator: User, cases: list[Case], sign_in: SignIn
) -> None:
    desk = sign_in(curator)
    page = desk.open("/queue/?scope=agency&status=rework&repeat=false")
    assert page.locator("a.chip").count() == 2
    desk.key_to_next_page("Backspace")
    assert page.url.endswith("?scope=agency&status=rework")
    desk.key_to_next_page("s")
    assert focused(page) == "id_name"
    page.keyboard.type("Вернулись")
    shoot(desk, "save")
    desk.key_to_next_page("Control+Enter")
    page.wait_for_selector('.nav-saved [aria-current="true"]')
    shoot(desk, "saved")
    desk.key_to_next_page("v")
    shoot(desk, "views")
    tab_to(page, 'button[value="first"]')
    desk.key_to_next_page("Enter")
    assert "Теперь работа начинается" in page.inner_text("main")
    desk.keys("g")
    desk.key_to_next_page("q")
    assert page.url.endswith("/queue/?scope=agency&status=rework")
    desk.key_to_next_page("v")
    tab_to(page, "td a.button")
    desk.key_to_next_page("Enter")
    desk.keys("End")
    page.keyboard.type(" к нам")
    desk.key_to_next_page("Control+Enter")
    assert SavedView.objects.get().name == "Вернулись к нам"
    assert desk.console == []


def test_the_choice_outlives_the_renewal_and_escape_drops_it(
    agencies: dict[str, Agency], curator: User, cases: list[Case], sign_in: SignIn
) -> None:
    desk = sign_in(curator)
    page = desk.open("/queue/?scope=agency")
    assert not page.locator(".bulk-bar").is_visible()
    before = page.url
    desk.keys("n")  # nothing is chosen: the key has no button
    desk.keys("x")
    assert ticked(page) == 1
    page.evaluate("htmx.ajax('GET', location.href, {target: '#rows', swap: 'innerHTML'})")
    page.wait_for_function("!document.querySelector('tr.case a.case-title:focus')")
    assert ticked(page) == 1
    assert "Выбрано: 1" in page.inner_text(".bulk-bar")
    desk.keys("a")
    assert ticked(page) == len(cases)
    assert page.evaluate("document.querySelector('[data-choose-page]').checked")
    desk.keys("Escape")
    assert ticked(page) == 0
    assert not page.locator(".bulk-bar").is_visible()
    assert page.url == before


def test_all_that_match_are_more_than_the_page(
    agencies: dict[str, Agency], curator: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.paging.PAGE", 2)
    made: list[Any] = [factories.make_case(Status.ROUTED, agencies["own"]) for _ in range(5)]
    desk = sign_in(curator)
    page = desk.open("/queue/?scope=agency")
    desk.keys("m")
    assert "Выбраны все подходящие" in page.inner_text(".bulk-bar")
    desk.key_to_next_page("t")
    assert "Выбрано 5 обращений" in page.inner_text(".page-head")
    desk.key_to_next_page("Control+Enter")
    assert "Сделано: 5 из 5" in page.inner_text("#result")
    assert {reload(case).status for case in made} == {Status.IN_WORK}


def test_without_scripts_a_row_is_ticked_and_moved(
    agencies: dict[str, Agency], curator: User, cases: list[Case], sign_in: SignIn
) -> None:
    """Boxes, buttons, links of conditions and views are the page's own."""
    desk = sign_in(curator)
    browser = desk.page.context.browser
    assert browser is not None
    plain = browser.new_context(
        java_script_enabled=False, storage_state=desk.page.context.storage_state()
    )
    page = plain.new_page()
    page.goto(f"{desk.base}/queue/?scope=agency&status=routed")
    page.check(f'input[value="{cases[0].number}"]')
    page.click('.bulk-bar button[value="take"]')
    page.click('button[value="do"]')
    assert reload(cases[0]).status == Status.IN_WORK
    page.goto(f"{desk.base}/queue/?scope=agency")
    page.click(".filter-box summary")
    page.click(".filter-pop a")
    page.select_option("#id_status", "rework")
    page.click("form.filter-form button")
    assert "status=rework" in page.url
    page.click(".nav-foot a")
    assert page.url.endswith("/views/")
    plain.close()
