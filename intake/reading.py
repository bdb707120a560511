"""Read a whole file: what the import command, the upload page and the quarantine call."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from xxhash import xxh3_64_intdigest

from intake import cells as clean
from intake.columns import (
    HEADER_SEARCH,
    HeaderLines,
    Mapping,
    Unknown,
    find_header,
    first_wide_line,
    lacking,
    recognise,
)
from intake.incoming import Line, named
from intake.problems import NotATable, Problem
from intake.rows import RowReader, Zone, as_json, storable
from intake.tables import BrokenLine, Sheet, open_table

__all__ = ["Line", "NotATable", "Reading", "from_cells", "read_file"]
PREVIEW = 20


@dataclass(slots=True)
class Reading:
    """A file opened for reading.

    `lines` is walked once and yields one `Line` for each filled line below the header; with an
    Unknown mapping it yields nothing and a person chooses by `headers` and `preview` (the first
    20 lines as raw cells). `total`: lines of the sheet for a progress bar, 0 when not known.
    `header_line`: the header's last line, from 1. `others`: further sheets with messages, which
    are not read: rows of two sheets would have the same numbers. While walking, `lines` may raise
    NotATable for a file that breaks half-way (too many lines).
    """

    mapping: Mapping | Unknown
    headers: tuple[str, ...]
    header_line: int
    sheet: str
    encoding: str
    delimiter: str
    total: int
    preview: tuple[dict[str, str], ...]
    lines: Iterator[Line]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How to read: `zone` of moments that name none (or a function of the territory's name).

    `now`: aware. `default_source` and `content_ids`: as in Mapping, for recognition without a
    saved one. `words`: what the region calls its channels, in lower case -> code.
    """

    zone: Zone
    now: datetime
    default_source: str = ""
    content_ids: bool = False
    words: MappingType[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must be aware")


def read_file(
    source: Path | str | bytes,
    *,
    mapping: Mapping | None = None,
    zone: Zone,
    now: datetime,
    default_source: str = "",
    content_ids: bool = False,
    words: MappingType[str, str] | None = None,
) -> Reading:
    """Open a workbook or text (a path or the content) and start reading it as messages.

    `mapping`: a saved one; without it the columns are recognised by name. The rest: as in Way. Of
    several sheets the first recognised one is read. Raises NotATable.
    """
    way = Way(zone, now, default_source, content_ids, words or {})
    return read_source(source, mapping, way)


def read_source(source: Path | str | bytes, mapping: Mapping | None, way: Way) -> Reading:
    """`read_file` with its options in one value."""
    chosen: Reading | None = None
    unread: Reading | None = None
    others: list[str] = []
    for sheet in open_table(source):
        reading = _read_sheet(sheet, mapping, way)
        if reading is None:
            continue
        if not isinstance(reading.mapping, Mapping):
            unread = unread or reading
        elif chosen is None:
            chosen = reading
        else:
            others.append(sheet.name)
    if chosen is not None:
        return replace(chosen, others=tuple(others))
    if unread is None:
        raise NotATable("no_rows")
    return unread


def from_cells(
    cells: MappingType[str, Any],
    mapping: Mapping,
    *,
    zone: Zone,
    now: datetime,
    line: int = 0,
    words: MappingType[str, str] | None = None,
) -> Line:
    """One row from raw cells by header, as kept in `Line.cells` and mended by an operator.

    Gives what reading the file would have given; repeats inside a file are the caller's to tell.
    """
    headers = tuple(mapping.columns)
    reader = RowReader(headers, mapping, zone=zone, now=now, words=words or {})
    seen = reader.read(line, [cells.get(header, "") for header in headers])
    # Cells of columns that mean nothing to us are kept behind the others.
    beside = {str(h): storable(clean.plain(v)) for h, v in cells.items() if h not in headers and v}
    if not beside:
        return seen
    raw = json.loads(seen.raw)
    raw += [""] * (len(headers) - len(raw))
    return seen._replace(headers=(*headers, *beside), raw=as_json([*raw, *beside.values()]))


def _read_sheet(sheet: Sheet, mapping: Mapping | None, way: Way) -> Reading | None:
    lines = sheet.lines
    start = list(islice(lines, HEADER_SEARCH + PREVIEW + 2))
    tables = [(n, cells) for n, cells in start if not isinstance(cells, BrokenLine)]
    rows = [cells for _, cells in tables]
    known = tuple(mapping.columns) if mapping else ()
    found = find_header(rows, known) or first_wide_line(rows)
    if found is None:
        return None
    headers = _trimmed(found)
    bound: Mapping | Unknown
    if mapping is None:
        bound = recognise(headers, default_source=way.default_source, content_ids=way.content_ids)
    else:
        bound = mapping.bind(headers)
    last = found.last
    if last + 1 < len(rows) and _counts_columns(rows[last + 1]):
        last += 1  # «1 | 2 | 3 | …» below the header of an official form
    header_line = tables[last][0]
    # A saved mapping still has to name what a message needs.
    plan = bound if isinstance(bound, Mapping) else Mapping({})
    reader = RowReader(headers, plan, zone=way.zone, now=way.now, words=way.words)
    below = [cells for _, cells in tables[last + 1 :]]
    if not below:
        return None
    rest = ((n, cells) for n, cells in chain(start, lines) if n > header_line)
    usable = isinstance(bound, Mapping) and not lacking(bound.columns.values(), bound)
    return Reading(
        mapping=bound,
        headers=headers,
        header_line=header_line,
        sheet=sheet.name,
        encoding=sheet.dialect.encoding if sheet.dialect else "",
        delimiter=sheet.dialect.delimiter if sheet.dialect else "",
        total=sheet.total,
        preview=tuple(named(headers, reader.raw(cells)) for cells in below[:PREVIEW]),
        lines=_lines(rest, reader) if usable else iter(()),
    )


def _trimmed(found: HeaderLines) -> tuple[str, ...]:
    headers = list(found.headers)
    while headers and not headers[-1]:
        headers.pop()
    return tuple(headers)


def _counts_columns(row: Sequence[Any]) -> bool:
    filled = [clean.plain(cell).strip() for cell in row]
    return len(filled) > 2 and filled == [str(i) for i in range(1, len(filled) + 1)]


def _lines(rows: Iterator[tuple[int, Any]], reader: RowReader) -> Iterator[Line]:
    seen: dict[int, str] = {}
    for number, cells in rows:
        if isinstance(cells, BrokenLine):
            problem = Problem(number, "", "broken_line", {"reason": cells.reason})
            yield Line(number, "rejected", None, (problem,), reader.headers, "[]")
            continue
        line = reader.read(number, cells)
        row = line.row
        if row is None:
            yield line
            continue
        key = xxh3_64_intdigest(f"{row.channel}\x1f{row.external_id}".encode())
        earlier = seen.setdefault(key, row.fingerprint)
        if earlier is row.fingerprint:
            yield line
        elif earlier == row.fingerprint:
            yield line._replace(verdict="unchanged")
        else:
            header = reader.mapping.header_of("external_id")
            problem = Problem(number, header, "duplicate_id", {"id": row.external_id})
            yield line._replace(verdict="quarantined", row=None, problems=(*line.problems, problem))
