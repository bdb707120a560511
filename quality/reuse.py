"""Exact comparison of a reply with candidates: similarity, copied passages, own part."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import Indel

from quality.prints import Masked, masked, unpacked, word_hashes
from quality.types import EarlierReply, Reuse, SourceMatch, Thresholds

MIN_RUN = 4
"""Equal stems in a row that make a copied passage."""
MAX_CANDIDATES = 64
MAX_SOURCES = 8
_LONG_RUN_LIMIT = 600


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of comparing a reply with all candidates.

    `copied`: flags of the reply's stems found in some source; `detected`: sources above the
    threshold of their length; `exact`: sources equal after masking.
    """

    reuse: Reuse | None
    detected: tuple[EarlierReply, ...]
    exact: tuple[EarlierReply, ...]
    copied: tuple[bool, ...]
    personal_share: float
    stems: int


def similarity_threshold(stems: int) -> float:
    """Measured by length: shorter replies resemble each other by chance."""
    if stems < 20:
        return 0.85
    if stems < 30:
        return 0.75
    return 0.70 if stems < 50 else 0.65


def _body(form: Masked) -> tuple[list[str], list[int]]:
    indexes = form.body_indexes
    return [form.stems[index] for index in indexes], indexes


Stems = Sequence[Hashable]
"""Stems themselves, or what stands for them in a stored print."""


def _runs(reply: Stems, source: Stems) -> list[tuple[int, int, int]]:
    """Equal runs (start, source start, length), longest at each place, in any order; linear-ish."""
    places: dict[tuple[Hashable, ...], list[int]] = {}
    for j in range(len(source) - MIN_RUN + 1):
        places.setdefault(tuple(source[j : j + MIN_RUN]), []).append(j)
    runs = []
    i = 0
    while i <= len(reply) - MIN_RUN:
        best, best_j = 0, 0
        for j in places.get(tuple(reply[i : i + MIN_RUN]), ())[:8]:
            length = MIN_RUN
            while (
                length < _LONG_RUN_LIMIT
                and i + length < len(reply)
                and j + length < len(source)
                and reply[i + length] == source[j + length]
            ):
                length += 1
            if length > best:
                best, best_j = length, j
        if best:
            runs.append((i, best_j, best))
            i += best
        else:
            i += 1
    return runs


class Likeness(NamedTuple):
    """`cover`: share of the reply's stems inside a word 3-gram the source has too."""

    similarity: float
    cover: float
    runs: list[tuple[int, int, int]]


class Sought:
    """A reply's side of the comparison, made once for all its candidates."""

    def __init__(self, words: Stems, thresholds: Thresholds) -> None:
        self.words = words
        self._limit = similarity_threshold(len(words))
        self._thresholds = thresholds
        self._grams = list(zip(words, words[1:], words[2:], strict=False))

    def in_source(self, source: Stems) -> Likeness | None:
        """How the reply is like the source; None where it is no source of it."""
        similarity = Indel.normalized_similarity(self.words, source)
        cover = self._cover(source)
        alike = similarity >= self._limit
        if not alike and cover < self._thresholds.containment:
            return None
        # Shuffled sentences keep their 3-grams but lose their order, halves keep both.
        runs = _runs(self.words, source)
        if not alike and sum(length for _, _, length in runs) < self._thresholds.passage:
            return None
        return Likeness(similarity, cover, runs)

    def _cover(self, source: Stems) -> float:
        known = set(zip(source, source[1:], source[2:], strict=False))
        covered = 0
        upto = 0  # stems before it are counted
        for i, gram in enumerate(self._grams):
            if gram in known:
                covered += i + 3 - max(i, upto)
                upto = i + 3
        return covered / len(self.words)


def _approved(form: Masked, texts: Sequence[str]) -> Masked:
    """Take passages of approved texts out of the comparison."""
    if not texts:
        return form
    body = list(form.body)
    for text in texts:
        for start, _, length in _runs(form.stems, masked(text).stems):
            body[start : start + length] = [False] * length
    return Masked(form.stems, tuple(body), form.places, form.prepared)


class Sieve:
    """Which candidates may be sources of a reply, by the words of their stored prints.

    Lets through all that `compare` would find, so that only their texts need be read.
    """

    def __init__(
        self, reply: str, thresholds: Thresholds, approved_texts: Sequence[str] = ()
    ) -> None:
        words, _indexes = _body(_approved(masked(reply), approved_texts))
        # Of texts of nothing but formulas only equal ones are told, and not by the body.
        self._sought = Sought(word_hashes(words), thresholds) if len(words) >= 3 else None

    def lets_through(self, words: bytes | None) -> bool:
        """`words`: of the candidate's print; None where an older print has none."""
        if words is None or self._sought is None:
            return True
        return self._sought.in_source(unpacked(words)) is not None


def compare(
    reply: str,
    earlier: Sequence[EarlierReply],
    thresholds: Thresholds,
    approved_texts: Sequence[str] = (),
) -> Comparison:
    """Compare with at most `MAX_CANDIDATES` earlier replies, given best first."""
    form = _approved(masked(reply), approved_texts)
    words, indexes = _body(form)
    total = len(words)
    copied = [False] * len(form.stems)
    if total < 3:  # nothing but formulas: only an equal text can be told
        whole = list(form.stems)
        same = [
            e for e in earlier[:MAX_CANDIDATES] if whole and list(masked(e.text).stems) == whole
        ]
        return Comparison(None, (), tuple(same), tuple(copied), 1.0 if total else 0.0, total)
    if not earlier:
        return Comparison(None, (), (), tuple(copied), 1.0 if total else 0.0, total)
    found: list[tuple[float, SourceMatch, EarlierReply]] = []
    exact: list[EarlierReply] = []
    sought = Sought(words, thresholds)
    for candidate in earlier[:MAX_CANDIDATES]:
        other = masked(candidate.text)
        source, source_indexes = _body(other)
        likeness = sought.in_source(source) if source else None
        if likeness is None:
            continue
        if words == source:
            exact.append(candidate)
        similarity, cover, runs = likeness
        spans = []
        for start, source_start, length in runs:
            for index in range(start, start + length):
                copied[indexes[index]] = True
            first, last = indexes[start], indexes[start + length - 1]
            source_first = source_indexes[source_start]
            source_last = source_indexes[source_start + length - 1]
            spans.append((*form.span(first, last), *other.span(source_first, source_last)))
        match = SourceMatch(candidate.key, round(similarity, 4), round(cover, 4), tuple(spans))
        found.append((max(similarity, cover), match, candidate))
    found.sort(key=lambda item: (-item[0], item[1].key))
    personal = 1.0 - sum(copied) / total
    if not found:
        return Comparison(None, (), tuple(exact), tuple(copied), 1.0, total)
    sources = tuple(match for _, match, _ in found[:MAX_SOURCES])
    reuse = Reuse(
        similarity=max(match.similarity for match in sources),
        containment=max(match.share for match in sources),
        sources=sources,
    )
    detected = tuple(candidate for _, _, candidate in found)
    return Comparison(
        reuse, detected, tuple(exact), tuple(copied), round(max(personal, 0.0), 4), total
    )
