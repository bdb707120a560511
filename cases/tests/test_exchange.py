"""Registers out to a table and back: the preview says what will happen, and it happens at once."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from agencies.access import holds
from agencies.history import changes_of
from agencies.models import Agency, CalendarDay, User, WorkingCalendar
from agencies.roles import Right, Role
from cases.errors import BadChange
from cases.exchange import sheets, taking
from cases.exchange.tables import TABLES
from cases.models import ReferenceImport, ReplyTemplate, RoutingRule, Territory, Topic
from tests import factories
from tests.snapshot import changed, snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _russian() -> Any:
    with translation.override("ru"):
        yield


@pytest.fixture
def region() -> dict[str, Agency]:
    factories.load_reference()
    made = factories.make_region()
    mate = factories.make_person(Role.EXECUTOR, made["own"], "mate")
    made["own"].curators.add(mate)
    made["own"].phone = "+7 843 200-00-00"
    made["own"].save()
    topic = factories.make_topic()
    RoutingRule.objects.create(topic=topic, agency=made["own"], note="=1+1")
    ReplyTemplate.objects.create(
        name="Яма", text="Яму засыпят до [дата].\nСпасибо; «за сигнал».", owner=mate,
        approved_at=timezone.now(),
    )  # fmt: skip
    factories.make_territory()
    calendar = WorkingCalendar.objects.get(pk=made["own"].calendar_id)
    CalendarDay.objects.create(
        calendar=calendar, day="2026-08-30", kind="special", intervals=[["09:00", "13:00"]]
    )
    return made


@pytest.fixture
def boss(region: dict[str, Agency], client: Client) -> User:
    person = factories.make_person(Role.ADMINISTRATOR, region["region"], "boss")
    client.force_login(person)
    return person


def row_of(table: str, name: str) -> tuple[list[str], list[str]]:
    head, *rows = taking.exported(TABLES[table])
    return head, next(row for row in rows if name in row)


def upload(client: Client, table: str, rows: list[list[str]], kind: str = "csv") -> Any:
    body = sheets.write(kind, table, rows)
    file = SimpleUploadedFile(f"{table}.{kind}", body)
    answer = client.post(reverse("exchange"), {"table": table, "file": file})
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer["Location"])


def take(client: Client, page: Any, reason: str = "Пришло из министерства") -> Any:
    found = page.context["found"]
    return client.post(
        reverse("exchange-decide", args=[found.pk]),
        {"take": "1", "digest": found.digest, "reason": reason},
        follow=True,
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("table", sorted(TABLES))
def test_what_goes_out_comes_back_and_changes_nothing(
    client: Client, boss: User, table: str, kind: str
) -> None:
    body = client.get(reverse("exchange-export", args=[table, kind])).content
    rows = sheets.read(f"x.{kind}", body)
    assert len(rows) > 1, "an empty register proves nothing"
    before = snapshot()
    result = taking.look(TABLES[table], rows, actor=boss)
    assert changed(before) == []
    assert [line for line in result.lines if line.state != taking.SAME] == []
    assert len(result.lines) == len(rows) - 1


def test_a_file_is_looked_at_then_taken_with_its_reason(client: Client, boss: User) -> None:
    head, row = row_of("agencies", "own")
    at = head.index("Телефон")
    named = ["new-one", "Новая служба", "Служба", "institution", "own", "Europe/Moscow", row[6]]
    fresh = [*named, *[""] * (len(head) - len(named))]
    changed_row = [*row[:at], "+7 843 111-11-11", *row[at + 1 :]]
    page = upload(client, "agencies", [head, changed_row, fresh])
    assert page.context["found"].counts == {"new": 1, "changed": 1, "same": 0, "wrong": 0}
    text = page.content.decode()
    assert "+7 843 200-00-00" in text
    assert "+7 843 111-11-11" in text
    assert not Agency.objects.filter(code="new-one").exists()
    take(client, page)
    own, made = Agency.objects.get(code="own"), Agency.objects.get(code="new-one")
    assert own.phone == "+7 843 111-11-11"
    assert made.parent == own
    change = changes_of(own)[0]
    assert (change.actor_id, change.reason) == (boss.pk, "Пришло из министерства")
    found = ReferenceImport.objects.get()
    assert (found.state, found.rows) == ("taken", [])
    again = take(client, page)
    assert [str(one) for one in again.context["messages"]] == ["Решение уже принято."]


def test_wrong_rows_are_named_with_row_column_and_reason(client: Client, boss: User) -> None:
    head = ["code", "name", "severity", "group", "kind", "is_active"]
    rows = [
        ["roads.pits", "Ямы", "9", "roads", "solvable", "да"],
        ["t.one", "Один", "2", "нет-такой", "solvable", "да"],
        ["t.two", "Два", "много", "roads", "как-то", "может быть"],
        ["t.three", "", "2", "roads", "", ""],
        ["roads.pits", "Снова", "2", "roads", "", ""],
    ]
    page = upload(client, "topics", [head, *rows])
    told = {
        (line.number, column) for line in page.context["lines"] for column, _why in line.problems
    }
    titles = {c.name: str(c.title) for c in TABLES["topics"].columns}
    assert told == {
        (2, titles["severity"]),
        (3, titles["group"]),
        (4, titles["severity"]),
        (4, titles["kind"]),
        (4, titles["is_active"]),
        (5, titles["name"]),
        (6, titles["code"]),
    }
    before = Topic.objects.count()
    take(client, page)
    assert Topic.objects.count() == before
    assert ReferenceImport.objects.get().state == "looked"


def test_superiors_may_stand_below_in_the_file(boss: User) -> None:
    head, row = row_of("agencies", "own")
    place = {title: at for at, title in enumerate(head)}
    calendar = row[head.index(str(TABLES["agencies"].columns[6].title))]

    def made(code: str, parent: str) -> list[str]:
        cells = [""] * len(head)
        for at, cell in enumerate([code, f"Ведомство {code}", code, "department", parent]):
            cells[at] = cell
        cells[6] = calendar
        return cells

    assert place
    rows = [head, made("leaf", "branch"), made("branch", "trunk"), made("trunk", "own")]
    result = taking.look(TABLES["agencies"], rows, actor=boss)
    assert [line.state for line in result.lines] == ["new"] * 3
    loop = [head, made("one", "two"), made("two", "one")]
    stuck = taking.look(TABLES["agencies"], loop, actor=boss)
    assert [line.state for line in stuck.lines] == ["wrong"] * 2


def test_people_come_with_roles_and_without_a_password(client: Client, boss: User) -> None:
    head = ["username", "last_name", "agency", "roles"]
    rows = [
        ["novikov", "Новиков", "own", "executor@own, curator@below"],
        ["mate", "Лапина", "own", ""],
    ]
    page = upload(client, "people", [head, *rows])
    take(client, page)
    made, mate = User.objects.get(username="novikov"), User.objects.get(username="mate")
    assert not made.has_usable_password()
    below = Agency.objects.get(code="below")
    assert holds(made, Right.ASSIGN_CASES, below.pk)
    assert not holds(mate, Right.ANSWER_CASES, below.parent_id or 0)
    own_row = [["boss", "Лапина", "own", ""]]
    refused = upload(client, "people", [head, *own_row])
    assert refused.context["found"].counts["wrong"] == 1


def test_a_changed_text_of_a_template_loses_its_approval_and_a_date_does_not(boss: User) -> None:
    template = ReplyTemplate.objects.get()
    head = ["id", "expires_on"]
    rows = [head, [str(template.pk), "31.12.2027"]]
    seen = taking.look(TABLES["templates"], rows, actor=boss)
    assert taking.take(TABLES["templates"], rows, actor=boss, reason="срок", digest=seen.digest)
    template.refresh_from_db()
    assert template.approved_at is not None
    rows = [["id", "text"], [str(template.pk), "Другой [когда]."]]
    seen = taking.look(TABLES["templates"], rows, actor=boss)
    assert taking.take(TABLES["templates"], rows, actor=boss, reason="текст", digest=seen.digest)
    template.refresh_from_db()
    assert template.approved_at is None


def test_what_changed_since_the_look_is_not_taken(client: Client, boss: User) -> None:
    page = upload(client, "territories", [["code", "name"], ["centre", "Центральный"]])
    Territory.objects.filter(code="centre").update(name="Средний")
    answer = take(client, page)
    assert Territory.objects.get(code="centre").name == "Средний"
    said = [str(one) for one in answer.context["messages"]]
    assert said == ["Справочник за это время изменился: посмотрите снова."]


def test_without_a_reason_nothing_is_taken(client: Client, boss: User) -> None:
    page = upload(client, "territories", [["code", "name"], ["north", "Северный"]])
    found = page.context["found"]
    url = reverse("exchange-decide", args=[found.pk])
    assert client.post(url, {"take": "1", "digest": found.digest}).status_code == 422
    assert not Territory.objects.filter(code="north").exists()
    assert client.post(url, {"drop": "1"}).status_code == 302
    assert ReferenceImport.objects.get().state == "dropped"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.xlsx", b"no table", "file_unreadable"),
        ("a.csv", b"\x00\x01\x02", "file_unreadable"),
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"x" * (sheets.LARGEST + 1), "file_too_large"),
        ("a.csv", b"code;name\n" * (sheets.MOST_ROWS + 2), "too_many_rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    client: Client, boss: User, name: str, body: bytes, code: str
) -> None:
    with pytest.raises(BadChange) as refused:
        sheets.read(name, body)
    assert refused.value.code == code
    file = SimpleUploadedFile(name, body or b"\n")
    answer = client.post(reverse("exchange"), {"table": "topics", "file": file})
    assert answer.status_code == 422
    assert code not in answer.content.decode()


def test_columns_are_known_by_title_or_code_and_the_key_is_needed(boss: User) -> None:
    for head in (["name"], ["code", "Код"], ["что-то"]):
        with pytest.raises(BadChange):
            taking.look(TABLES["territories"], [head, ["x"] * len(head)], actor=boss)
    rows = [["Код", "лишнее", "NAME"], ["centre", "?", "centre"]]
    assert taking.look(TABLES["territories"], rows, actor=boss).counts["same"] == 1
    assert taking.unknown_columns(TABLES["territories"], rows[0]) == ["лишнее"]


def test_a_formula_leaves_as_text_and_comes_back_as_it_was(boss: User) -> None:
    rows = taking.exported(TABLES["routing"])
    body = sheets.write("csv", "x", rows)
    assert b"'=1+1" in body
    assert sheets.read("x.csv", body) == [[cell.strip() for cell in row] for row in rows]


def test_only_the_regions_administrator(client: Client, region: Any) -> None:
    person = factories.make_person(Role.ADMINISTRATOR, region["own"])
    client.force_login(person)
    assert client.get(reverse("exchange")).status_code == 403
    with pytest.raises(PermissionError):
        taking.look(TABLES["territories"], [["code"], ["x"]], actor=person)


def test_unchanged_rows_cost_no_question(boss: User) -> None:
    for at in range(300):
        Territory.objects.create(code=f"t{at}", name=f"Территория {at}")
    rows = taking.exported(TABLES["territories"])
    with CaptureQueriesContext(connection) as asked:
        result = taking.look(TABLES["territories"], rows, actor=boss)
    assert result.counts["same"] >= 300
    assert len([q for q in asked if "SAVEPOINT" not in q["sql"].upper()]) <= 4


def test_a_register_goes_out_and_comes_back_over_the_api(boss: User, client: Client) -> None:
    tables = {table["code"]: table for table in client.get(reverse("api-exchange")).json()}
    assert set(tables) == set(TABLES)
    out = client.get(reverse("api-exchange-register", args=["territories", "csv"])).content
    rows = sheets.read("territories.csv", out)
    at = rows[0].index(str(TABLES["territories"].columns[1].title))
    rows[1][at] = "Новый Яр"

    def look(key: str, given: list[list[str]]) -> Any:
        file = SimpleUploadedFile("t.csv", sheets.write("csv", "t", given))
        return client.post(
            reverse("api-exchange-imports"), {"table": "territories", "file": file},
            headers={"Idempotency-Key": key},
        )  # fmt: skip

    def decide(pk: int, tag: str, **body: str) -> Any:
        return client.post(
            reverse("api-exchange-decide", args=[pk]), body, content_type="application/json",
            headers={"If-Match": tag} if tag else {},
        )  # fmt: skip

    before = snapshot()
    seen = look("a", rows)
    assert seen.status_code == 201, seen.content
    assert seen.json()["counts"]["changed"] == 1
    assert seen.json()["lines"][0]["changes"][0]["becomes"] == "Новый Яр"
    assert set(changed(before)) <= {"cases_referenceimport", "cases_idempotencykey"}
    pk, tag = seen.json()["id"], seen["ETag"]
    assert look("a", rows).json()["id"] == pk
    assert decide(pk, tag, decision="take").status_code == 422  # no reason
    assert decide(pk, "", decision="take", reason="Устав района").status_code == 400
    stale = '"' + "0" * 64 + '"'
    assert decide(pk, stale, decision="take", reason="Устав района").status_code == 412
    assert not Territory.objects.filter(name="Новый Яр").exists()
    done = decide(pk, tag, decision="take", reason="Устав района")
    assert (done.status_code, done.json()["state"]) == (200, "taken"), done.content
    renamed = Territory.objects.get(name="Новый Яр")
    assert changes_of(renamed)[0].reason == "Устав района"
    assert decide(pk, tag, decision="drop").status_code == 409
    rows[1][0] = ""
    wrong = look("b", rows)
    assert wrong.json()["counts"]["wrong"] == 1
    again = client.get(reverse("api-exchange-import", args=[wrong.json()["id"]]))
    refused = decide(wrong.json()["id"], again["ETag"], decision="take", reason="Устав района")
    assert refused.status_code == 422
    assert decide(wrong.json()["id"], "", decision="drop").json()["state"] == "dropped"
    assert len(client.get(reverse("api-exchange-imports")).json()) == 2
