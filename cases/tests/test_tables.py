"""Lists beside those of cases as tables: the page's rows, the reader's scope, no formulas."""

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases import sheets
from cases.models import Case, Control, Promise
from cases.workflow import Status
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def rows_of(answer: Any) -> list[list[str]]:
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    text = body_of(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def promise(case: Case, what: str, days: int = 5, **facts: Any) -> Promise:
    day = timezone.localdate() + timedelta(days=days)
    return Promise.objects.create(case=case, what=what, until_on=day, **facts)


def test_promises_are_those_of_the_list_in_its_order_within_the_scope(
    region: dict[str, Agency],
) -> None:
    own = factories.make_case(Status.ANSWERED, region["own"])
    other = factories.make_case(Status.ANSWERED, region["other"])
    promise(own, "Покрасить", 9)
    promise(own, "=cmd|' /C calc'!A0", 3)
    promise(own, "Сделано", 1, state="kept", settled_at=timezone.now(), kept_proof="Акт 7")
    promise(other, "Чужое")
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    rows = rows_of(client.get("/promises/table/csv/"))
    assert rows[0][:3] == ["До", "Обещано", "Обращение"]
    assert [row[1] for row in rows[1:]] == ["'=cmd|' /C calc'!A0", "Покрасить"]
    assert [row[1] for row in rows_of(client.get("/promises/table/csv/?state=kept"))[1:]] == [
        "Сделано"
    ]
    page = client.get("/promises/?state=kept").content.decode()
    assert 'href="/promises/table/xlsx/?state=kept"' in page
    assert rows_of(client.get("/promises/table/csv/?term=nonsense"))[1:] == []
    assert client.get("/promises/table/exe/").status_code == 404


def test_a_workbook_holds_text_and_days_and_no_formula(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    promise(case, "=1+1")
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    body = body_of(client.get("/promises/table/xlsx/"))
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert "=1+1" in sheet
    assert "<f>" not in sheet


def test_contacts_are_hidden_from_who_may_not_see_them(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    promise(case, "Позвонить Марине по +7 912 345-67-89")
    supervisor = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    said = rows_of(client_of(supervisor).get("/promises/table/csv/"))[1][1]
    assert "912" not in said
    curator = factories.make_person(Role.CURATOR, region["own"])
    assert "912" in rows_of(client_of(curator).get("/promises/table/csv/"))[1][1]


def test_the_control_table_has_what_the_board_has(region: dict[str, Agency]) -> None:
    office = factories.make_person(Role.HEAD_OFFICE, region["region"])
    for key in ("own", "below"):
        case = factories.make_case(Status.IN_WORK, region[key], controlled_by=office)
        Control.objects.create(case=case, set_by=office, reason=f"Контроль {key}")
    client = client_of(factories.make_person(Role.QUALITY_SUPERVISOR, region["below"]))
    rows = rows_of(client.get("/control/table/csv/"))
    assert [row[5] for row in rows[1:]] == ["Контроль below"]
    assert 'href="/control/table/xlsx/"' in client.get("/control/").content.decode()
    official = factories.make_person(Role.EXECUTOR, region["own"])
    assert client_of(official).get("/control/table/csv/").status_code == 403


def test_a_table_asks_as_often_for_ten_rows_as_for_one(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.ANSWERED, region["own"])
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            rows_of(client.get("/promises/table/csv/"))
        return len(caught.captured_queries)

    promise(case, "Одно")
    statements()
    once = statements()
    for at in range(9):
        promise(factories.make_case(Status.ANSWERED, region["own"]), f"{at}")
    assert statements() == once


def test_the_rest_of_a_long_list_is_left_out(
    region: dict[str, Agency], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.views.tables.MOST", 2)
    case = factories.make_case(Status.ANSWERED, region["own"])
    for at in range(3):
        promise(case, f"{at}", at + 1)
    client = client_of(factories.make_person(Role.CURATOR, region["own"]))
    assert len(rows_of(client.get("/promises/table/csv/"))) == 3


@pytest.mark.parametrize("text", ["=1", "+7 912", "-1", "@x", "\tx", "'x"])
def test_a_cell_of_text_is_never_run(text: str) -> None:
    assert sheets.harmless(text) == f"'{text}"
    assert sheets.harmless("д. 5") == "д. 5"
