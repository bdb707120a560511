"""The import's pages in a browser: by keyboard alone, in both themes, live while it runs."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from agencies.roles import Role
from cases.models import Case
from intake.models import AgencyName, ImportBatch, QuarantinedRow
from intake.tasks import run_batch
from intake.tests.command import ANSWERED, files_in, incident
from intake.tests.files import as_csv, as_xlsx
from tests import factories
from tests.browser.conftest import Desk, SignIn
from tests.browser.faults import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(sign_in: SignIn, settings: Any, tmp_path: Path) -> Desk:
    files_in(settings, tmp_path)
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    region = factories.make_region()
    return sign_in(factories.make_person(Role.OPERATOR, region["region"], "operator"))


def workbook() -> bytes:
    """Good rows, rows of every fate, and an agency nobody knows."""
    rows = [
        *(incident(external_id=str(n)) for n in range(20)),
        incident(external_id="21", agency="Управа Неизвестного района", **ANSWERED),
        incident(external_id="22", text="'"),
        incident(external_id="23", posted_at="31.02.2026 10:00"),
        incident(external_id="24", url="https://forum.example/1", blog_url="", author_url=""),
        incident(external_id="25", text="'<b>Яма</b> у школы"),
        incident(external_id="1", text="'Другое под тем же номером"),
    ]
    return as_xlsx([list(rows[0]), *(list(row.values()) for row in rows)])


def upload(desk: Desk, name: str, content: bytes) -> ImportBatch:
    page = desk.open("/import/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "", "buffer": content})
    desk.key_to_next_page("Control+Enter")
    return ImportBatch.objects.latest("pk")


def test_every_page_of_an_import_is_accessible_in_both_themes_and_widths(operator: Desk) -> None:
    faults = faults_of(operator, "/import/")
    batch = upload(operator, "Выгрузка.xlsx", workbook())
    here = f"/import/{batch.pk}/"
    faults += faults_of(operator, here)
    faults += faults_of(operator, f"{here}?columns=1")
    faults += faults_of(operator, "/import/agencies/")
    ImportBatch.objects.filter(pk=batch.pk).update(state="running", rows_done=10)
    faults += faults_of(operator, here)
    run_batch(batch_id=batch.pk)
    faults += faults_of(operator, here)
    faults += faults_of(operator, f"{here}undo/")
    faults += faults_of(operator, "/import/")
    faults += faults_of(operator, "/import/quarantine/")
    faults += faults_of(operator, "/import/quarantine/?code=unknown_source")
    for row in QuarantinedRow.objects.all():
        faults += faults_of(operator, f"/import/quarantine/{row.pk}/")
    unknown = upload(operator, "журнал.csv", as_csv([["ключ", "что"], ["1", "Яма у школы"]]))
    faults += faults_of(operator, f"/import/{unknown.pk}/")
    refused = upload(operator, "письмо.pdf", b"%PDF-1.4 nothing")
    faults += [f for f in faults_of(operator, f"/import/{refused.pk}/") if "400" not in f]
    assert faults == []


def test_an_import_from_file_to_mended_row_by_keyboard_alone(operator: Desk) -> None:
    batch = upload(operator, "Выгрузка.xlsx", workbook())
    page = operator.page
    assert page.url.endswith(f"/import/{batch.pk}/")
    shown = operator.text()
    assert "Загрузить 22 строки" in shown
    assert "Управа Неизвестного района (1)" in shown
    operator.key_to_next_page("Control+Enter")
    assert "0 из 26 строк" in operator.text()
    run_batch(batch_id=batch.pk)
    page.wait_for_selector("text=Отменить импорт")  # the page notices by itself
    assert Case.objects.count() == 22

    operator.open(f"/import/quarantine/?batch={batch.pk}")
    operator.keys("j")
    operator.key_to_next_page("Enter")
    row = QuarantinedRow.objects.order_by("pk").first()
    assert row is not None
    assert page.url.endswith(f"/import/quarantine/{row.pk}/")
    operator.key_to_next_page("j")
    operator.key_to_next_page("k")
    page.focus('[aria-invalid="true"]')
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("10.06.2026 10:12")
    operator.key_to_next_page("Control+Enter")
    row.refresh_from_db()
    assert (row.state, Case.objects.count()) == ("accepted", 23)
    assert "Строка принята" in operator.text()
    # The next one: no cell can say where it comes from, so a channel is chosen.
    page.select_option('select[name="channel"]', "vk")
    operator.key_to_next_page("Control+Enter")
    assert Case.objects.count() == 24
    assert "Под этим идентификатором уже есть обращение" in operator.text()
    assert operator.console == []


def test_the_progress_lives_and_the_page_turns_into_the_result(operator: Desk) -> None:
    batch = upload(operator, "Выгрузка.xlsx", workbook())
    operator.key_to_next_page("Control+Enter")
    page = operator.page
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=13)
    page.wait_for_selector("text=13 из 26 строк")
    assert page.get_attribute('[role="progressbar"]', "aria-valuenow") == "50"
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=0)

    def work() -> None:
        run_batch(batch_id=batch.pk)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    page.wait_for_selector("text=Отменить импорт")
    thread.join()
    assert "Исправить 3 строки" in operator.text()
    assert operator.console == []


def test_without_scripts_the_whole_import_works(operator: Desk, browser: Any) -> None:
    state = operator.page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state, locale="ru-RU")
    page = context.new_page()
    page.goto(operator.base + "/import/")
    page.set_input_files(
        "input[type=file]", {"name": "a.xlsx", "mimeType": "", "buffer": workbook()}
    )
    page.click("main form .button-primary")
    page.click("main form .button-primary")
    batch = ImportBatch.objects.latest("pk")
    run_batch(batch_id=batch.pk)
    page.reload()
    assert "Отменить импорт" in page.inner_text("main")
    page.goto(operator.base + "/import/agencies/")
    name = AgencyName.objects.get()
    page.select_option(f'select[name="name_{name.pk}"]', label="Ведомство own")
    page.click("main form .button-primary")
    assert "Передано обращений: 1" in page.inner_text("body")
    page.goto(operator.base + f"/import/{batch.pk}/undo/")
    page.fill("#id_reason", "Не тот файл")
    page.check("#id_confirm")
    page.click("main form .button-danger")
    assert "Отменён" in page.inner_text("main")
    context.close()
