"""A table of reference data as a file: CSV or XLSX into rows of text and back."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from cases.errors import BadChange
from cases.workbooks import workbook

LARGEST = 5 * 1024 * 1024
MOST_ROWS = 20_000
# What an XLSX may unpack to: a small file that grows a thousandfold is no table.
_LARGEST_UNPACKED = 80 * 1024 * 1024
# A spreadsheet runs what begins so; the apostrophe marks text, and reading takes it away.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "'")
Rows = list[list[str]]


def read(name: str, body: bytes) -> Rows:
    """The header and the rows of the first sheet, without empty lines, cells as stripped text.

    BadChange: `file_too_large`, `file_unreadable`, `file_empty`, `too_many_rows`.
    """
    if len(body) > LARGEST:
        raise BadChange("file_too_large", field="file")
    rows = _xlsx(body) if name.lower().endswith(".xlsx") else _csv(body)
    rows = [row for row in rows if any(row)]
    if not rows:
        raise BadChange("file_empty", field="file")
    if len(rows) > MOST_ROWS + 1:
        raise BadChange("too_many_rows", field="file")
    return rows


def _csv(body: bytes) -> Rows:
    for code in ("utf-8-sig", "cp1251"):
        try:
            text = body.decode(code)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadChange("file_unreadable", field="file")
    if "\x00" in text:
        raise BadChange("file_unreadable", field="file")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return [
            [_bare(cell) for cell in row]
            for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error:
        raise BadChange("file_unreadable", field="file") from None


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RUNS) else cell


def _xlsx(body: bytes) -> Rows:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  0.1 s to import

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            if sum(one.file_size for one in packed.infolist()) > _LARGEST_UNPACKED:
                raise BadChange("file_too_large", field="file")
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        cells = book.get_sheet_by_index(0).to_python()
    except (zipfile.BadZipFile, CalamineError, OSError, IndexError, ValueError):
        raise BadChange("file_unreadable", field="file") from None
    return [[_text(cell) for cell in row] for row in cells]


def _text(cell: Any) -> str:
    """As a person sees it: days as ISO, whole numbers without a fraction."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == cell.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "да" if cell else "нет"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\x00", "").strip()


def write(kind: str, title: str, rows: Sequence[Sequence[str]]) -> bytes:
    """`kind`: csv (semicolons and a mark of UTF-8, as spreadsheets here expect) or xlsx."""
    if kind == "csv":
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        for row in rows:
            writer.writerow([f"'{cell}" if cell.startswith(_RUNS) else cell for cell in row])
        return out.getvalue().encode("utf-8-sig")
    body = io.BytesIO()
    with workbook(body, in_memory=True) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell)
    return body.getvalue()
