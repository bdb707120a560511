"""A text cleaned for analysis, with the way back to its own code points.

Case, ё, quotes, kinds of dashes and spaces, emoji, zero-width and control characters make no
difference after this module. Only the first `LIMIT` code points are analysed.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

LIMIT = 12_000
"""Code points of a text that are looked at; the longest allowed reply is far shorter."""

_DASHES = "‐‑‒–—―−"  # noqa: RUF001
QUOTES = "«»„“”‘’\"'`´‹›"
_COMBINED = {("и", "\u0306"): "й", ("е", "\u0308"): "е"}


@lru_cache(maxsize=8192)
def _fold(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char in QUOTES:
        return " "
    if char == "…":
        return "."
    if char == "²":
        return "2"
    category = unicodedata.category(char)
    if category[0] == "Z" or char in "\t\n\r\v\f":
        return " "
    if category[0] == "C" or category in ("Mn", "Me", "So", "Sk") and char not in "№°":
        return ""
    lower = char.lower()
    if len(lower) != 1:
        lower = char
    return "е" if lower == "ё" else lower


class _Folding(dict[int, str]):
    """`_fold` as a table for str.translate, filled by the characters that occur."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        if len(self) < 8192:  # a text of all Unicode must not stay in memory
            self[code] = folded
        return folded


_FOLDING = _Folding()
_SPACES = re.compile("  +")

MENTION = re.compile(r"^\s*(?:\[(?:id|club)\d{1,15}\|[^\]\n]{1,80}\]|@[\w.]{1,40})\s*,?")
URL = re.compile(
    r"(?:https?://|www\.)[^\s,]{1,300}|\b[a-z0-9][a-z0-9.-]{0,60}\.(?:ru|su|com|org|net|example|"
    r"info)\b"
    r"(?:/[^\s,]{0,200})?|\b[а-я0-9-]{2,40}\.рф\b(?:/[^\s,]{0,200})?"
)
# Cheap to look for, and no address is without one of them.
_URL_HINT = re.compile(r"http|www\.|\.(?:ru|su|com|org|net|example|info|рф)")
EMAIL = re.compile(r"[a-z0-9._-]{1,60}@[a-z0-9][a-z0-9.-]{0,60}\.[a-zа-я]{2,10}")
_TOKEN = re.compile(r"[a-zа-я]+(?:-[a-zа-я]+)*|\d+")
# A stop ends a sentence unless it follows an initial or a usual abbreviation.
_STOP = re.compile(r"[.!?;]+(?=\s|$)|[!?]+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(.,])(?:[а-юa-z]|ул|пер|пр|просп|пл|кв|корп|стр|обл|пос|дер|им|руб|коп|тыс|млн|млрд|"
    r"тел|"
    r"доб|каб|ст|пп|см|вх|исх|гр|рис|др|т\.д|т\.п|т\.е|мин|час|сек|бул|наб|мкр|р-н|вв|гг|чел)$"
)


class Token(NamedTuple):
    """A word or number; `start`, `end` in the clean text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """`start`, `end` in the clean text, tokens inside."""

    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    question: bool = False


@dataclass
class Prepared:
    """`clean` and, for each of its characters, the index in the original text.

    Tokens and sentences are found when they are first asked for: a print needs neither.
    """

    raw: str
    clean: str
    offsets: Sequence[int]
    mention: bool
    links: tuple[tuple[int, int], ...]
    emails: tuple[tuple[int, int], ...]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tuple([Token(m.group(), *m.span()) for m in _TOKEN.finditer(self.clean)])

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return split_sentences(self.clean, self.tokens)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Clean span to original code points, trimmed of surrounding spaces, end exclusive."""
        while start < end and self.clean[start] == " ":
            start += 1
        while end > start and self.clean[end - 1] == " ":
            end -= 1
        if end <= start:
            return (0, 0)
        return self.offsets[start], self.offsets[end - 1] + 1


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def split_sentences(clean: str, tokens: tuple[Token, ...]) -> tuple[Sentence, ...]:
    """Sentences by stops only: line breaks must make no difference."""
    bounds: list[tuple[int, int, bool]] = []
    begin = 0
    for stop in _STOP.finditer(clean):
        mark = stop.group()
        if mark == "." and _ABBREVIATION.search(clean[max(begin, stop.start() - 8) : stop.start()]):
            continue
        bounds.append((begin, stop.end(), "?" in mark))
        begin = stop.end()
    if begin < len(clean):
        bounds.append((begin, len(clean), False))
    starts = [token.start for token in tokens]
    result = []
    for start, end, question in bounds:
        inside = tokens[bisect_left(starts, start) : bisect_left(starts, end)]
        if inside:
            result.append(Sentence(clean[start:end], start, end, inside, question))
    return tuple(result)


def _fold_slowly(text: str) -> tuple[str, list[int]]:
    """Folding with characters that vanish or join: one by one."""
    chars: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        if chars and char in "\u0306\u0308":
            joined = _COMBINED.get((chars[-1], char))
            if joined:
                chars[-1] = joined
            continue
        folded = _FOLDING[ord(char)]
        if folded and not (folded == " " and chars and chars[-1] == " "):
            chars.append(folded)
            offsets.append(index)
    return "".join(chars), offsets


# Most texts hold nothing but these and what folds to them: whole methods of str fold such a text
# several times as fast as a table.
_COMMON = (("ё", "е"), ("«", " "), ("»", " "), ("\n", " "), ("—", "-"), ("–", "-"))  # noqa: RUF001
_UNUSUAL = re.compile(r"[^а-яa-z0-9 .,!?;:()%/+№-]")


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The folded text and the way back; most texts lose nothing but repeated spaces."""
    clean = text.lower()
    for sign, folded in _COMMON:
        clean = clean.replace(sign, folded)
    if _UNUSUAL.search(clean):
        clean = text.translate(_FOLDING)
    if len(clean) != len(text):
        return _fold_slowly(text)
    if "  " not in clean:
        return clean, range(len(text))
    offsets: list[int] = []
    pieces: list[str] = []
    begin = 0
    for run in _SPACES.finditer(clean):
        end = run.start() + 1
        offsets.extend(range(begin, end))
        pieces.append(clean[begin:end])
        begin = run.end()
    offsets.extend(range(begin, len(clean)))
    pieces.append(clean[begin:])
    return "".join(pieces), offsets


@lru_cache(maxsize=512)
def prepare(raw: str) -> Prepared:
    """Clean, tokenise and split; cached, as one text is looked at by many checks."""
    clean, offsets = _folded(raw[:LIMIT])
    mention = MENTION.match(clean)
    emails = [m.span() for m in EMAIL.finditer(clean)] if "@" in clean else []
    links = (
        [m.span() for m in URL.finditer(_blank(clean, emails))] if _URL_HINT.search(clean) else []
    )
    blanked = [*emails, *links]
    if mention:
        blanked.append(mention.span())
    clean = _blank(clean, blanked)
    return Prepared(raw, clean, offsets, bool(mention), tuple(links), tuple(emails))
