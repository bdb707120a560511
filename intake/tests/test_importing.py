"""The import through its command: what a file does to the database."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.utils import timezone

from cases.actions.moderation import next_numbers
from cases.models import Case, CaseEvent, Citizen, Clock, Message, Reply
from intake.models import AgencyName, AwaitingAgency, ImportBatch, ImportedRow, QuarantinedRow
from intake.tests.command import ANSWERED, ROW, bring, counts_of, files_in, incident, write
from tests import factories

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parent.parent / "samples" / "incident_export.xlsx"
TABLES = (
    *(Case, CaseEvent, Citizen, Clock, Message, Reply, ImportBatch, ImportedRow, QuarantinedRow),
    *(AgencyName, AwaitingAgency),
)


@pytest.fixture(autouse=True)
def region(settings: Any, tmp_path: Path) -> dict[str, Any]:
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    return factories.make_region()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


def test_a_row_becomes_a_case_in_moderation_with_its_term_event_and_search(tmp_path: Path) -> None:
    result = bring(write(tmp_path / "a.csv", [ROW]))
    assert result == {
        "created": 1, "updated": 0, "unchanged": 0, "rejected": [], "quarantined": [],
    }  # fmt: skip
    case = Case.objects.get()
    assert case.status == "moderation"
    assert case.place == "улица Садовая, 5"
    assert case.citizen.handle == "id77"
    clock = case.clocks.get()
    assert clock.due_at == case.due_at
    assert clock.explanation
    assert [event.move for event in case.events.all()] == ["imported"]
    assert Case.objects.filter(search=SearchQuery("фонарь", config="russian")).exists()


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [ROW, {**ROW, "id": "2"}])
    bring(path)
    before = counts()
    versions = list(Case.objects.order_by("pk").values())
    result = bring(path)
    assert (result["created"], result["updated"], result["unchanged"]) == (0, 0, 2)
    after = counts()
    assert after.pop("ImportBatch") == before.pop("ImportBatch") + 1
    assert after == before
    assert list(Case.objects.order_by("pk").values()) == versions


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    bad = [{**ROW, "id": "2", "text": ""}, {**ROW, "id": "3", "datetime": "99.99.2026"}]
    before = counts()
    result = bring(write(tmp_path / "a.csv", [ROW, *bad]), "--dry-run")
    assert (result["created"], len(result["rejected"]), len(result["quarantined"])) == (1, 1, 1)
    assert counts() == before
    assert not default_storage.exists("imports")


def test_a_dry_run_over_known_rows_tells_new_changed_and_unchanged(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "id": "2"}]
    bring(write(tmp_path / "a.csv", rows))
    before = counts(), list(Case.objects.order_by("pk").values())
    later = [ROW, {**ROW, "id": "2", "text": "Фонарь во дворе починили."}, {**ROW, "id": "3"}]
    result = bring(write(tmp_path / "b.csv", later), "--dry-run")
    assert counts_of(result) == (1, 1, 1)
    assert (counts(), list(Case.objects.order_by("pk").values())) == before
    number = next_numbers(1, timezone.now())[0].split("-")[1]
    last = Case.objects.latest("pk").number.split("-")[1]
    assert int(number) == int(last) + 1, "a dry run used up numbers of cases"


def test_a_changed_text_becomes_the_next_version_of_the_message(tmp_path: Path) -> None:
    bring(write(tmp_path / "a.csv", [ROW]))
    changed = {**ROW, "text": "Фонарь во дворе починили, но погас светофор."}
    assert bring(write(tmp_path / "b.csv", [changed]))["updated"] == 1
    texts = Message.objects.order_by("version").values_list("version", "is_current", "text")
    assert list(texts) == [(1, False, ROW["text"]), (2, True, changed["text"])]
    assert Case.objects.filter(search=SearchQuery("светофор", config="russian")).exists()
    assert CaseEvent.objects.filter(move="import_updated").count() == 1
    assert bring(tmp_path / "b.csv")["unchanged"] == 1


def test_what_a_person_set_is_kept_and_reported_as_a_conflict(tmp_path: Path) -> None:
    bring(write(tmp_path / "a.csv", [ROW]))
    Case.objects.update(place="улица Мира, 1", touched=["place"])
    bring(write(tmp_path / "b.csv", [{**ROW, "address": "улица Лесная, 9"}]))
    case = Case.objects.get()
    assert case.place == "улица Мира, 1"
    assert ImportedRow.objects.filter(change="conflict", case=case).exists()
    assert [p["code"] for p in ImportBatch.objects.latest("pk").problems] == ["conflict"]


def test_an_untouched_place_follows_a_later_export(tmp_path: Path) -> None:
    bring(write(tmp_path / "a.csv", [ROW]))
    assert bring(write(tmp_path / "b.csv", [{**ROW, "address": "улица Лесная, 9"}]))["updated"] == 1
    assert Case.objects.get().place == "улица Лесная, 9"


def test_a_file_that_is_no_table_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"%PDF-1.4 nothing of a table")
    with pytest.raises(CommandError, match="PDF"):
        bring(path)
    assert not ImportBatch.objects.exists()


def test_bad_rows_are_reported_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    rows = [{**ROW, "text": ""}, {**ROW, "id": "2", "datetime": "99.99.2026"}, {**ROW, "id": "3"}]
    path = write(tmp_path / "a.csv", rows)
    result = bring(path)
    assert result["created"] == 1
    assert [(r["row"], r["column"]) for r in result["rejected"]] == [(2, "text")]
    assert [(r["row"], r["column"]) for r in result["quarantined"]] == [(3, "datetime")]
    assert QuarantinedRow.objects.get().cells["id"] == "2"
    bring(path)
    assert QuarantinedRow.objects.count() == 1


def test_the_sample_export_comes_in_whole_and_once() -> None:
    first = bring(SAMPLE)
    assert first["created"] > 0
    assert Message.objects.count() == first["created"]
    before = counts()
    again = bring(SAMPLE)
    assert again["created"] == again["updated"] == 0
    after = counts()
    assert {k: v for k, v in after.items() if k != "ImportBatch"} == {
        k: v for k, v in before.items() if k != "ImportBatch"
    }


def test_the_same_rows_in_a_workbook_change_nothing(tmp_path: Path) -> None:
    import xlsxwriter

    bring(write(tmp_path / "a.csv", [ROW]))
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, list(ROW))
    sheet.write_row(1, 0, list(ROW.values()))
    book.close()
    result = bring(tmp_path / "a.xlsx")
    assert (result["created"], result["updated"], result["unchanged"]) == (0, 0, 1)
    assert Message.objects.count() == 1


def test_an_export_saved_as_windows_text_brings_all_three_replies(tmp_path: Path) -> None:
    row = incident(**ANSWERED, reply_2="'Добавляем: двор убран.", reply_3="'Гарантия пять лет.")
    table = io.StringIO()
    csv.writer(table, delimiter=";").writerows([list(row), list(row.values())])
    path = tmp_path / "выгрузка.csv"
    path.write_bytes(table.getvalue().encode("cp1251"))
    assert bring(path, "--dry-run")["created"] == 1
    assert not Case.objects.exists()
    assert bring(path)["created"] == 1
    assert list(Reply.objects.order_by("version").values_list("version", "text")) == [
        (1, "Житель, яму засыпали щебнем."),
        (2, "Добавляем: двор убран."),
        (3, "Гарантия пять лет."),
    ]
    assert counts_of(bring(path)) == (0, 0, 1)
