"""Prints of a reply: what the index of earlier replies stores.

Two kinds of keys: winnowed word 3-grams find passages, MinHash bands find texts that are alike as
a whole. Seeds, masks and stems are frozen per `PRINT_VERSION`: stored keys must be found again
after any library upgrade, so a change here needs a new version and `index_replies --all`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from quality.patterns import formula_spans
from quality.textform import Prepared, prepare

if TYPE_CHECKING:
    from Stemmer import Stemmer

PRINT_VERSION = 2
PER_KEY = 16
"""An index keeps the oldest so many replies of a key: a key that many texts share tells nothing
of one of them, and what is not stored costs neither space nor time."""
CANDIDATES = 32
_RARE = 4  # a key is rare while at most so many replies have it
_LONG = 30  # stems; candidates must share two keys with so long a text, for one is chance
_WINDOW = 4  # winnowing: of every 4 neighbouring 3-grams the smallest hash is kept
_SHORT = 20  # stems; shorter texts have few 3-grams, of which every second one is kept
_SHORT_WINDOW = 2
_BANDS = 12
_ROWS = 2
_MAX_STEMS = 1200
_MAX_KEYS = 256
_MAX_PROBES = 600
_END = b"\xff\xff"
_SKETCH = 0xD700  # below the surrogates: two bytes are one character
_SENTENCE = 4  # stems; a shorter sentence is never counted as a formula

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


_LETTERS = r"[a-zа-я]+|[\u0001-\u0005]"


def _slots(initials: bool, patronymics: bool) -> re.Pattern[str]:
    names = (*(_INITIALS if initials else ()), *(_PATRONYMICS if patronymics else ()))
    # What it can begin with is asked first: most places of a text end there.
    parts = [rf"(?=[+\d])(?:{_CONTACT}|{_DATE}|{_NUMBER})", rf"(?=[бдмпсу]){_PLACE}"]
    if names:
        parts.append(f"(?P<name>{'|'.join(names)})")
    # No slot begins inside a word: what is none where a word begins is the word.
    return re.compile("|".join([*parts, f"(?P<word>{_LETTERS})"]))


# The shapes of a name are tried at every word: left out where a text cannot hold any.
_SLOTS = {key: _slots(*key) for key in ((a, b) for a in (False, True) for b in (False, True))}
_SLOT_MARK = {"contact": "\x01", "date": "\x02", "place": "\x03", "name": "\x04", "number": "\x05"}


@lru_cache(maxsize=1)
def _stemmer() -> "Stemmer":
    from Stemmer import Stemmer

    return Stemmer("russian", 0)


@lru_cache(maxsize=60_000)
def stem(text: str) -> str:
    """Snowball stem of a clean word, cut at 24 letters."""
    return str(_stemmer().stemWord(text))[:24]


def _digest(text: str) -> int:
    return xxhash.xxh64_intdigest(text.encode(), seed=PRINT_VERSION)


_code = lru_cache(maxsize=120_000)(_digest)


@lru_cache(maxsize=1)
def _permutations() -> tuple["np.ndarray", "np.ndarray"]:
    """Frozen multipliers of the MinHash family, derived from xxh64 of their number."""
    count = _BANDS * _ROWS
    a = [xxhash.xxh64_intdigest(f"a{i}".encode(), seed=20260101) | 1 for i in range(count)]
    b = [xxhash.xxh64_intdigest(f"b{i}".encode(), seed=20260101) for i in range(count)]
    return np.array(a, dtype=np.uint64)[:, None], np.array(b, dtype=np.uint64)[:, None]


@dataclass(frozen=True, slots=True)
class Print:
    """`keys`: signed 32 bits, sorted, without repeats, `mask` (of the whole text) among them.

    `sketch`: two bytes for each own word in order, then for each name, date, number what it is:
    enough for a first comparison without the text.
    """

    mask: int
    stems: int
    keys: tuple[int, ...]
    sketch: bytes
    version: int = PRINT_VERSION


@dataclass(frozen=True)
class Masked:
    """Stems of a text with slots replaced; `body` marks stems outside greetings, thanks,
    signatures, titles of acts; `numbers` tell each stem's sentence."""

    stems: tuple[str, ...]
    body: tuple[bool, ...]
    places: tuple[tuple[int, int], ...]  # of the stems in the clean text
    numbers: tuple[int, ...]
    prepared: Prepared

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Code points of the original text from one stem to another, end exclusive."""
        start, end = self.places[first]
        return self.prepared.span(start, end)[0], self.prepared.span(*self.places[last])[1]

    @cached_property
    def codes(self) -> list[int]:
        """64 bits for each stem."""
        return [_code(text) for text in self.stems]

    @cached_property
    def letters(self) -> str:
        """One character for each stem: equal stems, equal characters."""
        return "".join([chr(0x10000 + code % 0xF0000) for code in self.codes])

    @cached_property
    def small(self) -> str:
        """The stems as `Print.sketch` has them, decoded."""
        return "".join([chr(code % _SKETCH + 0x100) for code in self.codes])

    @cached_property
    def values(self) -> str:
        """The own slots' values as `Print.sketch` has them, decoded."""
        own = [self.value(index) for index in self.own if self.stems[index] < "\x06"]
        return "".join([chr(_digest(text) % _SKETCH + 0x100) for text in own])

    @cached_property
    def own(self) -> list[int]:
        """Indexes of the stems a print is made of; of all where nothing else is said."""
        indexes = [index for index, own in enumerate(self.body) if own]
        return indexes if len(indexes) >= _SENTENCE else list(range(len(self.stems)))

    @cached_property
    def sentences(self) -> dict[int, int]:
        """Signed 64-bit hash of each sentence by its number; shortest ones left out."""
        words: dict[int, list[str]] = {}
        for number, text in zip(self.numbers, self.stems, strict=True):
            words.setdefault(number, []).append(text)
        return {
            number: _signed(_digest(" ".join(texts)), 64)
            for number, texts in words.items()
            if len(texts) >= _SENTENCE
        }

    def is_slot(self, index: int) -> bool:
        return self.stems[index] < "\x06"

    def value(self, index: int) -> str:
        """The clean words behind a stem or slot."""
        start, end = self.places[index]
        return self.prepared.clean[start:end]


def _items(clean: str) -> list[tuple[int, int, str]]:
    """Words and slots of a clean text in order, so many at most; a slot's value is its mark."""
    slots = _SLOTS[
        _HAS_INITIALS.search(clean) is not None, _HAS_PATRONYMIC.search(clean) is not None
    ]
    items: list[tuple[int, int, str]] = []
    for found in islice(slots.finditer(clean), _MAX_STEMS):
        kind = found.lastgroup
        start, end = found.span()
        items.append((start, end, found[0] if kind == "word" else _SLOT_MARK[str(kind)]))
    return items


_STOP = re.compile(r"[.!?]+(?=\s|$)")


@lru_cache(maxsize=4096)
def masked(text: str) -> Masked:
    """Mask the slots of a text and stem the rest."""
    prepared = prepare(text)
    clean = prepared.clean
    items = _items(clean)
    starts = [start for start, _, _ in items]
    body = [True] * len(items)
    for first, last in formula_spans(clean):
        inside = slice(bisect_left(starts, first), bisect_left(starts, last))
        body[inside] = [False] * len(body[inside])
    numbers: list[int] = []
    stops = [found.start() for found in _STOP.finditer(clean)]
    for number, stop in enumerate(stops):
        numbers += [number] * (bisect_right(starts, stop) - len(numbers))
    numbers += [len(stops)] * (len(items) - len(numbers))
    stems = [value if value < "\x06" else stem(value) for _, _, value in items]
    places = [(start, end) for start, end, _ in items]
    # Equal slots side by side in a sentence are one.
    again = [
        at
        for at in range(1, len(stems))
        if stems[at] < "\x06" and stems[at] == stems[at - 1] and numbers[at] == numbers[at - 1]
    ]
    for at in reversed(again):
        places[at - 1] = (places[at - 1][0], places[at][1])
        del stems[at], places[at], body[at], numbers[at]
    return Masked(tuple(stems), tuple(body), tuple(places), tuple(numbers), prepared)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


_MULTIPLIERS = tuple(
    np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)
_HALF = np.uint64(32)
_CHUNK = 250  # texts whose keys are computed in one go


def _mixed(values: "np.ndarray") -> "np.ndarray":
    """Finaliser of MurmurHash3 (public domain) on 64 bits; the products wrap round on purpose."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


def _grams(codes: "np.ndarray", size: int) -> "np.ndarray":
    """Hash of each `size` neighbouring codes."""
    count = max(len(codes) - size + 1, 0)
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(size if count else 0):
        hashes += codes[offset : offset + count] * _MULTIPLIERS[offset]
    return _mixed(hashes)


def _passages(codes: "np.ndarray", text: "np.ndarray", lengths: "np.ndarray") -> "np.ndarray":
    """3-grams of all texts as number of the text << 32 | key, in order."""
    triples = _grams(codes, 3) >> _HALF
    places = np.arange(len(triples))
    inside = places + 3 <= np.cumsum(lengths)[text[: len(triples)]]
    numbers: np.ndarray = text[: len(triples)][inside].astype(np.uint64) << _HALF
    numbers |= triples[inside]
    return numbers


def _winnowed(passages: "np.ndarray", window: int) -> "np.ndarray":
    """The smallest of every window inside one text, or of a text that is shorter."""
    if not len(passages):
        return passages
    numbers = passages >> _HALF
    least = passages[: max(len(passages) - window + 1, 0)]
    for offset in range(1, window):
        least = np.minimum(least, passages[offset : offset + len(least)])
    whole = numbers[: len(least)] == numbers[window - 1 :]
    firsts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    short = np.diff(np.r_[firsts, len(numbers)]) < window
    of_short = np.minimum.reduceat(passages, firsts)[short]
    return np.unique(np.concatenate([least[whole], of_short]))


def _bands(codes: "np.ndarray", text: "np.ndarray", ends: "np.ndarray") -> dict[int, list[int]]:
    """Band keys of each text by its number."""
    pairs = _grams(codes, 2)
    inside = np.arange(len(pairs)) + 2 <= ends[text[: len(pairs)]]
    owners = text[: len(pairs)][inside]
    if not len(owners):
        return {}
    numbers, firsts = np.unique(owners, return_index=True)
    a, b = _permutations()
    least = np.minimum.reduceat(pairs[inside] * a + b, firsts, axis=1)
    least = least.reshape(_BANDS, _ROWS, len(numbers))
    bands = np.repeat(np.arange(_BANDS, dtype=np.uint64)[:, None], len(numbers), axis=1)
    for row in range(_ROWS):
        bands = _mixed(bands + least[:, row] * _MULTIPLIERS[row])
    columns = (bands >> _HALF).T.tolist()
    return dict(zip(numbers.tolist(), columns, strict=True))


def prints_of(forms: Sequence[Masked], *, probe: bool = False) -> list[Print]:
    """Prints of replies' own words; formula sentences count only where there is nothing else.

    Stored are winnowed keys (six equal stems in a row share one); with `probe` all 3-grams are
    given, to look them up: a stored one is found if its three words are left in the text.
    """
    if len(forms) > _CHUNK:
        chunks = [forms[at : at + _CHUNK] for at in range(0, len(forms), _CHUNK)]
        return [own for chunk in chunks for own in prints_of(chunk, probe=probe)]
    own_codes = [[form.codes[index] for index in form.own] for form in forms]
    lengths = np.array([len(values) for values in own_codes], dtype=np.int64)
    ends = np.cumsum(lengths)
    codes = np.array([code for values in own_codes for code in values], dtype=np.uint64)
    text = np.repeat(np.arange(len(forms)), lengths)
    sketches = (codes % np.uint64(_SKETCH) + np.uint64(0x100)).astype("<u2").tobytes()
    passages = _passages(codes, text, lengths)
    if probe:
        passages = np.unique(passages)
    else:
        short = lengths[(passages >> _HALF).astype(np.int64)] < _SHORT
        dense, usual = passages[short], passages[~short]
        passages = np.union1d(_winnowed(dense, _SHORT_WINDOW), _winnowed(usual, _WINDOW))
    most = (_MAX_PROBES if probe else _MAX_KEYS) - _BANDS - 1
    parts = np.searchsorted(passages, np.arange(len(forms) + 1, dtype=np.uint64) << _HALF)
    passages = (passages & np.uint64(0xFFFFFFFF)).tolist()
    bands = _bands(codes, text, ends)
    made = []
    for number, end in enumerate(ends.tolist()):
        start = end - len(own_codes[number])
        mask = xxhash.xxh32_intdigest(codes[start:end].tobytes(), seed=PRINT_VERSION)
        # The smallest ones: a very long text keeps the same keys as its copy.
        keys = set(passages[parts[number] : parts[number + 1]][:most])
        keys.update(bands.get(number, ()))
        if end > start:
            keys.add(mask)
        own = tuple(sorted([_signed(key, 32) for key in keys]))
        sketch = sketches[2 * start : 2 * end]
        if values := forms[number].values:
            sketch += _END + values.encode("utf-16-le")
        made.append(Print(_signed(mask, 32), end - start, own, sketch))
    return made


def read_sketch(sketch: bytes) -> tuple[str, str]:
    """Own words and values of a stored sketch, one character each."""
    words, _, values = sketch.decode("utf-16-le").partition("\uffff")
    return words, values


def vote(own: Print, members: Mapping[int, Sequence[int]]) -> list[tuple[int, bool]]:
    """The likeliest sources of a text, best first, and whether a rare key names them.

    `members`: the stored replies of each key (at most `PER_KEY`). A key counts the more the
    fewer replies have it; an equal masked text counts for all.
    """
    votes: dict[int, float] = {}
    shared: dict[int, int] = {}
    rare: set[int] = set()
    for key in own.keys:
        numbers = members.get(key)
        if not numbers:
            continue
        weight = 1000.0 if key == own.mask else 1.0 / (1 + len(numbers))
        if len(numbers) <= _RARE:
            rare.update(numbers)
        for number in numbers:
            votes[number] = votes.get(number, 0.0) + weight
            shared[number] = shared.get(number, 0) + 1
    least = 2 if own.stems >= _LONG else 1
    likely = [number for number, count in shared.items() if count >= least]
    likely.sort(key=lambda number: (-votes[number], number))
    return [(number, number in rare) for number in likely[:CANDIDATES]]


def vote_many(
    prints: Sequence[Print], hashes: Sequence[int], replies: Sequence[int]
) -> list[list[tuple[int, bool]]]:
    """`vote` for many texts at once. `hashes`, `replies`: the stored keys, a row of each for
    every reply that has it, in any order."""
    key, reply = np.array(hashes, dtype=np.int64), np.array(replies, dtype=np.int64)
    order = np.lexsort((reply, key))
    key, reply = key[order], reply[order]
    asked = np.array([k for own in prints for k in own.keys], dtype=np.int64)
    sizes = np.array([len(own.keys) for own in prints], dtype=np.int64)
    text = np.repeat(np.arange(len(prints)), sizes)
    first = np.searchsorted(key, asked, side="left")
    count = np.minimum(np.searchsorted(key, asked, side="right") - first, PER_KEY)
    is_mask = asked == np.array([own.mask for own in prints], dtype=np.int64)[text]
    weight = np.where(is_mask, 1000.0, 1.0 / (1 + count))
    # A row for each pair of a key asked for and a reply that has it, in the order of the keys.
    pair = np.repeat(np.arange(len(asked)), count)
    voter = reply[np.arange(len(pair)) - np.repeat(np.cumsum(count) - count - first, count)]
    place = np.lexsort((voter, text[pair]))
    pair, voter = pair[place], voter[place]
    owner = text[pair]
    new = np.r_[True, (owner[1:] != owner[:-1]) | (voter[1:] != voter[:-1])][: len(pair)]
    group = np.cumsum(new) - 1
    votes = np.bincount(group, weights=weight[pair])
    shared = np.bincount(group)
    rare = np.bincount(group, weights=count[pair] <= _RARE) > 0
    owner, voter = owner[new], voter[new]
    least = np.array([2 if own.stems >= _LONG else 1 for own in prints], dtype=np.int64)
    kept = shared >= least[owner]
    owner, voter, votes, rare = owner[kept], voter[kept], votes[kept], rare[kept]
    best = np.lexsort((voter, -votes, owner))
    ends = np.searchsorted(owner[best], np.arange(len(prints) + 1)).tolist()
    numbers, is_rare = voter[best].tolist(), rare[best].tolist()
    return [
        list(zip(numbers[start:end], is_rare[start:end], strict=True))
        for start, end in (
            (start, min(end, start + CANDIDATES))
            for start, end in zip(ends, ends[1:], strict=False)
        )
    ]


@lru_cache(maxsize=64)
def make_print(text: str) -> Print:
    """Print of a text."""
    return prints_of([masked(text)])[0]


def make_prints(texts: Sequence[str]) -> list[Print]:
    """Prints of many texts, several times as fast as one by one."""
    return prints_of([masked(text) for text in texts])
