"""Prints of a reply: what the index of earlier replies stores.

Seeds, masks and stems are frozen per `PRINT_VERSION`: stored keys must be found again after any
library upgrade, so a change here needs a new version filled beside the old one.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from quality.patterns import formula_spans
from quality.textform import Prepared, prepare

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
_CONTACT = r"(?P<contact>(?:\+7|\b8)[\s(-]{0,3}\d{3,5}[\s)-]{0,3}\d[\d\s-]{4,10}\d)"
_DATE = (
    rf"(?P<date>\b\d{{1,2}}(?:-\d{{1,2}})?(?:-го|-е)?\s{_MONTH}(?:\s\d{{4}}(?:\sг(?:ода|\.)?)?)?"
    r"|\b\d{1,2}\.\d{2}(?:\.\d{2,4})?)"
)
_PLACE = (
    r"(?P<place>\b(?:ул|улиц[а-я]{1,2}|пер|переул[а-я]{1,4}|просп|проспект[а-я]{0,2}|"
    r"бульвар[а-я]{0,2}"
    r"|пос|поселк[а-я]{1,2}|сел[оаеу]|дер|деревн[а-я]{1,2}|мкр|"
    r"микрорайон[а-я]{0,2})\b\.?\s[а-я-]{2,30})"
)
_INITIALS = (
    r"\b[а-я-]{2,30}\s[а-я]\.\s?[а-я]\.",
    r"\b[а-я]\.\s?[а-я]\.\s[а-я-]{2,30}",
)
_PATRONYMICS = (
    r"\b[а-я]{2,20}\s[а-я]{3,20}(?:ович|евич|ьич)[а-я]{0,2}\b",
    r"\b[а-я]{2,20}\s[а-я]{3,20}(?:овн|евн|ичн)[а-я]{1,2}\b",
)
_NUMBER = r"(?P<number>\d+(?:[.,:]\d+)?)"
_HAS_INITIALS = re.compile(r"[а-я]\.\s?[а-я]\.")
_HAS_PATRONYMIC = re.compile(r"ович|евич|ьич|овн|евн|ичн")


def _slots(initials: bool, patronymics: bool) -> re.Pattern[str]:
    names = (*(_INITIALS if initials else ()), *(_PATRONYMICS if patronymics else ()))
    parts = [_CONTACT, _DATE, _PLACE, *([f"(?P<name>{'|'.join(names)})"] if names else []), _NUMBER]
    return re.compile("|".join(parts))


# The shapes of a name are tried at every word: left out where a text cannot hold any.
_SLOTS = {key: _slots(*key) for key in ((a, b) for a in (False, True) for b in (False, True))}
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
    """`mask_hash`: signed 64 bits; `keys`: signed 32 bits, sorted, without repeats.

    `words`: the body's stems as hashes of four bytes each, in their order. A candidate is held
    against them before anybody reads its text (`reuse.Sieve`).
    """

    mask_hash: int
    stems: int
    keys: tuple[int, ...]
    words: bytes
    version: int = PRINT_VERSION


def word_hashes(stems: Sequence[str]) -> list[int]:
    """What stands for each stem in `Print.words`."""
    return [xxhash.xxh32_intdigest(stem.encode(), seed=PRINT_VERSION) for stem in stems]


def unpacked(words: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(words) // 4}I", words)


@dataclass(frozen=True)
class Masked:
    """Stems of a text with slots replaced; `body` marks stems outside greetings, thanks,
    signatures, titles of acts."""

    stems: tuple[str, ...]
    body: tuple[bool, ...]
    places: tuple[tuple[int, int], ...]  # of the stems in the clean text
    prepared: Prepared

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Code points of the original text from one stem to another, inclusive."""
        return self.prepared.span(self.places[first][0], self.places[last][1])

    @cached_property
    def body_indexes(self) -> list[int]:
        return [index for index, own in enumerate(self.body) if own]


def _items(clean: str) -> list[tuple[int, int, str]]:
    """Words and slots of a clean text in order; a slot's value is its mark."""
    slots = _SLOTS[
        _HAS_INITIALS.search(clean) is not None, _HAS_PATRONYMIC.search(clean) is not None
    ]
    items: list[tuple[int, int, str]] = []
    position = 0
    for slot in slots.finditer(clean):
        start, end = slot.span()
        items += [(*m.span(), m.group()) for m in _WORD.finditer(clean, position, start)]
        items.append((start, end, _SLOT_MARK[str(slot.lastgroup)]))
        position = end
    items += [(*m.span(), m.group()) for m in _WORD.finditer(clean, position)]
    return items[:_MAX_STEMS]


@lru_cache(maxsize=4096)
def masked(text: str) -> Masked:
    """Mask the slots of a text and stem the rest."""
    prepared = prepare(text)
    clean = prepared.clean
    formulas = formula_spans(clean)
    stems: list[str] = []
    places: list[tuple[int, int]] = []
    body: list[bool] = []
    following = iter([*formulas, (len(clean) + 1, len(clean) + 1)])
    first, last = next(following)
    for start, end, value in _items(clean):
        is_slot = value < "\x06"
        if is_slot and stems and stems[-1] == value:
            places[-1] = (places[-1][0], end)
            continue
        while last <= start:
            first, last = next(following)
        stems.append(value if is_slot else stem(value))
        places.append((start, end))
        body.append(start < first)
    return Masked(tuple(stems), tuple(body), tuple(places), prepared)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


@lru_cache(maxsize=64)
def make_print(text: str) -> Print:
    """Print of a reply's own words; formula sentences count only where there is nothing else."""
    form = masked(text)
    stems = [form.stems[index] for index in form.body_indexes]
    hashes = word_hashes(stems)
    packed = struct.pack(f">{len(hashes)}I", *hashes)
    if len(stems) < 4:
        stems = list(form.stems)
    words = [item.encode() for item in stems]
    mask_hash = _signed(xxhash.xxh64_intdigest(b" ".join(words), seed=PRINT_VERSION), 64)
    triples = [
        xxhash.xxh32_intdigest(b" ".join(words[i : i + 3]), seed=PRINT_VERSION)
        for i in range(len(words) - 2)
    ]
    windows = range(max(1, len(triples) - _WINDOW + 1) if triples else 0)
    winnowed = sorted({min(triples[i : i + _WINDOW]) for i in windows})[: _MAX_KEYS - _BANDS]
    pairs = list(
        {
            xxhash.xxh64_intdigest(b" ".join(words[i : i + 2]), seed=PRINT_VERSION)
            for i in range(len(words) - 1)
        }
    )
    bands: set[int] = set()
    if pairs:
        a, b = _permutations()
        # Multiply-shift on 64 bits: wrap-around of uint64 is the modulus.
        minima = (np.array(pairs, dtype=np.uint64)[None, :] * a + b).min(axis=1)
        rows, size = minima.tobytes(), _ROWS * minima.itemsize
        for band in range(_BANDS):
            own = rows[band * size : (band + 1) * size]
            bands.add(xxhash.xxh32_intdigest(own, seed=1000 + band))
    keys = tuple(sorted(_signed(key, 32) for key in {*winnowed, *bands}))
    return Print(mask_hash, len(stems), keys, packed)
