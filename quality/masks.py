"""A text as its stems, with what changes from one citizen to the next masked.

The pieces between two spaces repeat from text to text: what is in each is found once and kept.
Only where a slot may begin (a digit, a kind of street, initials, a patronymic) does an
expression look at the text itself. Masks and stems are frozen per `prints.PRINT_VERSION`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import xxhash

from quality.patterns import formula_spans, heads_of
from quality.textform import Prepared, prepare

if TYPE_CHECKING:
    from Stemmer import Stemmer

PRINT_VERSION = 2
SKETCH = 0xD700  # below the surrogates: two bytes are one character
MAX_STEMS = 1200
SENTENCE = 4
"""Stems; a shorter sentence is never counted as a formula."""
_KEPT = 60_000  # pieces
_LONGEST = 40  # letters of a piece that is kept

_MONTH = r"(?:январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр)[а-я]{0,3}"
# Slots of a template: what changes from one citizen to the next.
_CONTACT = r"(?P<contact>(?:\+7|\b8)[\s(-]{0,3}\d{3,5}[\s)-]{0,3}\d[\d\s-]{4,10}\d)"
_DATE = (
    rf"(?P<date>\b\d{{1,2}}(?:-\d{{1,2}})?(?:-го|-е)?\s{_MONTH}(?:\s\d{{4}}(?:\sг(?:ода|\.)?)?)?"
    r"|\b\d{1,2}\.\d{2}(?:\.\d{2,4})?)"
)
_STREET = (
    r"\b(?:ул|улиц[а-я]{1,2}|пер|переул[а-я]{1,4}|просп|проспект[а-я]{0,2}|"
    r"бульвар[а-я]{0,2}"
    r"|пос|поселк[а-я]{1,2}|сел[оаеу]|дер|деревн[а-я]{1,2}|мкр|"
    r"микрорайон[а-я]{0,2})\b\.?"
)
_PLACE = rf"(?P<place>{_STREET}\s[а-я-]{{2,30}})"
_INITIALS = (
    r"\b[а-я-]{2,30}\s[а-я]\.\s?[а-я]\.",
    r"\b[а-я]\.\s?[а-я]\.\s[а-я-]{2,30}",
)
_PATRONYMICS = (
    r"\b[а-я]{2,20}\s[а-я]{3,20}(?:ович|евич|ьич)[а-я]{0,2}\b",
    r"\b[а-я]{2,20}\s[а-я]{3,20}(?:овн|евн|ичн)[а-я]{1,2}\b",
)
_NUMBER = r"(?P<number>\d+(?:[.,:]\d+)?)"
_PLACE_BEGINS = "бдмпсу"
# What it can begin with is asked first: most places of a text end there. No slot begins inside a
# word: what is none where a word begins is the word.
_SLOTS = re.compile(
    rf"(?=[+\d])(?:{_CONTACT}|{_DATE}|{_NUMBER})|(?=[{_PLACE_BEGINS}]){_PLACE}"
    rf"|(?P<name>{'|'.join((*_INITIALS, *_PATRONYMICS))})|(?P<word>[a-zа-я]+)"
)
_WORD = re.compile(r"[a-zа-я]+")
_PLAIN = re.compile(r"[a-zа-я]+")
_TAIL = ".,!?:;)"
_STOPS = (".", "!", "?")
_LIKE_PATRONYMIC = re.compile(r"[ое]вич|ьич|[ое]вн|ичн")
# A slot may begin in such a piece; in the one before it.
_SLOT_IN = re.compile(rf"[+\d]|{_STREET}$|\b[а-я]\.")
_NAME_ENDS_IN = re.compile(
    r"[а-я]\.|[а-я]{3,20}(?:(?:ович|евич|ьич)[а-я]{0,2}|(?:овн|евн|ичн)[а-я]{1,2})\b"
)


@lru_cache(maxsize=1)
def _stemmer() -> "Stemmer":
    from Stemmer import Stemmer

    return Stemmer("russian", 0)


def _stem(text: str) -> str:
    return str(_stemmer().stemWord(text))[:24]


@lru_cache(maxsize=60_000)
def stem(text: str) -> str:
    """Snowball stem of a clean word, cut at 24 letters."""
    return _stem(text)


def digest(text: str) -> int:
    return xxhash.xxh64_intdigest(text.encode(), seed=PRINT_VERSION)


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


class Word(NamedTuple):
    """A stem or slot: 64 bits for it, one character, the two bytes of `Print.sketch` decoded."""

    stem: str
    code: int
    letter: str
    small: str


def _made(text: str) -> Word:
    code = digest(text)
    return Word(text, code, chr(0x10000 + code % 0xF0000), chr(code % SKETCH + 0x100))


_stemmed = lru_cache(maxsize=60_000)(_made)
_SLOT_WORDS = {
    kind: _made(mark)
    for kind, mark in (
        ("contact", "\x01"),
        ("date", "\x02"),
        ("place", "\x03"),
        ("name", "\x04"),
        ("number", "\x05"),
    )
}
SLOT_LETTERS = frozenset(word.letter for word in _SLOT_WORDS.values())


class _Piece(NamedTuple):
    """What stands between two spaces.

    `word`: the whole of it but for the stops behind; else None, and `words` with their places in
    it. `stop`: a stop ends it; `slot`: a slot may begin in it; `name`: a name may end in it;
    `heads`: where in it a formula may begin.
    """

    word: Word | None
    length: int  # of the word
    stop: bool
    name: bool
    heads: tuple[tuple[int, int], ...]
    slot: bool = False
    words: tuple[tuple[int, int, Word], ...] = ()


_NOTHING = _Piece(None, 0, False, False, ())
_pieces: dict[str, _Piece] = {"": _NOTHING}


def _piece(text: str) -> _Piece:
    word = text.rstrip(_TAIL)
    made = _plain(word, text) if _PLAIN.fullmatch(word) else _odd(text)
    if len(text) <= _LONGEST:
        if len(_pieces) >= _KEPT:
            _pieces.clear()
            _pieces[""] = _NOTHING
        _pieces[text] = made
    return made


def _plain(word: str, text: str) -> _Piece:
    """A word and what stands behind it: most pieces, told without most of the expressions."""
    if len(word) == 1 or word[0] in _PLACE_BEGINS and _SLOT_IN.search(text):
        return _odd(text)
    like_name = _LIKE_PATRONYMIC.search(word) is not None
    return _Piece(
        _stemmed(_stem(word)),
        len(word),
        text.endswith(_STOPS),
        like_name and _NAME_ENDS_IN.match(text) is not None,
        heads_of(text),
    )


def _odd(text: str) -> _Piece:
    return _Piece(
        None,
        0,
        text.endswith(_STOPS),
        _NAME_ENDS_IN.match(text) is not None,
        heads_of(text),
        _SLOT_IN.search(text) is not None,
        tuple([(*m.span(), _stemmed(_stem(m[0]))) for m in _WORD.finditer(text)]),
    )


@dataclass(frozen=True)
class Masked:
    """Stems of a text with slots replaced; `body` marks stems outside greetings, thanks,
    signatures, titles of acts; `numbers` tell each stem's sentence."""

    words: tuple[Word, ...]
    body: tuple[bool, ...]
    starts: tuple[int, ...]  # of the stems in the clean text
    ends: tuple[int, ...]
    numbers: tuple[int, ...]
    prepared: Prepared

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Code points of the original text from one stem to another, end exclusive."""
        offsets = self.prepared.offsets  # no stem or slot begins or ends with a space
        return offsets[self.starts[first]], offsets[self.ends[last] - 1] + 1

    @cached_property
    def _columns(self) -> tuple[tuple[Any, ...], ...]:
        """Stems, codes, letters, small letters."""
        return tuple(zip(*self.words, strict=True)) or ((), (), (), ())

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return self._columns[0]

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """64 bits for each stem."""
        return self._columns[1]

    @cached_property
    def letters(self) -> str:
        """One character for each stem: equal stems, equal characters."""
        return "".join(self._columns[2])

    @cached_property
    def inner(self) -> tuple[str, tuple[int, ...]]:
        """Letters and indexes of the stems of the body."""
        flags, letters = bytes(self.body), self.letters
        parts: list[str] = []
        indexes: list[int] = []
        start = flags.find(1)
        while start >= 0:
            end = flags.find(0, start)
            end = len(flags) if end < 0 else end
            parts.append(letters[start:end])
            indexes += range(start, end)
            start = flags.find(1, end)
        return "".join(parts), tuple(indexes)

    @cached_property
    def small(self) -> str:
        """The stems as `Print.sketch` has them, decoded."""
        return "".join(self._columns[3])

    @cached_property
    def slots(self) -> frozenset[int]:
        """Indexes of the slots among the stems."""
        return frozenset([index for index, text in enumerate(self.stems) if text < "\x06"])

    @cached_property
    def values(self) -> str:
        """The own slots' values as `Print.sketch` has them, decoded."""
        own = sorted(self.slots.intersection(self.own))
        return "".join([chr(digest(self.value(index)) % SKETCH + 0x100) for index in own])

    @cached_property
    def own(self) -> Sequence[int]:
        """Indexes of the stems a print is made of; of all where nothing else is said."""
        _, indexes = self.inner
        return indexes if len(indexes) >= SENTENCE else range(len(self.words))

    @cached_property
    def sentences(self) -> dict[int, int]:
        """Signed 64-bit hash of each sentence by its number; shortest ones left out."""
        numbers, stems = self.numbers, self.stems
        made: dict[int, int] = {}
        start = 0
        while start < len(numbers):
            end = bisect_right(numbers, numbers[start], start)
            if end - start >= SENTENCE:
                made[numbers[start]] = signed(digest(" ".join(stems[start:end])), 64)
            start = end
        return made

    def is_slot(self, index: int) -> bool:
        return index in self.slots

    def value(self, index: int) -> str:
        """The clean words behind a stem or slot."""
        return self.prepared.clean[self.starts[index] : self.ends[index]]


class _Read:
    """The words and slots of a clean text in order, `MAX_STEMS` of them; equal slots side by side
    in a sentence are one."""

    def __init__(self, clean: str) -> None:
        self.clean = clean
        self.heads: list[tuple[int, int]] = []
        pieces = clean.split(" ")
        known = _pieces.get
        found = [known(text) or _piece(text) for text in pieces]
        self._walk(pieces, found)
        if len(self.words) + self._joined > MAX_STEMS:
            self._walk(pieces, found, counting=True)

    def _walk(self, pieces: list[str], found: list[_Piece], counting: bool = False) -> None:
        self._joined = 0
        self.words, self.starts, self.ends, self.numbers = words, starts, ends, numbers = (
            list[Word](),
            list[int](),
            list[int](),
            list[int](),
        )
        put, start_at, end_at, number_it = (
            words.append,
            starts.append,
            ends.append,
            numbers.append,
        )
        at = begin = number = 0  # `begin`: up to there a slot reaches
        self.heads.clear()
        names = [piece[3] for piece in found[1:]]
        names.append(False)
        for text, piece, name in zip(pieces, found, names, strict=True):
            word, length, stop, _, heads, slot, several = piece
            if slot or name or begin > at or counting:
                begin = self._slots(max(begin, at), at + len(text), number)
            elif word is not None:
                put(word)
                start_at(at)
                end_at(at + length)
                number_it(number)
            else:
                for first, last, other in several:
                    put(other)
                    start_at(at + first)
                    end_at(at + last)
                    number_it(number)
            if heads:
                self.heads += [(at + offset, kind) for offset, kind in heads]
            if stop:
                number += 1
            at += len(text) + 1

    def _slots(self, begin: int, end: int, number: int) -> int:
        """Slots and words that begin between the places; how far the last one reaches."""
        clean = self.clean
        if clean[end - 1 : end] in _TAIL:
            end -= 1  # nothing begins there
        while begin < end and len(self.words) + self._joined < MAX_STEMS:
            found = _SLOTS.search(clean, begin)
            if found is None or found.start() >= end:
                break
            start, begin = found.span()
            kind = str(found.lastgroup)
            if kind == "word":
                word = _stemmed(_stem(found[0]))
            else:
                word = _SLOT_WORDS[kind]
                if self.words and self.words[-1] is word and self.numbers[-1] == number:
                    self.ends[-1] = begin
                    self._joined += 1
                    continue
            self.words.append(word)
            self.starts.append(start)
            self.ends.append(begin)
            self.numbers.append(number)
        return begin


@lru_cache(maxsize=4096)
def masked(text: str) -> Masked:
    """Mask the slots of a text and stem the rest."""
    prepared = prepare(text)
    read = _Read(prepared.clean)
    starts = read.starts
    body = [True] * len(starts)
    for first, last in formula_spans(prepared.clean, read.heads):
        begin, end = bisect_left(starts, first), bisect_left(starts, last)
        body[begin:end] = [False] * (end - begin)
    return Masked(
        tuple(read.words),
        tuple(body),
        tuple(starts),
        tuple(read.ends),
        tuple(read.numbers),
        prepared,
    )
