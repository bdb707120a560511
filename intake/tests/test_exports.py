"""Exports of cases: the table itself, and who may ask for it and take it."""

import csv
import io
from itertools import zip_longest
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.models import Agency, AgencyUserPermission, User
from agencies.roles import Role
from cases.models import Case, Citizen, Paper, Reply
from cases.workflow import Status
from intake.columns import Mapping, recognise
from intake.export import making
from intake.export.columns import COLUMNS, STEP_WORDS, Table
from intake.export.files import LONGEST_CELL
from intake.fields import EXPORT_FIELDS
from intake.models import CaseExport, ImportBatch
from intake.tables import open_table
from intake.tasks import make_export, resume_exports
from intake.tests.command import ANSWERED, bring, files_in, incident, write
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parent.parent / "samples" / "incident_export.xlsx"
HEADERS = [field.headers[0] for field in EXPORT_FIELDS]
REASON = "Отчёт для прокуратуры по запросу № 5"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    files_in(settings, tmp_path / "files")


@pytest.fixture
def region() -> dict[str, Any]:
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    return factories.make_region()


def person(role: str, agency: Any, name: str = "") -> User:
    return factories.make_person(role, agency, name or f"person-{role}")


def export(user: User, conditions: dict[str, list[str]] | None = None, **asked: Any) -> CaseExport:
    """What the worker made of it."""
    fresh = User.objects.get(pk=user.pk)
    made = making.ask(fresh, conditions or {}, **{"file_format": "csv", **asked})
    make_export(export_id=made.pk)
    made.refresh_from_db()
    return made


def table_of(made: CaseExport) -> list[list[Any]]:
    """The cells as the import opens them, to the last filled one."""
    (sheet,) = open_table(Path(default_storage.path(making.path_of(made))))
    rows = []
    for _number, cells in sheet.lines:
        row = [str(cell) for cell in cells]  # type: ignore[union-attr]
        while row and not row[-1]:
            row.pop()
        rows.append(row)
    return rows


def rows_of(made: CaseExport) -> list[dict[str, str]]:
    with default_storage.open(making.path_of(made)) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        return list(csv.DictReader(text, delimiter=";"))


def empty_portal() -> None:
    Case.objects.update(repeat_of=None, merged_into=None)
    Reply.objects.update(corrects=None)
    Paper.objects.all().delete()
    Case.objects.all().delete()
    Citizen.objects.all().delete()
    ImportBatch.objects.all().delete()


def come_back(made: CaseExport, tmp_path: Path) -> dict[str, Any]:
    """Import the file into a portal without cases."""
    path = tmp_path / f"back.{made.file_format}"
    path.write_bytes(default_storage.open(making.path_of(made)).read())
    empty_portal()
    return bring(path)


@pytest.fixture
def demo() -> User:
    """A lived-in region: every state, regime and channel, replies, returns, merges, appeals."""
    call_command("load_demo", cases=220, stdout=io.StringIO())
    return person(Role.COORDINATOR, Agency.objects.get(kind="region"))


@pytest.mark.parametrize(
    ("file_format", "contacts"), [("csv", True), ("xlsx", False)], ids=["contacts", "masked"]
)
def test_export_import_export_gives_the_same_table(
    demo: User, tmp_path: Path, file_format: str, contacts: bool
) -> None:
    asked = {"table": "wide", "file_format": file_format, "with_contacts": contacts}
    first = export(demo, reason=REASON, **asked)
    assert (first.state, first.cells_cut) == ("done", 0)
    before = table_of(first)
    kept = Case.objects.exclude(status=Status.MERGED)
    statuses = set(kept.values_list("status", flat=True))
    assert len(statuses) > 8
    assert len(before) == kept.count() + 1 > 180

    result = come_back(first, tmp_path)
    assert (result["rejected"], result["quarantined"]) == ([], [])
    assert result["created"] == len(before) - 1
    second = export(demo, reason=REASON, **asked)
    after = table_of(second)
    assert [
        (header, one, other)
        for a, b in zip(before, after, strict=True)
        for header, one, other in zip_longest(before[0], a, b, fillvalue="")
        if one != other
    ] == []


def test_the_sample_comes_back_as_it_came(region: dict[str, Any], tmp_path: Path) -> None:
    """47 columns alone: networks name their channel by the addresses."""
    assert bring(SAMPLE)["created"] == 68
    user = person(Role.COORDINATOR, region["region"])
    asked = {"with_contacts": True, "reason": REASON}
    first = export(user, **asked)
    assert table_of(first)[0] == HEADERS
    result = come_back(first, tmp_path)
    assert (result["created"], result["quarantined"]) == (68, [])
    assert table_of(export(user, **asked)) == table_of(first)


@pytest.mark.parametrize("table", Table.values)
def test_the_import_knows_every_column_that_is_written(table: str) -> None:
    columns = COLUMNS[Table(table)]
    read = recognise([column.header for column in columns])
    assert isinstance(read, Mapping)
    assert read.columns == {column.header: column.field.name for column in columns}


def test_every_state_has_a_step_but_that_of_a_card_joined_to_another() -> None:
    assert set(STEP_WORDS) == set(Status.values) - {Status.MERGED}


def one_case(region: dict[str, Any], tmp_path: Path, **changes: str) -> Case:
    text = "'Во дворе яма, звоните 8 900 123-45-67, кв. 12"
    bring(write(tmp_path / "one.csv", [incident(text=text, **{**ANSWERED, **changes})]))
    return Case.objects.get()


def test_contacts_are_masked_unless_right_and_reason_are_there(
    region: dict[str, Any], tmp_path: Path
) -> None:
    one_case(region, tmp_path, note="Тел. 8 900 765-43-21")
    user = person(Role.CURATOR, region["own"])
    (row,) = rows_of(export(user))
    assert row["Текст инцидента"] == "Во дворе яма, звоните •••, кв. •••"
    assert (row["URL автора"], row["Урл поста"]) == ("", "")
    assert row["Урл блога"] == "https://vk.com"  # the source stays readable, for an import too
    assert row["Примечание"] == "Тел. •••"
    assert row["1ый ответ ПИ"] == "Житель, яму засыпали щебнем."

    (open_row,) = rows_of(export(user, with_contacts=True, reason=REASON))
    assert "8 900 123-45-67, кв. 12" in open_row["Текст инцидента"]
    assert open_row["URL автора"] == "http://vk.com/id77"
    assert open_row["Урл поста"] == "http://vk.com/wall-1_2?reply=3"


def test_contacts_are_written_only_where_the_right_is_held(
    region: dict[str, Any], tmp_path: Path
) -> None:
    """A supervisor of the region who executes in one agency sees the contacts of that one."""
    one_case(region, tmp_path)
    user = person(Role.QUALITY_SUPERVISOR, region["region"])
    factories.hold(user, Role.EXECUTOR, region["other"])
    (row,) = rows_of(export(user, with_contacts=True, reason=REASON))
    assert row["URL автора"] == ""
    factories.hold(user, Role.EXECUTOR, region["own"])
    (row,) = rows_of(export(user, with_contacts=True, reason=REASON))
    assert row["URL автора"] == "http://vk.com/id77"


def test_what_a_spreadsheet_would_run_is_text(region: dict[str, Any], tmp_path: Path) -> None:
    one_case(region, tmp_path, note="=HYPERLINK(1)")
    user = person(Role.CURATOR, region["own"])
    (row,) = rows_of(export(user))
    assert row["Примечание"] == "'=HYPERLINK(1)"
    made = export(user, file_format="xlsx")
    assert "=HYPERLINK(1)" in table_of(made)[1]


def test_a_text_too_long_for_a_workbook_is_cut_and_counted(
    region: dict[str, Any], tmp_path: Path
) -> None:
    one_case(region, tmp_path, reply_1="Ответ " * 7000)
    user = person(Role.CURATOR, region["own"])
    made = export(user, file_format="xlsx")
    assert made.cells_cut == 1
    assert max(len(cell) for cell in table_of(made)[1]) == LONGEST_CELL
    assert "1 ячейка сокращена" in client_of(user).get(f"/exports/{made.pk}/").content.decode()


def test_conditions_choose_and_the_scope_is_the_persons(
    region: dict[str, Any], tmp_path: Path
) -> None:
    factories.make_case(Status.IN_WORK, region["own"])
    factories.make_case(Status.IN_WORK, region["below"])
    factories.make_case(Status.IN_WORK, region["other"])
    user = person(Role.CURATOR, region["own"])
    assert export(user).rows_total == 2
    assert export(user, {"agency": ["below"]}).rows_total == 1
    assert export(user, {"status": ["closed", "rejected"]}).rows_total == 0
    everything = person(Role.COORDINATOR, region["region"])
    assert export(everything).rows_total == 3


def test_a_tab_of_a_queue_is_exported_as_it_is_shown(region: dict[str, Any]) -> None:
    user = person(Role.CURATOR, region["own"])
    colleague = person(Role.EXECUTOR, region["own"])
    factories.make_case(Status.REWORK, region["own"], executor=user)
    factories.make_case(Status.IN_WORK, region["own"], executor=user)
    factories.make_case(Status.REWORK, region["own"], executor=colleague)
    client = client_of(user)
    for query, count in (("view=returned", 1), ("scope=agency&view=returned", 2), ("", 2)):
        kept = client.get(f"/queue/?{query}").context["kept"]
        form = client.get(f"/exports/?{kept}").context
        assert form["count"] == count
        asked = {**form["form"].initial, "file_format": "csv", "table": "incident"}
        client.post("/exports/", asked)
        made = CaseExport.objects.latest("pk")
        make_export(export_id=made.pk)
        made.refresh_from_db()
        assert (made.view, made.rows_total) == ("queue", count)


def test_the_page_asks_shows_progress_and_gives_the_file(
    region: dict[str, Any], tmp_path: Path
) -> None:
    case = one_case(region, tmp_path)
    user = person(Role.CURATOR, region["own"])
    client = client_of(user)
    listed = client.get("/cases/?status=answered").content.decode()
    assert 'href="/exports/?list=case-list&amp;status=answered"' in listed
    form = client.get("/exports/?status=answered&cursor=x")
    assert form.context["count"] == 1
    said = [(chip.title, chip.value) for chip in form.context["conditions"]]
    assert said == [("Состояние", "Ответ дан")]
    asked = {"file_format": "csv", "table": "incident", "conditions": "status=answered"}
    answer = client.post("/exports/", asked)
    made = CaseExport.objects.get()
    assert answer["Location"] == f"/exports/{made.pk}/"
    assert made.conditions == {"status": ["answered"]}
    assert "hx-trigger" in client.get(f"/exports/{made.pk}/").content.decode()
    assert client.get(f"/exports/{made.pk}/file/").status_code == 404
    make_export(export_id=made.pk)
    page = client.get(f"/exports/{made.pk}/progress/").content.decode()
    assert "hx-trigger" not in page
    assert f"/exports/{made.pk}/file/" in page
    file = client.get(f"/exports/{made.pk}/file/")
    assert "attachment" in file["Content-Disposition"]
    assert "no-store" in file["Cache-Control"]
    body = b"".join(file.streaming_content).decode("utf-8-sig")
    assert case.messages.get().external_id in body


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"with_contacts": "on"}, "для чего нужны контакты"),
        ({"conditions": "status=nothing"}, "Одно из условий"),
        ({"file_format": "pdf"}, "pdf"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(
    region: dict[str, Any], changes: dict[str, str], said: str
) -> None:
    client = client_of(person(Role.CURATOR, region["own"]))
    asked = {"file_format": "csv", "table": "incident", "conditions": ""}
    answer = client.post("/exports/", {**asked, **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not CaseExport.objects.exists()


def test_who_may_not_see_contacts_is_not_offered_them(region: dict[str, Any]) -> None:
    user = person(Role.APPROVER, region["own"])
    client = client_of(user)
    assert "with_contacts" not in client.get("/exports/").content.decode()
    sent = {"with_contacts": True, "reason": REASON, "file_format": "csv"}
    answer = client.post("/api/exports/", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "export_contacts_right")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseExport.objects.create(created_by=user, file_format="csv", with_contacts=True)


def test_rights_taken_away_close_the_file(region: dict[str, Any], tmp_path: Path) -> None:
    one_case(region, tmp_path)
    user = person(Role.CURATOR, region["own"])
    factories.hold(user, Role.APPROVER, region["other"])
    plain, full = export(user), export(user, with_contacts=True, reason=REASON)
    client = client_of(user)
    for made in (plain, full):
        assert client.get(f"/exports/{made.pk}/file/").status_code == 200
    AgencyUserPermission.objects.filter(
        user=user, permission__codename=f"hold_{Role.CURATOR}"
    ).delete()
    factories.hold(user, Role.APPROVER, region["own"])  # reads all of it, but no contacts
    assert client.get(f"/exports/{plain.pk}/file/").status_code == 200
    assert client.get(f"/exports/{full.pk}/file/").status_code == 403
    assert "права изменились" in client.get(f"/exports/{full.pk}/").content.decode()
    AgencyUserPermission.objects.filter(user=user, content_object=region["own"]).delete()
    assert client.get(f"/exports/{plain.pk}/file/").status_code == 403


def test_an_export_is_its_persons_alone(region: dict[str, Any]) -> None:
    made = export(person(Role.CURATOR, region["own"]))
    other = client_of(person(Role.COORDINATOR, region["region"]))
    for path in ("", "progress/", "file/"):
        assert other.get(f"/exports/{made.pk}/{path}").status_code == 404
    assert other.get(f"/api/exports/{made.pk}/").status_code == 404
    assert other.get("/api/exports/").json() == []


def test_the_api_asks_once_for_a_key_and_gives_the_file(
    region: dict[str, Any], tmp_path: Path
) -> None:
    one_case(region, tmp_path)
    client = client_of(person(Role.CURATOR, region["own"]))
    sent = {"file_format": "csv", "conditions": {"status": ["answered"]}}
    asked = [
        client.post(
            "/api/exports/",
            sent,
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in asked] == [201, 201]
    pk = asked[0].json()["id"]
    assert (asked[1].json()["id"], asked[0].json()["ready"]) == (pk, False)
    make_export(export_id=pk)
    now = client.get(f"/api/exports/{pk}/").json()
    assert (now["state"], now["rows_done"], now["ready"]) == ("done", 1, True)
    assert client.get(f"/api/exports/{pk}/file/").status_code == 200


def test_no_more_than_three_wait_at_a_time(region: dict[str, Any]) -> None:
    client = client_of(person(Role.CURATOR, region["own"]))
    asked = {"file_format": "csv", "table": "incident", "conditions": ""}
    codes = [client.post("/exports/", asked).status_code for _ in range(4)]
    assert codes == [302, 302, 302, 422]


def test_one_whose_worker_died_is_begun_anew(region: dict[str, Any], tmp_path: Path) -> None:
    one_case(region, tmp_path)
    made = making.ask(person(Role.CURATOR, region["own"]), {}, file_format="csv")
    CaseExport.objects.update(state="running", rows_done=7)
    assert [export.pk for export in making.stopped()] == [made.pk]
    resume_exports(timestamp=0)
    make_export(export_id=made.pk)
    made.refresh_from_db()
    assert (made.state, made.rows_done) == ("done", 1)
    assert making.stopped() == []


def test_one_that_failed_says_so_and_may_be_tried_again(
    region: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = person(Role.CURATOR, region["own"])
    made = making.ask(user, {}, file_format="csv")
    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "save", Mock(side_effect=OSError(28, "No space left")))
        with pytest.raises(OSError, match="No space"):
            make_export(export_id=made.pk)
    made.refresh_from_db()
    assert (made.state, made.error) == ("failed", "stopped")
    assert "Файл не получился" in client_of(user).get(f"/exports/{made.pk}/").content.decode()
    make_export(export_id=made.pk)
    made.refresh_from_db()
    assert (made.state, made.error) == ("done", "")


def test_more_rows_than_a_workbook_gives_back_are_refused(
    region: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_case(region, tmp_path)
    monkeypatch.setitem(making.MOST_ROWS, "xlsx", 0)
    user = person(Role.CURATOR, region["own"])
    made = export(user, file_format="xlsx")
    assert (made.state, made.error) == ("failed", "too_many_rows")
    assert "Выберите csv" in client_of(user).get(f"/exports/{made.pk}/").content.decode()


def test_files_are_forgotten_after_a_week_and_the_order_is_kept(region: dict[str, Any]) -> None:
    made = export(person(Role.CURATOR, region["own"]))
    assert making.forget_files() == 0
    assert making.forget_files(timezone.now() + making.KEEP) == 1
    assert not default_storage.exists(making.path_of(made))
    assert making.forget_files(timezone.now() + making.KEEP) == 0
    page = client_of(made.created_by).get(f"/exports/{made.pk}/")
    assert "больше не хранится" in page.content.decode()


def test_a_part_takes_the_same_queries_whatever_its_size(
    region: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        factories.make_case(Status.ANSWERED, region["own"])
    made = making.ask(person(Role.CURATOR, region["own"]), {}, file_format="csv")
    with django_assert_max_num_queries(45):
        make_export(export_id=made.pk)
    for _ in range(9):
        factories.make_case(Status.ANSWERED, region["own"])
    again = making.ask(User.objects.get(pk=made.created_by_id), {}, file_format="csv")
    with django_assert_max_num_queries(45):
        make_export(export_id=again.pk)
    again.refresh_from_db()
    assert again.rows_done == 12
