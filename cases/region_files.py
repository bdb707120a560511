"""A region's description from YAML, or from XLSX with one sheet a section."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from cases.region import SECTIONS, RegionError, refuse_strange

SHEETS = ("region", *SECTIONS, "regional_days", "topics")
# A cell of digits is a number to a spreadsheet; only here it is one to the portal too.
_NUMBERS = frozenset({"population", "severity", "publish_own_score", "lat", "lon"})
_SWITCHES = frozenset({"follows_production", "photo_required", "publish_own"})
_SAID = {"да": True, "true": True, "1": True, "нет": False, "false": False, "0": False}

Rows = list[dict[str, Any]]


def read_region(path: Path) -> dict[str, Any]:
    """Raises RegionError with the file's name for what cannot be read."""
    if not path.is_file():
        raise RegionError(f"нет файла {path}")
    if path.suffix.lower() == ".xlsx":
        return _from_xlsx(path)
    data = _read_yaml(path)
    if not isinstance(data, dict):
        raise RegionError(f"{path.name}: ожидались разделы region, agencies, people …")
    if isinstance(topics := data.get("topics"), str):
        own = path.parent / topics
        if not own.is_file():
            raise RegionError(f"{path.name}: topics: нет файла {own}")
        data["topics"] = _read_yaml(own)
        if not isinstance(data["topics"], list):
            raise RegionError(f"{own.name}: ожидался список групп с темами")
    return data


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RegionError(f"{path.name}: не читается как YAML ({error})") from None


def _from_xlsx(path: Path) -> dict[str, Any]:
    """Sheets named as the sections, the first row holds the fields' names.

    `roles` is «роль@ведомство, …», `curators` a list by commas, `week` and `intervals` JSON; the
    sheet `region` has a row of code, name, time_zone, first_administrator; a regional day names
    its `calendar`, a topic its `group`.
    """
    data = _sheets(path)
    if len(data.get("region", [])) != 1:
        raise RegionError(f"{path.name}: на листе region нужна одна строка значений")
    data["region"] = data["region"][0]
    data["first_administrator"] = data["region"].pop("first_administrator", None)
    for person in data.get("people", []):
        person["roles"] = [_grant(item, person) for item in _list(person.get("roles", ""))]
    for agency in data.get("agencies", []):
        agency["curators"] = _list(agency.get("curators", ""))
    for calendar in data.get("calendars", []):
        calendar["week"] = _json(calendar.get("week", ""), "calendars", "week")
    _hand_out_days(data.pop("regional_days", []), data.get("calendars", []))
    if "topics" in data:
        data["topics"] = _grouped(data["topics"])
    return data


def _sheets(path: Path) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  0.1 s to import

    try:
        book = CalamineWorkbook.from_path(str(path))
        found = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (CalamineError, OSError) as error:
        raise RegionError(f"{path.name}: не читается как XLSX ({error})") from None
    # The empty sheet that a spreadsheet starts with says nothing, so nothing is lost with it.
    filled = {
        name: rows
        for name, rows in found.items()
        if any(cell != "" for row in rows for cell in row)
    }
    refuse_strange(filled, SHEETS, path.name, "нет такого листа")
    return {name: _entries(rows, name) for name, rows in filled.items()}


def _entries(rows: list[list[Any]], sheet: str) -> Rows:
    header = [str(cell).strip() for cell in rows[0]]
    made = []
    for at, row in enumerate(rows[1:], start=2):
        cells = {}
        for key, cell in zip(header, row, strict=False):
            if cell == "" or (isinstance(cell, str) and not cell.strip()):
                continue
            if not key:
                raise RegionError(f"лист {sheet}, строка {at}: «{cell}» в столбце без имени")
            cells[key] = _value(key, cell, f"лист {sheet}, строка {at}")
        if cells:
            made.append(cells)
    return made


def _value(key: str, cell: Any, where: str) -> Any:
    """What the cell means: a phone of digits is text, a day has no hours, «да» is true."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if key in _SWITCHES:
        said = _SAID.get(str(cell).strip().lower())
        if said is None:
            raise RegionError(f"{where}: поле «{key}» — да или нет, а не «{cell}»")
        return said
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, int | float) and key not in _NUMBERS:
        return str(cell)
    return cell


def _hand_out_days(days: Rows, calendars: Rows) -> None:
    known = {calendar.get("code"): calendar for calendar in calendars}
    for at, day in enumerate(days, start=1):
        calendar = known.get(code := day.pop("calendar", None))
        if calendar is None:
            raise RegionError(f"regional_days, запись {at}: расписание «{code}» не описано")
        if "intervals" in day:
            day["intervals"] = _json(day["intervals"], "regional_days", "intervals")
        calendar.setdefault("regional_days", []).append(day)


def _grouped(rows: Rows) -> Rows:
    """Topics by their group, whose name any of its rows may give."""
    groups: dict[str, dict[str, Any]] = {}
    for at, row in enumerate(rows, start=1):
        if not (code := row.pop("group", None)):
            raise RegionError(f"topics, запись {at}: не заполнено поле «group»")
        group = groups.setdefault(code, {"code": code, "topics": []})
        if name := row.pop("group_name", None):
            group["name"] = name
        group["topics"].append(row)
    return list(groups.values())


def _json(cell: Any, sheet: str, field: str) -> Any:
    try:
        return json.loads(str(cell))
    except ValueError:
        raise RegionError(f"лист {sheet}: {field} не JSON") from None


def _list(cell: Any) -> list[str]:
    return [part.strip() for part in str(cell).split(",") if part.strip()]


def _grant(item: str, person: dict[str, Any]) -> dict[str, str]:
    role, at, agency = item.partition("@")
    if not at:
        raise RegionError(f"people ({person.get('username')}): роль пишется «роль@ведомство»")
    return {"role": role.strip(), "agency": agency.strip()}
