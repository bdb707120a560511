"""A region's description from YAML, or from XLSX with one sheet a section."""

import json
from pathlib import Path
from typing import Any

import yaml

from cases.region import RegionError

_SECTIONS = ("calendars", "territories", "agencies", "people", "routing")


def read_region(path: Path) -> dict[str, Any]:
    """Raises RegionError with the file's name for what cannot be read."""
    if not path.is_file():
        raise RegionError(f"нет файла {path}")
    if path.suffix.lower() == ".xlsx":
        return _from_xlsx(path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RegionError(f"{path.name}: не читается как YAML ({error})") from None
    if not isinstance(data, dict):
        raise RegionError(f"{path.name}: ожидались разделы region, agencies, people …")
    return data


def _from_xlsx(path: Path) -> dict[str, Any]:
    """Sheets named as the sections, the first row holds the fields' names.

    `roles` is «роль@ведомство, …», `curators` a list by commas, `week` JSON; the sheet `region`
    has a row of code, name, time_zone, first_administrator.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  0.1 s to import

    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise RegionError(f"{path.name}: не читается как XLSX ({error})") from None
    data: dict[str, Any] = {}
    for name in ("region", *_SECTIONS):
        if name not in book.sheet_names:
            continue
        rows = book.get_sheet_by_name(name).to_python()
        if not rows:
            continue
        header = [str(cell).strip() for cell in rows[0]]
        data[name] = [
            {key: cell for key, cell in zip(header, row, strict=False) if key and cell != ""}
            for row in rows[1:]
            if any(cell != "" for cell in row)
        ]
    if not data.get("region"):
        raise RegionError(f"{path.name}: нет листа region")
    data["region"] = data["region"][0]
    data["first_administrator"] = data["region"].get("first_administrator")
    for person in data.get("people", []):
        person["roles"] = [_grant(item, person) for item in _list(person.get("roles", ""))]
    for agency in data.get("agencies", []):
        agency["curators"] = _list(agency.get("curators", ""))
    for calendar in data.get("calendars", []):
        try:
            calendar["week"] = json.loads(str(calendar.get("week", "")))
        except ValueError:
            raise RegionError(f"{path.name}, лист calendars: week не JSON") from None
    return data


def _list(cell: Any) -> list[str]:
    return [part.strip() for part in str(cell).split(",") if part.strip()]


def _grant(item: str, person: dict[str, Any]) -> dict[str, str]:
    role, at, agency = item.partition("@")
    if not at:
        raise RegionError(f"people ({person.get('username')}): роль пишется «роль@ведомство»")
    return {"role": role.strip(), "agency": agency.strip()}
