"""What a file really is, told by its first bytes; how a separated text is separated."""

import csv
import re
from collections import Counter
from dataclasses import dataclass

from intake.problems import NotATable

DELIMITERS = (";", "\t", ",", "|")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM\x00", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"RIFF", "binary"),
    (b"{\\rtf", "document"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"\x7fELF", "binary"),
    (b"MZ\x90", "binary"),
    (b"SQLite format 3", "binary"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEP = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is cut: codec, delimiter, lines to skip before the table (`sep=;`)."""

    encoding: str
    delimiter: str
    skip: int = 0


def refuse_other_formats(head: bytes) -> None:
    """Raises NotATable naming the format when the first bytes are those of something else."""
    for magic, code in _MAGIC:
        if head.startswith(magic):
            raise NotATable(code)
    if head.startswith(_OLE):
        # An encrypted workbook is an old container holding a stream of this name.
        if "EncryptedPackage".encode("utf-16-le") in head:
            raise NotATable("password")
        raise NotATable("old_workbook", {"format": "xls"})
    start = head[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<div")):
        raise NotATable("html")
    if start.startswith(b"<?xml"):
        raise NotATable("html" if b"<html" in start else "xml")
    if start.startswith((b"{", b"[{", b"[\n", b"[\r", b'["')):
        raise NotATable("json")


def sniff_text(sample: str, encoding: str) -> Dialect:
    """The delimiter that cuts most lines to the same width of at least two.

    Raises NotATable("single_column") when none does.
    """
    declared = _SEP.match(sample)
    if declared:
        return Dialect(encoding, declared.group(1), skip=1)
    best: tuple[float, int, str] = (0.0, 0, "")
    for delimiter in DELIMITERS:
        widths = _widths(sample, delimiter)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        if width < 2:
            continue
        share = count / sum(widths.values())
        if (round(share, 1), width, delimiter) > best:
            best = (round(share, 1), width, delimiter)
    if not best[2]:
        raise NotATable("single_column")
    return Dialect(encoding, best[2])


def _widths(sample: str, delimiter: str) -> Counter[int]:
    lines = sample.splitlines(keepends=True)[:400]
    widths: Counter[int] = Counter()
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cells):
                widths[len(cells)] += 1
            if sum(widths.values()) >= 100:
                break
    except csv.Error:
        pass
    return widths
