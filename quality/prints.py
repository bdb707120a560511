"""Prints of a reply: what the index of earlier replies stores.

Seeds, masks and stems are frozen per `PRINT_VERSION`: stored keys must be found again after any
library upgrade, so a change here needs a new version filled beside the old one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from quality.patterns import formula_spans
from quality.textform import prepare

if TYPE_CHECKING:
    from Stemmer import Stemmer

PRINT_VERSION = 1
_WINDOW = 3  # winnowing: of every 3 neighbouring 3-grams the smallest hash is kept
_BANDS = 24
_ROWS = 3
_MAX_STEMS = 1200
_MAX_KEYS = 256

_MONTH = r"(?:январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр)[а-я]{0,3}"
# Slots of a template: what changes from one citizen to the next.
_SLOTS = re.compile(
    r"(?P<contact>(?:\+7|\b8)[\s(-]{0,3}\d{3,5}[\s)-]{0,3}\d[\d\s-]{4,10}\d)"
    rf"|(?P<date>\b\d{{1,2}}(?:-\d{{1,2}})?(?:-го|-е)?\s{_MONTH}(?:\s\d{{4}}(?:\sг(?:ода|\.)?)?)?"
    r"|\b\d{1,2}\.\d{2}(?:\.\d{2,4})?)"
    r"|(?P<place>\b(?:ул|улиц[а-я]{1,2}|пер|переул[а-я]{1,4}|просп|проспект[а-я]{0,2}|"
    r"бульвар[а-я]{0,2}"
    r"|пос|поселк[а-я]{1,2}|сел[оаеу]|дер|деревн[а-я]{1,2}|мкр|"
    r"микрорайон[а-я]{0,2})\b\.?\s[а-я-]{2,30})"
    r"|(?P<name>\b[а-я-]{2,30}\s[а-я]\.\s?[а-я]\.|\b[а-я]\.\s?[а-я]\.\s[а-я-]{2,30}"
    r"|\b[а-я]{2,20}\s[а-я]{3,20}(?:ович|евич|ьич)[а-я]{0,2}\b|\b[а-я]{2,20}\s[а-я]{3,20}(?:овн|"
    r"евн|ичн)[а-я]{1,2}\b)"
    r"|(?P<number>\d+(?:[.,:]\d+)?)"
)
_WORD = re.compile(r"[a-zа-я]+|[\u0001-\u0005]")
_SLOT_MARK = {"contact": "\x01", "date": "\x02", "place": "\x03", "name": "\x04", "number": "\x05"}


@lru_cache(maxsize=1)
def _stemmer() -> "Stemmer":
    from Stemmer import Stemmer

    return Stemmer("russian", 0)


@lru_cache(maxsize=60_000)
def stem(text: str) -> str:
    """Snowball stem of a clean word, cut at 24 letters."""
    return str(_stemmer().stemWord(text))[:24]


@lru_cache(maxsize=1)
def _permutations() -> tuple["np.ndarray", "np.ndarray"]:
    """Frozen multipliers of the MinHash family, derived from xxh64 of their number."""
    count = _BANDS * _ROWS
    a = [xxhash.xxh64_intdigest(f"a{i}".encode(), seed=20260101) | 1 for i in range(count)]
    b = [xxhash.xxh64_intdigest(f"b{i}".encode(), seed=20260101) for i in range(count)]
    return np.array(a, dtype=np.uint64)[:, None], np.array(b, dtype=np.uint64)[:, None]


@dataclass(frozen=True, slots=True)
class Print:
    """`mask_hash`: signed 64 bits; `keys`: signed 32 bits, sorted, without repeats."""

    mask_hash: int
    stems: int
    keys: tuple[int, ...]
    version: int = PRINT_VERSION


@dataclass(frozen=True, slots=True)
class Masked:
    """Stems of a text with slots replaced; `spans` are code points of the original text.

    `body` marks stems outside greetings, thanks, signatures, titles of acts.
    """

    stems: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    body: tuple[bool, ...]

    @property
    def body_indexes(self) -> list[int]:
        return [index for index, own in enumerate(self.body) if own]


@lru_cache(maxsize=4096)
def masked(text: str) -> Masked:
    """Mask the slots of a text and stem the rest."""
    prepared = prepare(text)
    clean = prepared.clean
    formulas = formula_spans(clean)
    items: list[tuple[int, int, str]] = []
    position = 0
    for slot in _SLOTS.finditer(clean):
        items.extend(
            (m.start(), m.end(), m.group()) for m in _WORD.finditer(clean, position, slot.start())
        )
        items.append((slot.start(), slot.end(), _SLOT_MARK[str(slot.lastgroup)]))
        position = slot.end()
    items.extend((m.start(), m.end(), m.group()) for m in _WORD.finditer(clean, position))
    stems: list[str] = []
    spans: list[tuple[int, int]] = []
    body: list[bool] = []
    cursor = 0
    for start, end, value in items[:_MAX_STEMS]:
        is_slot = value < "\x06"
        if is_slot and stems and stems[-1] == value:
            spans[-1] = (spans[-1][0], prepared.span(start, end)[1])
            continue
        while cursor < len(formulas) and formulas[cursor][1] <= start:
            cursor += 1
        inside = cursor < len(formulas) and formulas[cursor][0] <= start
        stems.append(value if is_slot else stem(value))
        spans.append(prepared.span(start, end))
        body.append(not inside)
    return Masked(tuple(stems), tuple(spans), tuple(body))


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def make_print(text: str) -> Print:
    """Print of a reply's own words; formula sentences count only where there is nothing else."""
    form = masked(text)
    stems = [form.stems[index] for index in form.body_indexes]
    if len(stems) < 4:
        stems = list(form.stems)
    joined = " ".join(stems).encode()
    mask_hash = _signed(xxhash.xxh64_intdigest(joined, seed=PRINT_VERSION), 64)
    keys: set[int] = set()
    triples = [
        xxhash.xxh32_intdigest(" ".join(stems[i : i + 3]).encode(), seed=PRINT_VERSION)
        for i in range(len(stems) - 2)
    ]
    for i in range(max(1, len(triples) - _WINDOW + 1) if triples else 0):
        keys.add(min(triples[i : i + _WINDOW]))
    winnowed = sorted(keys)[: _MAX_KEYS - _BANDS]
    pairs = sorted(
        {
            xxhash.xxh64_intdigest(" ".join(stems[i : i + 2]).encode(), seed=PRINT_VERSION)
            for i in range(len(stems) - 1)
        }
    )
    bands: set[int] = set()
    if pairs:
        a, b = _permutations()
        # Multiply-shift on 64 bits: wrap-around of uint64 is the modulus.
        minima = (np.array(pairs, dtype=np.uint64)[None, :] * a + b).min(axis=1)
        for band in range(_BANDS):
            rows = minima[band * _ROWS : (band + 1) * _ROWS].tobytes()
            bands.add(xxhash.xxh32_intdigest(rows, seed=1000 + band))
    return Print(
        mask_hash, len(stems), tuple(sorted(_signed(key, 32) for key in {*winnowed, *bands}))
    )
