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

# Past column CZ. A single stray cell at XFD1048576 would make the reader allocate 17 billion cells.
_FAR_COLUMN = re.compile(rb'<c r="(?:[A-Z]{3}|[D-Z][A-Z])\d')
_FAR_ROW = re.compile(rb' r="[A-Z]{1,3}(?:\d{7,}|[2-9]\d{5})"')

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line the reader could not take apart."""

    reason: str


@dataclass(slots=True)
class Sheet:
    """Lines of one table; `lines` can be walked once and yields (number, cells).

    `number` is the row's number as a spreadsheet shows it, from 1. `total`: lines including the
    header, 0 when not known beforehand. `dialect` is None for a workbook.
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
                    lines = _skip_blank(sheet.iter_rows(), first)
                    yield Sheet(meta.name, sheet.start[0] + sheet.height, lines)
        except CalamineError as error:
            raise NotATable("damaged", {"reason": str(error)[:200]}) from error
        if not any_sheet:
            raise NotATable("empty")

    return sheets()


def _skip_blank(rows: Iterator[list[Any]], first: int) -> Iterator[tuple[int, Cells]]:
    # iter_rows pads from row 1 in some versions and starts at the first filled row in others.
    leading = True
    for number, row in enumerate(rows, first):
        if leading and not any(row):
            continue
        leading = False
        if any(cell != "" for cell in row):
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
        tail = chunk[-40:]


def _text_sheet(source: Path | str | bytes, head: bytes, size: int) -> Sheet:
    encoding, errors = _encoding(source, head)
    sample = codecs.decode(head, encoding, "replace" if len(head) < size else errors)
    dialect = sniff_text(sample, encoding)
    return Sheet("", 0, _text_lines(source, dialect, errors), dialect)


def _encoding(source: Path | str | bytes, head: bytes) -> tuple[str, str]:
    """(codec, what to do with bytes it does not know), from the whole content."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "replace"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "replace"
    # One stray zero is a bad cell of one row; half of them is UTF-16 without a mark or no text.
    if head.count(0) * 200 > len(head):
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
    sample = head.decode("cp1251", "replace")
    strange = sum(1 for c in sample if c < " " and c not in "\t\r\n") + sample.count("\ufffd")
    letters = sum(1 for c in sample if "А" <= c <= "я" or c in "ёЁ")
    others = sum(1 for c in sample if c > "\x7f") - letters
    if strange * 50 > len(sample) or others > letters:
        raise NotATable("binary")
    return "cp1251", "replace"


def _text_lines(
    source: Path | str | bytes, dialect: Dialect, errors: str
) -> Iterator[tuple[int, Cells | BrokenLine]]:
    with _open(source) as raw:
        text = io.TextIOWrapper(raw, encoding=dialect.encoding, errors=errors, newline="")
        for _ in range(dialect.skip):
            text.readline()
        csv.field_size_limit(MAX_CELL)  # of the process: the standard library has no other way
        reader = csv.reader(text, delimiter=dialect.delimiter)
        number = dialect.skip
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, BrokenLine(str(error)[:200])
                continue
            if number > MAX_TEXT_ROWS:
                raise NotATable("too_many_rows", {"limit": MAX_TEXT_ROWS})
            if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
                yield number, BrokenLine("columns")
                continue
            if any(cells) and any(cell.strip() for cell in cells):
                yield number, cells
