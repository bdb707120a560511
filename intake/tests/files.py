"""Files written for tests: the shipped sample, and tables of a few rows in any format."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from intake.columns import Mapping
from intake.reading import Line, Reading, read_file
from intake.tables import open_table

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "incident_export.xlsx"
MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 5, 14, 11, 45, tzinfo=UTC)
PLAIN = {
    "id": "m1",
    "datetime": "2026-05-12 10:15:00",
    "source": "vk",
    "url": "https://vk.com/wall-1_2",
    "author_id": "77",
    "author_name": "Анна П.",
    "text": "Нет света на Садовой",
    "territory": "Заречск г.о.",
    "address": "Садовая, 5",
    "lat": "55.75",
    "lon": "37.61",
    "topic": "Освещение дорог",
    "agency_kind": "администрация",
}


def read(source: Path | bytes, **options: Any) -> Reading:
    return read_file(source, **{"zone": MOSCOW, "now": NOW, **options})


def lines(source: Path | bytes, **options: Any) -> list[Line]:
    reading = read(source, **options)
    assert isinstance(reading.mapping, Mapping), reading.mapping
    return list(reading.lines)


def plain_line(**changes: Any) -> Line:
    """One row of a plain csv with some cells changed."""
    row = {**PLAIN, **changes}
    return lines(as_csv([list(row), list(row.values())]))[0]


def codes(line: Line) -> list[str]:
    return [problem.code for problem in line.problems]


@cache
def sample_rows() -> tuple[tuple[Any, ...], ...]:
    (sheet,) = open_table(SAMPLE)
    return tuple(tuple(cells) for _, cells in sheet.lines)  # type: ignore[arg-type]


def as_csv(rows: Sequence[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([[_cell(c) for c in row] for row in rows])
    return out.getvalue().encode(encoding)


def _cell(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def as_xlsx(rows: Sequence[Sequence[Any]], merged: dict[str, str] | None = None) -> bytes:
    """Durations and moments as numbers with a format, as spreadsheets keep them."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(out, options) as book:
        span = book.add_format({"num_format": "[hh]:mm:ss"})
        stamp = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, timedelta):
                    sheet.write_number(number, column, cell.total_seconds() / 86400, span)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, stamp)
                elif cell != "":
                    sheet.write(number, column, cell)
        for area, text in (merged or {}).items():
            sheet.merge_range(area, text)
    return out.getvalue()
