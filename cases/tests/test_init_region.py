"""The first start without a demo: a region from YAML, XLSX or questions."""

import copy
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
    week = '[[["09:00","18:00"]],[["09:00","18:00"]],[],[],[],[],[]]'
    sheets = {
        "region": [["code", "name", "time_zone", "first_administrator"]]
        + [["region", "Область", "Asia/Yakutsk", "admin"]],
        "calendars": [["code", "name", "week"], ["five", "Пятидневка", week]],
        "agencies": [["code", "name", "kind", "parent"]]
        + [["region", "Область", "region", None], ["roads", "Дороги", "ministry", "region"]],
        "people": [["username", "surname", "agency", "roles"]]
        + [["admin", "Лапина", "region", "administrator@region"]],
    }
    with Workbook(str(tmp_path / "region.xlsx")) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    init(tmp_path / "region.xlsx", secret)
    check_made()


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
