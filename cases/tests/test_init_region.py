"""The first start without a demo: a region from YAML, XLSX or questions."""

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from xlsxwriter import Workbook

from agencies.access import holds
from agencies.models import Agency, User, WorkingCalendar
from agencies.roles import Right
from cases.models import RoutingRule, Territory, Topic

pytestmark = pytest.mark.django_db
DAY = [["09:00", "13:00"], ["14:00", "18:00"]]
REGION: dict[str, Any] = {
    "region": {"code": "region", "name": "Область", "time_zone": "Asia/Yakutsk"},
    "first_administrator": "admin",
    "calendars": [{"code": "five", "name": "Пятидневка", "week": [DAY] * 5 + [[], []]}],
    "territories": [{"code": "town", "name": "Город"}],
    "agencies": [
        {"code": "region", "name": "Область", "kind": "region"},
        {"code": "roads", "name": "Дороги", "kind": "ministry", "parent": "region"},
    ],
    "people": [
        {
            "username": "admin",
            "surname": "Лапина",
            "agency": "region",
            "roles": [{"role": "administrator", "agency": "region"}],
        }
    ],
    "routing": [{"territory": "town", "agency": "roads"}],
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("длинный пароль 7", encoding="utf-8")
    return path


def init(path: Path | None, secret: Path) -> None:
    call_command("init_region", *([str(path)] if path else []), password_file=secret)


def written(data: Any, folder: Path) -> Path:
    path = folder / "region.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def nothing_exists() -> bool:
    return not any(m.objects.exists() for m in (Agency, User, WorkingCalendar, Territory, Topic))


def check_made() -> None:
    admin = User.objects.get(username="admin")
    assert admin.check_password("длинный пароль 7")
    assert holds(admin, Right.MANAGE_AGENCIES, None)
    assert not holds(admin, Right.VIEW_CASES, None)
    assert not User.objects.filter(is_demo=True).exists()


def test_a_region_comes_from_yaml(tmp_path: Path, secret: Path) -> None:
    init(written(REGION, tmp_path), secret)
    check_made()
    assert Agency.objects.get(code="roads").time_zone == "Asia/Yakutsk"
    assert RoutingRule.objects.get().agency.code == "roads"


def test_a_region_comes_from_xlsx(tmp_path: Path, secret: Path) -> None:
    sheets = {
        "region": [["code", "name", "time_zone", "first_administrator"]]
        + [["region", "Область", "Asia/Yakutsk", "admin"]],
        "calendars": [["code", "name", "week"], ["five", "Пятидневка", WEEK]],
        "agencies": [["code", "name", "kind", "parent"]]
        + [["region", "Область", "region", None], ["roads", "Дороги", "ministry", "region"]],
        "people": [["username", "surname", "agency", "roles"]]
        + [["admin", "Лапина", "region", "administrator@region"]],
    }
    init(book_of(tmp_path / "region.xlsx", sheets), secret)
    check_made()


def book_of(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    with Workbook(str(path), {"default_date_format": "dd.mm.yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


WEEK = '[[["09:00","18:00"]],[["09:00","18:00"]],[],[],[],[],[]]'
BOOK: dict[str, list[list[Any]]] = {
    "region": [["time_zone", "first_administrator"], ["Asia/Yakutsk", "admin"]],
    "calendars": [["code", "name", "week", "follows_production"], ["five", "Два дня", WEEK, "нет"]],
    "regional_days": [
        ["calendar", "day", "kind", "title", "intervals"],
        ["five", date(2026, 9, 18), "regional", "День области"],
        ["five", "2026-12-31", "special", "Канун", '[["09:00","12:00"]]'],
    ],
    "territories": [["code", "name", "population"], ["town", "Город", 40500], [77, "Посёлок", ""]],
    "agencies": [
        ["code", "name", "kind", "parent", "phone", "curators", "publish_own_score"],
        ["region", "Область", "region"],
        ["roads", "Дороги", "ministry", "region", 83599514022, "ivanov", 60],
    ],
    "people": [
        ["username", "surname", "agency", "phone", "roles"],
        ["admin", "Лапина", "region", "", "administrator@region"],
        ["ivanov", "Иванов", "roads", 514022, "curator@roads, executor@roads"],
    ],
    "topics": [
        ["group", "group_name", "code", "name", "severity", "photo_required"],
        ["ferries", "Паромы", "ferries.schedule", "Расписание паромов", 4, True],
        ["ferries", "", "ferries.other", "Другое о паромах"],
        ["roads", "", "roads.potholes", "Ямы на зимнике", 5],
    ],
    "routing": [
        ["topic", "group", "territory", "from", "until", "agency"],
        ["", "ferries", "town", date(2026, 5, 1), date(2026, 9, 30), "roads"],
        ["ferries.schedule", "", 77, "", "2026-12-31", "roads"],
    ],
    "Лист1": [],
}


def test_an_xlsx_brings_topics_days_territories_and_routing(tmp_path: Path, secret: Path) -> None:
    init(book_of(tmp_path / "region.xlsx", BOOK), secret)
    check_made()
    calendar = WorkingCalendar.objects.get(code="five")
    assert not calendar.follows_production
    assert list(calendar.days.values_list("day", "kind", "intervals")) == [
        (date(2026, 9, 18), "regional", None),
        (date(2026, 12, 31), "special", [["09:00", "12:00"]]),
    ]
    places = Territory.objects.values_list("code", "population")
    assert set(places) == {("town", 40500), ("77", 0)}
    roads = Agency.objects.get(code="roads")
    assert (roads.phone, roads.publish_own) == ("83599514022", True)
    assert [person.phone for person in roads.curators.all()] == ["514022"]
    ferry = Topic.objects.get(code="ferries.schedule")
    assert (ferry.group.name, ferry.severity, ferry.photo_required) == ("Паромы", 4, True)
    # A supplied code takes what the file says of it; its group keeps its name.
    hole = Topic.objects.get(code="roads.potholes")
    assert (hole.name, hole.severity, hole.group.name) == ("Ямы на зимнике", 5, "Дороги")
    assert hole.photo_required  # not said: stays as supplied
    assert list(
        RoutingRule.objects.order_by("pk").values_list(
            "topic__code", "group__code", "territory__code", "from_on", "until_on"
        )
    ) == [
        (None, "ferries", "town", date(2026, 5, 1), date(2026, 9, 30)),
        ("ferries.schedule", None, "77", None, date(2026, 12, 31)),
    ]


@pytest.mark.parametrize(
    ("sheet", "rows", "named"),
    [
        ("routng", BOOK["routing"], "нет такого листа «routng»; бывают: region, calendars"),
        ("topics", [["code", "name"], ["a.b", "Тема"]], "topics, запись 1: не заполнено поле"),
        ("topics", [["group", "code", "name"], ["new", "a.b", "Тема"]], "topics, группа 1 (new)"),
        ("topics", [["group", "code", "nmae"], ["roads", "a.b", "Т"]], "нет такого поля «nmae»"),
        ("topics", [[*BOOK["topics"][0]], ["roads", "", "r.x", "Т", 9]], "тема 1 (r.x): поле «sev"),
        ("regional_days", [["calendar", "day"], ["six", "2026-05-01"]], "расписание «six»"),
        ("territories", [["code", "name"], ["town", "Город", "лишнее"]], "строка 2: «лишнее»"),
        ("region", [["time_zone"], ["Asia/Yakutsk"], ["Asia/Omsk"]], "на листе region"),
        ("calendars", [[*BOOK["calendars"][0]], ["five", "Д", WEEK, "иногда"]], "да или нет"),
    ],
)
def test_a_mistake_in_a_book_is_named(
    tmp_path: Path, secret: Path, sheet: str, rows: list[list[Any]], named: str
) -> None:
    with pytest.raises(CommandError) as refused:
        init(book_of(tmp_path / "region.xlsx", {**BOOK, sheet: rows}), secret)
    assert named in str(refused.value)
    assert nothing_exists()


def test_the_topics_file_must_be_there_and_its_topics_are_taken(
    tmp_path: Path, secret: Path
) -> None:
    path = written({**REGION, "topics": "own/topics.yaml"}, tmp_path)
    with pytest.raises(CommandError, match=r"topics: нет файла .*topics\.yaml"):
        init(path, secret)
    assert nothing_exists()
    (tmp_path / "own").mkdir()
    topics = [{"code": "ferries", "name": "Паромы", "topics": [{"code": "f.other", "name": "О"}]}]
    (tmp_path / "own" / "topics.yaml").write_text(yaml.safe_dump(topics), encoding="utf-8")
    init(path, secret)
    assert Topic.objects.get(code="f.other").group.name == "Паромы"


def test_a_region_comes_from_questions(monkeypatch: pytest.MonkeyPatch, secret: Path) -> None:
    answers = iter(["Область", "Asia/Yakutsk", "Лапина", "Анна", "admin"])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    init(None, secret)
    check_made()


WRONG: list[tuple[tuple[Any, ...], Any, str]] = [
    (("calendars", 0, "week"), [DAY] * 3, "calendars, запись 1 (five): поле «week»"),
    (("calendars", 0, "week", 0), [["18:00", "09:00"]], "calendars, запись 1 (five)"),
    (("calendars", 0, "regional_days"), [{"day": "32.13.2026"}], "calendars, запись 1 (five)"),
    (("agencies", 1, "parent"), "none", "agencies (roads): ведомство «none»"),
    (("agencies", 1, "kind"), "town", "agencies, запись 2 (roads)"),
    (("agencies", 1, "time_zone"), "Mars/Base", "agencies, запись 2 (roads)"),
    (("agencies", 1, "name"), "Д" * 900, "agencies, запись 2 (roads): поле «name»"),
    (("agencies", 1), "roads", "agencies, запись 2"),
    (("agencies",), "roads", "agencies"),
    (("people", 0, "roles"), [{"role": "king", "agency": "region"}], "people, запись 1 (admin)"),
    (("people", 0, "roles"), [{"agency": "region"}], "people, запись 1 (admin)"),
    (("people", 0, "email"), "почта", "people, запись 1 (admin): поле «email»"),
    (("people", 0, "roles"), [], "first_administrator (admin)"),
    (("first_administrator",), "nobody", "first_administrator"),
    (("region", "time_zone"), "Mars/Base", "region"),
    (("region",), "Область", "region"),
    (("territories", 0, "population"), "много", "territories, запись 1 (town)"),
    (("routing", 0, "agency"), "none", "routing, запись 1"),
    (("routing", 0, "from"), "вчера", "routing, запись 1"),
    (("routing", 0, "until"), "2026-02-30", "routing, запись 1"),
    (
        ("routing", 0),
        {"agency": "roads", "from": "2026-05-01", "until": "2026-04-01"},
        "routing, з",
    ),
    (("routng",), [], "нет такого раздела «routng»; бывают: format, region, topics"),
    (("region", "timezone"), "Asia/Omsk", "region: нет такого поля «timezone»"),
    (("topics",), "nowhere.yaml", "topics: нет файла"),
    (("topics",), [{"code": "new", "topics": []}], "topics, группа 1 (new)"),
    (
        ("calendars", 0, "regional_days"),
        [{"day": "2026-05-01", "titel": "День"}],
        "calendars, запись 1 (five), regional_days: нет такого поля «titel»",
    ),
    (("people", 0, "roles"), [{"role": "auditor", "agancy": "region"}], "roles: нет такого поля"),
    (("agencies", 1, "curators"), ["admln"], "agencies (roads), curators"),
    (("agencies", 1, "curators"), "admin", "agencies (roads), curators"),
    (("agencies", 1, "parant"), "region", "agencies, запись 2: нет такого поля «parant»"),
    (("people", 0, "roles"), "administrator", "people, запись 1 (admin)"),
    (("calendars", 0, "regional_days"), ["2026-05-01"], "calendars, запись 1 (five)"),
]


@pytest.mark.parametrize(("path", "value", "named"), WRONG)
def test_a_mistake_names_its_entry_and_leaves_nothing(
    tmp_path: Path, secret: Path, path: tuple[Any, ...], value: Any, named: str
) -> None:
    data: Any = copy.deepcopy(REGION)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(CommandError) as refused:
        init(written(data, tmp_path), secret)
    assert named in str(refused.value)
    assert nothing_exists()


def test_an_account_named_twice_is_refused(tmp_path: Path, secret: Path) -> None:
    data = {**REGION, "people": REGION["people"] * 2}
    with pytest.raises(CommandError, match=r"people, запись 2 \(admin\)"):
        init(written(data, tmp_path), secret)
    assert nothing_exists()


@pytest.mark.parametrize("name", ["region.xlsx", "region.yaml"])
def test_a_file_that_is_something_else_is_named(tmp_path: Path, secret: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff: [")
    with pytest.raises(CommandError, match=name):
        init(path, secret)


def test_a_second_region_is_refused(tmp_path: Path, secret: Path) -> None:
    init(written(REGION, tmp_path), secret)
    with pytest.raises(CommandError, match="уже создана"):
        init(written(REGION, tmp_path), secret)
