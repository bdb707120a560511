"""Open a workbook or a separated text as lines of cells, judged by content, not by its name.

Limits (each refused by name, see `problems.NOT_A_TABLE`):
  file 200 MB, an unpacked workbook 2 GB; 104 columns; 200,000 lines of a workbook (it is read
  into memory as a whole, about 5 KB a line), 2,000,000 lines of text (streamed); a cell of text
  4,000,000 characters (a longer one is one bad line, the reading goes on).
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from intake.problems import NotATable
from intake.sniff import Dialect, refuse_other_formats, sniff_text

MAX_BYTES = 200 * 2**20
MAX_UNPACKED = 2 * 2**30
MAX_COLUMNS = 104
MAX_WORKBOOK_ROWS = 200_000
MAX_TEXT_ROWS = 2_000_000
MAX_CELL = 4_000_000
_HEAD = 2**20

# Past column CZ. A single filled cell at XFD1048576 would make the reader allocate 17 billion
# cells; blank ones that only have a format («the whole column is bold») take nothing.
_FILLED = rb'"[^<>]{0,200}(?<!/)><(?:v|is|f)[ />]'
_FAR_COLUMN = re.compile(rb'<c r="(?:[A-Z]{3}|[D-Z][A-Z])\d{1,8}' + _FILLED)
_FAR_ROW = re.compile(rb'<c r="[A-Z]{1,3}(?:\d{7,}|[2-9]\d{5})' + _FILLED)
_MOST_MERGES = 20_000

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line the reader could not take apart."""

    reason: str


@dataclass(slots=True)
class Sheet:
    """Lines of one table; `lines` can be walked once and yields (number, cells).

    `number` is the row's number as a spreadsheet shows it, from 1. `total`: lines including the
    header, of a large text an estimate. `dialect` is None for a workbook.
    """

    name: str
    total: int
    lines: Iterator[tuple[int, Cells | BrokenLine]]
    dialect: Dialect | None = None


def open_table(source: Path | str | bytes) -> Iterator[Sheet]:
    """The tables of a file: each visible sheet of a workbook that has content, or the one text.

    `source`: a path or the content itself. Raises NotATable, at once or on the first sheet.
    """
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if size > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise NotATable("too_large", {"megabytes": size // 2**20, "limit": limit})
    with _open(source) as stream:
        head = stream.read(_HEAD)
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise NotATable("empty")
    if head.startswith(b"PK"):
        return _workbook(source)
    refuse_other_formats(head)
    return iter([_text_sheet(source, head, size)])


def _open(source: Path | str | bytes) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def _workbook(source: Path | str | bytes) -> Iterator[Sheet]:
    _check_archive(source)
    # Imported here: text files and the web worker do without the reader.
    from python_calamine import (  # noqa: PLC0415
        CalamineError,
        SheetVisibleEnum,
        load_workbook,
    )

    def sheets() -> Iterator[Sheet]:
        any_sheet = False
        try:
            with _open(source) as stream:
                book = load_workbook(stream)
                for meta in book.sheets_metadata:
                    if meta.visible != SheetVisibleEnum.Visible:
                        continue
                    sheet = book.get_sheet_by_name(meta.name)
                    if sheet.start is None or not sheet.height:
                        continue
                    any_sheet = True
                    first = sheet.start[0] + 1
                    rows = _with_merged(sheet.iter_rows(), sheet)
                    lines = _skip_blank(rows, first)
                    yield Sheet(meta.name, sheet.start[0] + sheet.height, lines)
        except CalamineError as error:
            raise NotATable("damaged", {"reason": str(error)[:200]}) from error
        if not any_sheet:
            raise NotATable("empty")

    return sheets()


def _with_merged(rows: Iterator[list[Any]], sheet: Any) -> Iterator[list[Any]]:
    """A cell merged over several rows tells its value in each of them.

    Cells merged over columns stay as they are: the header reads those by itself.
    """
    areas = [a for a in sheet.merged_cell_ranges or () if a[1][0] > a[0][0]]
    if not areas or len(areas) > _MOST_MERGES:
        yield from rows
        return
    top, left = sheet.start
    starts: dict[int, list[tuple[int, int]]] = {}
    for (first, column), (last, _right) in areas:
        starts.setdefault(first - top, []).append((column - left, last - top))
    running: dict[int, tuple[int, Any]] = {}
    for number, row in enumerate(rows):
        for column, (last, value) in list(running.items()):
            if number > last:
                del running[column]
            elif column < len(row) and row[column] == "" and any(cell != "" for cell in row):
                row[column] = value
        for column, last in starts.get(number, ()):
            if 0 <= column < len(row):
                running[column] = (last, row[column])
        yield row


def _skip_blank(rows: Iterator[list[Any]], first: int) -> Iterator[tuple[int, Cells]]:
    # iter_rows pads from row 1 in some versions and starts at the first filled row in others.
    leading = True
    for number, row in enumerate(rows, first):
        if leading and not any(row):
            continue
        leading = False
        if any(cell.strip() if type(cell) is str else True for cell in row):
            yield number, row


def _check_archive(source: Path | str | bytes) -> None:
    """Refuse what is no workbook, is cut, would unpack to too much or to too wide a sheet."""
    try:
        with _open(source) as stream, zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and b"spreadsheet" in archive.read("mimetype")[:200]:
                raise NotATable("old_workbook", {"format": "ods"})
            if "xl/workbook.bin" in names:
                raise NotATable("old_workbook", {"format": "xlsb"})
            if any(name.startswith(("word/", "ppt/", "content.xml")) for name in names):
                raise NotATable("document")
            if "xl/workbook.xml" not in names:
                raise NotATable("archive")
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise NotATable("password")
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                raise NotATable("too_large", {"limit": MAX_UNPACKED // 2**20})
            for name in names:
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    with archive.open(name) as member:
                        _check_extent(member)
                elif name == "xl/sharedStrings.xml":
                    # Read through once: proves the sizes the archive claims.
                    with archive.open(name) as member:
                        while member.read(_HEAD):
                            pass
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise NotATable("damaged", {"reason": str(error)[:200]}) from error
    except Exception as error:
        if isinstance(error, NotATable):
            raise
        # zlib.error and its kind: the archive's directory is whole, its content is not.
        raise NotATable("damaged", {"reason": type(error).__name__}) from error


def _check_extent(member: IO[bytes]) -> None:
    tail = b""
    while chunk := member.read(_HEAD):
        window = tail + chunk
        if _FAR_COLUMN.search(window):
            raise NotATable("too_many_columns", {"limit": MAX_COLUMNS})
        if _FAR_ROW.search(window):
            raise NotATable("too_many_rows", {"limit": MAX_WORKBOOK_ROWS})
        tail = chunk[-300:]


def _text_sheet(source: Path | str | bytes, head: bytes, size: int) -> Sheet:
    encoding, errors = _encoding(source, head)
    sample = codecs.decode(head, encoding, "replace" if len(head) < size else errors)
    dialect = sniff_text(sample, encoding)
    total = _estimate(source, sample, dialect, whole=len(head) == size)
    return Sheet("", total, _text_lines(source, dialect, errors), dialect)


def _estimate(source: Path | str | bytes, sample: str, dialect: Dialect, *, whole: bool) -> int:
    """Lines of the table by its line ends: exact for a small file, near for a large one."""
    ends = sample.count("\n") or sample.count("\r")
    csv.field_size_limit(MAX_CELL)
    rows = 0
    with suppress(csv.Error):
        for _ in csv.reader(io.StringIO(sample, newline=""), delimiter=dialect.delimiter):
            rows += 1
    if whole or not ends or dialect.encoding.startswith("utf-16"):
        return rows
    end = b"\n" if "\n" in sample else b"\r"
    found = 0
    with _open(source) as stream:
        while chunk := stream.read(_HEAD):
            found += chunk.count(end)
    return round(found * rows / ends)


def _encoding(source: Path | str | bytes, head: bytes) -> tuple[str, str]:
    """(codec, what to do with bytes it does not know), from the whole content."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "replace"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "replace"
    # Stray zeros are bad cells; many of them are UTF-16 without a mark, or no text at all.
    if head[1::2].count(0) * 8 > len(head) and not head[::2].count(0):
        return "utf-16-le", "replace"
    if head.count(0) * 20 > len(head):
        raise NotATable("binary")
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with _open(source) as stream:
        try:
            while chunk := stream.read(_HEAD):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _not_clean_utf8(head)
    return "utf-8", "strict"


def _not_clean_utf8(head: bytes) -> tuple[str, str]:
    text = head.decode("utf-8", "replace")
    good = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    if good > 20 * text.count("\ufffd"):
        return "utf-8", "replace"  # a few broken bytes in good utf-8; rows with them are marked
    codec, likeness = max(
        ((codec, _likeness(head[:200_000], codec)) for codec in _CYRILLIC), key=lambda pair: pair[1]
    )
    if likeness < 0.45:
        raise NotATable("binary")
    return codec, "replace"


# Of two that fit equally the first: Windows-1251 before what old systems write.
_CYRILLIC = ("cp1251", "cp866", "koi8-r", "mac-cyrillic")
_FREQUENT = frozenset("оеаинтсрвлОЕАИНТСРВЛ")


def _likeness(head: bytes, codec: str) -> float:
    """How much of what is not ASCII are frequent Russian letters: about 0.65 of a real text."""
    text = head.decode(codec, "replace")
    if sum(1 for c in text if c < " " and c not in "\t\r\n") * 50 > len(text):
        return 0.0
    other = [c for c in text if c > "\x7f"]
    found = sum(c in _FREQUENT for c in other) - other.count("\ufffd")
    # A lower-case word does not end in capitals: that is another alphabet's order of letters.
    crossed = sum(a.islower() and b.isupper() for a, b in zip(other, other[1:], strict=False))
    return (found - crossed / 4) / max(len(other), 1)


def _text_lines(
    source: Path | str | bytes, dialect: Dialect, errors: str
) -> Iterator[tuple[int, Cells | BrokenLine]]:
    with _open(source) as raw:
        text = io.TextIOWrapper(raw, encoding=dialect.encoding, errors=errors, newline="")
        for _ in range(dialect.skip):
            text.readline()
        csv.field_size_limit(MAX_CELL)  # of the process: the standard library has no other way
        number = dialect.skip
        for cells in separated(text, dialect.delimiter):
            number += 1
            if number > MAX_TEXT_ROWS:
                raise NotATable("too_many_rows", {"limit": MAX_TEXT_ROWS})
            if isinstance(cells, BrokenLine):
                yield number, cells
            elif len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
                yield number, BrokenLine("columns")
            elif any(cells) and any(cell.strip() for cell in cells):
                yield number, cells


class _Physical:
    """Lines of a text as the csv reader asks for them; those of the current row can be had back."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._back: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> "_Physical":
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._text)
        self.taken.append(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._back += reversed(lines)


def separated(text: Iterator[str], delimiter: str) -> Iterator[Cells | BrokenLine]:
    """Rows of a separated text. A lone quote does not swallow the lines that follow it.

    The csv reader takes everything to the next quote for one cell. Where such a row of several
    lines is not quoted by the book, its first line is read alone, with the quote as a character.
    """
    lines = _Physical(text)
    reader = csv.reader(lines, delimiter=delimiter)
    width = 0
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(lines.taken) == 1:
                yield BrokenLine(str(error)[:200])
                reader = csv.reader(lines, delimiter=delimiter)
                continue
            cells = []
        if len(lines.taken) > 1 and not (cells and _is_quoted(lines.taken, delimiter)):
            first, *rest = lines.taken
            lines.give_back(rest)
            reader = csv.reader(lines, delimiter=delimiter)
            cells = next(csv.reader([first], delimiter=delimiter, quoting=csv.QUOTE_NONE))
            if width and len(cells) != width:
                yield BrokenLine("quotes")
                continue
        width = width or len(cells)
        yield cells


def _is_quoted(taken: list[str], delimiter: str) -> bool:
    """Whether a row of several lines opens and closes its quotes as the rules want."""
    try:
        rows = list(csv.reader(taken, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(rows) == 1
