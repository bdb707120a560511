"""Rows of cells into a file as they come: csv for any size, xlsx for what a person opens."""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from cases.sheets import harmless
from cases.workbooks import workbook
from intake.export.columns import Column

MOST_ROWS = {"xlsx": 200_000, "csv": 2_000_000}  # what the import reads back
LONGEST_CELL = 32_767  # of a workbook
_YES_NO = {True: "Да", False: "Нет"}
Cells = dict[str, Any]


def write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Cells]) -> int:
    """Semicolons and a mark of UTF-8, as the spreadsheets here expect; nothing is cut."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([column.header for column in columns])
        for cells in rows:
            writer.writerow([_as_text(column, cells.get(column.field.name)) for column in columns])
    return 0


def _as_text(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES_NO[value]
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if column.field.kind == "duration":
        minutes, seconds = divmod(int(value), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, str):
        return harmless(value)  # the import takes the apostrophe away
    return str(value)


def write_xlsx(path: Path | IO[bytes], columns: Sequence[Column], rows: Iterable[Cells]) -> int:
    """How many cells were cut: a workbook holds 32,767 characters in one."""
    cut = 0
    with workbook(path, constant_memory=True) as book:
        span = book.add_format({"num_format": "[hh]:mm:ss"})
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet("Выгрузка")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [column.header for column in columns])
        for number, cells in enumerate(rows, 1):
            for at, column in enumerate(columns):
                value = cells.get(column.field.name)
                if value is None:
                    continue
                if isinstance(value, bool):
                    sheet.write_string(number, at, _YES_NO[value])
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, at, value, stamp)
                elif column.field.kind == "duration":
                    sheet.write_datetime(number, at, timedelta(seconds=value), span)
                elif isinstance(value, (int, float)):
                    sheet.write_number(number, at, value)
                else:
                    text = f"'{value}" if value.startswith("'") else value
                    if len(text) > LONGEST_CELL:
                        text, cut = f"{text[: LONGEST_CELL - 1]}…", cut + 1
                    sheet.write_string(number, at, text)
    return cut


WRITERS: dict[str, Callable[[Path, Sequence[Column], Iterable[Cells]], int]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
