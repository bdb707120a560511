"""A list that holds no cases of its own as a table to take away: text (csv) or a workbook (xlsx).

For lists of some thousand rows, made while they are sent. Tables of cases are made by the worker
in the layout the import reads (intake.export).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from cases.workbooks import workbook

MOST = 10_000  # rows of one table; the page of the list says so
KINDS = ("csv", "xlsx")
# A spreadsheet runs what begins so; the apostrophe marks text.
RUNS = ("=", "+", "-", "@", "\t", "\r", "'")
Row = Sequence[Any]


def harmless(text: str) -> str:
    """The text as a cell of csv: never a formula."""
    return f"'{text}" if text.startswith(RUNS) else text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(str(value)) if isinstance(value, str) else str(value)


def _csv(headers: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    yield "\ufeff".encode()  # the spreadsheets here take it for UTF-8 then
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow([_as_text(cell) for cell in headers])
    for row in rows:
        writer.writerow([_as_text(cell) for cell in row])
        if buffer.tell() > 32_768:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _xlsx(headers: Row, rows: Iterable[Row]) -> io.BytesIO:
    file = io.BytesIO()
    with workbook(file, constant_memory=True) as book:
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet = book.add_worksheet("Таблица")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [str(header) for header in headers])
        for number, row in enumerate(rows, 1):
            for at, value in enumerate(row):
                _cell(sheet, number, at, value, formats)
    file.seek(0)
    return file


def _cell(sheet: Any, number: int, at: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None)
        sheet.write_datetime(number, at, local, formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(number, at, value, formats[date])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(number, at, value)
    else:
        sheet.write_string(number, at, str(value)[:32_000])


def sheet(name: str, kind: str, headers: Row, rows: Iterable[Row]) -> HttpResponseBase:
    """The answer with the file `name`-day.kind; 404 for a kind there is not."""
    if kind not in KINDS:
        raise Http404
    file = f"{name}-{timezone.localdate():%Y-%m-%d}.{kind}"
    answer: HttpResponseBase
    if kind == "csv":
        answer = StreamingHttpResponse(_csv(headers, rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{file}"'
    else:
        answer = FileResponse(_xlsx(headers, rows), as_attachment=True, filename=file)
    answer["Cache-Control"] = "private, no-store"
    return answer


def addresses(route: str, query: str = "") -> dict[str, str]:
    """Where a page finds its list as a table, kind -> address."""
    return {
        kind: reverse(route, kwargs={"kind": kind}) + (f"?{query}" if query else "")
        for kind in KINDS
    }
