"""Exact comparison of a reply with candidates: similarity, copied passages, own part."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from quality.later import distance
from quality.masks import SLOT_LETTERS, Masked, masked
from quality.prints import split_sketch, unpacked
from quality.types import EarlierReply, Reuse, SourceMatch, Thresholds

MIN_RUN = 4
"""Equal stems that make a copied passage, edited places inside it left out."""
MAX_CANDIDATES = 64
MAX_SOURCES = 8
SHORTLIST = 8
ALIKE = 3
"""So many candidates are compared whatever they hold, more if they hold what these do not."""
_NEW = 0.1
_BAG = 0.2
_ANCHOR = 3  # equal stems in a row a passage is built from
_GAP = 10  # stems between two anchors of one passage
_LEAST = 4  # counted stems; with fewer only the text as a whole can be told
_WHOLE = 0.9
_MOSTLY = 0.5
_BLOCK = 0.2
_LONG_RUN_LIMIT = 600
_TRIED = 8  # places of the source a run may begin at


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of comparing a reply with all candidates.

    `copied`: flags of the reply's stems found in some source; `detected`: sources above the
    threshold of their length; `exact`: sources equal after masking; `formulas`: spans of the
    sentences not counted because many unlike replies have them.
    """

    reuse: Reuse | None
    detected: tuple[EarlierReply, ...]
    exact: tuple[EarlierReply, ...]
    copied: tuple[bool, ...]
    personal_share: float
    stems: int
    formulas: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Stems of a text that count, one character each, and their indexes."""

    form: Masked
    letters: str
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """The reply's words that count.

    `whole`: all but greetings, titles of acts and approved passages; `counted`: without the
    formula sentences either, None where hardly anything is left: such a text can only be told
    to be the same as a whole. `grey`: the formulas found in it.
    """

    whole: Words
    counted: Words | None
    grey: frozenset[int]
    everything: bool = False  # nothing but greetings and the like: these are compared then

    @property
    def best(self) -> Words:
        return self.counted or self.whole


@dataclass(frozen=True, slots=True)
class _Match:
    similarity: float
    share: float
    pairs: tuple[tuple[int, int], ...]  # stems of the reply and of the source
    same_values: int
    source: Words


def similarity_threshold(stems: int, rare: bool = False) -> float:
    """Measured by length: shorter replies resemble each other by chance.

    `rare`: both texts hold a passage that hardly any other reply holds; then less is needed.
    """
    if stems < 12:
        return 0.66 if rare else 0.85
    if stems < 20:
        return 0.60 if rare else 0.85
    if stems < 30:
        return 0.58 if rare else 0.75
    return 0.58 if rare else 0.70 if stems < 50 else 0.65


def _words(form: Masked, flags: Sequence[bool]) -> Words:
    if flags is form.body:
        return Words(form, *form.inner)
    indexes = tuple(compress(range(len(flags)), flags))
    return Words(form, "".join(compress(form.letters, flags)), indexes)


def _without(form: Masked, flags: Sequence[bool], grey: Collection[int]) -> Words:
    numbers = {number for number, value in form.sentences.items() if value in grey}
    pairs = zip(flags, form.numbers, strict=True)
    return _words(form, [counts and number not in numbers for counts, number in pairs])


def own_words(form: Masked, approved_texts: Sequence[str], formulas: Collection[int]) -> Own:
    """What of a reply counts when it is compared."""
    flags: Sequence[bool] = form.body
    taken = False
    for text in approved_texts:
        flags = list(flags)
        for start, _, length in _runs(form.letters, masked(text).letters, MIN_RUN):
            taken = taken or any(flags[start : start + length])
            flags[start : start + length] = [False] * length
    grey = frozenset(value for value in form.sentences.values() if value in formulas)
    if sum(flags) < _LEAST and not taken:
        return Own(_words(form, [True] * len(flags)), None, grey, everything=True)
    whole = _words(form, flags)
    counted = _without(form, flags, grey) if grey else whole
    return Own(whole, counted if len(counted.letters) >= _LEAST else None, grey)


def _runs(reply: str, source: str, least: int) -> list[tuple[int, int, int]]:
    """Equal runs (start, source start, length), longest at each place, in order; linear-ish.

    Of equally long ones the run that goes on where the last one ended.
    """
    runs: list[tuple[int, int, int]] = []
    i = expected = 0
    while i <= len(reply) - least:
        best, best_j, tried = 0, 0, 0
        piece = reply[i : i + least]
        j = source.find(piece)
        while j >= 0 and tried < _TRIED:
            length = _equal_length(reply, i, source, j, least)
            if length > best or length == best and abs(j - expected) < abs(best_j - expected):
                best, best_j = length, j
            tried += 1
            j = source.find(piece, j + 1)
        if best:
            runs.append((i, best_j, best))
            i += best
            expected = best_j + best
        else:
            i += 1
            expected += 1
    return runs


def _equal_length(reply: str, i: int, source: str, j: int, length: int) -> int:
    """How far the texts are equal from there on, known to be for `length`: halving what is left."""
    most = min(len(reply) - i, len(source) - j, _LONG_RUN_LIMIT)
    if most <= length or reply[i : i + most] == source[j : j + most]:
        return max(most, length)
    while most - length > 1:
        middle = (length + most) // 2
        if reply[i + length : i + middle] == source[j + length : j + middle]:
            length = middle
        else:
            most = middle
    return length


def _between(reply: str, source: str, i: int, j: int) -> Iterator[tuple[int, int]]:
    """Equal words of two short stretches in order, shifted by where they stand."""
    for block in distance.Indel.opcodes(reply, source):
        if block.tag == "equal":
            length = block.src_end - block.src_start
            for at in range(length):
                yield i + block.src_start + at, j + block.dest_start + at


def passages(reply: str, source: str) -> list[list[tuple[int, int]]]:
    """Copied passages as pairs: which word of the reply was taken from which of the source.

    Anchors are equal runs, wherever they stand; words left between two neighbouring anchors by
    an editing hand belong to the passage, words that only happen to be equal do not.
    """
    if reply == source and MIN_RUN <= len(reply) <= _LONG_RUN_LIMIT:
        return [[(at, at) for at in range(len(reply))]]
    found: list[list[tuple[int, int]]] = []
    end = source_end = -_GAP - 1
    for i, j, length in _runs(reply, source, _ANCHOR):
        near = 0 <= i - end <= _GAP and 0 <= j - source_end <= _GAP
        if not near:
            found.append([])
        elif i > end and j > source_end:
            found[-1] += _between(reply[end:i], source[source_end:j], end, source_end)
        found[-1] += [(i + at, j + at) for at in range(length)]
        end, source_end = i + length, j + length
    return [passage for passage in found if len(passage) >= MIN_RUN]


def _triples(letters: str) -> list[str]:
    return [letters[at : at + 3] for at in range(len(letters) - 2)]


def _cover(triples: Sequence[str], source: str) -> tuple[float, set[str]]:
    """Share of the words inside a word 3-gram the source has too, wherever it stands; which."""
    hits = bytes([triple in source for triple in triples])
    bits = int.from_bytes(hits, "little")
    if not bits:
        return 0.0, set()
    covered = (bits | bits << 8 | bits << 16).bit_count()
    return covered / (len(triples) + 2), set(compress(triples, hits))


def _sketched(words: Words) -> str:
    small = words.form.small
    return "".join([small[index] for index in words.indexes])


class Shortlist:
    """Which of the candidates (sketches of their own words) are worth their texts.

    Generous to each, for the texts decide; of many that hold the same words the first few.
    """

    def __init__(self, own: Own, sketches: Sequence[bytes], thresholds: Thresholds) -> None:
        self._letters = _sketched(own.best)
        whole = self._letters if own.best is own.whole else _sketched(own.whole)
        values = set(own.whole.form.values)
        self._rows = _triples(self._letters)
        self._triples, self._stems = set(self._rows), set(self._letters)
        limit = similarity_threshold(len(self._letters), rare=True) - 0.05
        self._least = thresholds.containment - 0.05
        self._found: list[tuple[float, int, int, set[str]]] = []
        parts = [split_sketch(sketch) for sketch in sketches]
        # Copies differ in their values alone: words that are equal are looked at once.
        sources = {packed: unpacked(packed) for packed, _ in parts}
        together = " ".join(sources.values())  # no stem is a space
        shared = sum([triple in together for triple in self._triples])
        self._may_cover = 3 * shared >= self._least * len(self._letters)
        told: dict[bytes, tuple[float, set[str]]] = {}
        for packed, source in sources.items():
            similarity = distance.Indel.normalized_similarity(whole, source, score_cutoff=limit)
            told[packed] = self._likeness(source, similarity)
        for number, (packed, source_values) in enumerate(parts):
            likeness, known = told[packed]
            if likeness >= 0:
                same = len(values.intersection(unpacked(source_values))) if source_values else 0
                self._found.append((-round(likeness, 2), -same, number, known))
        self._found.sort(key=lambda row: row[:3])

    def _likeness(self, source: str, similarity: float) -> tuple[float, set[str]]:
        """How much the source has of the text, below 0 if too little, and which 3-grams."""
        cover, known = 0.0, set[str]()
        if not similarity and not self._may_cover:
            return -1.0, known
        if similarity or len(self._stems.intersection(source)) >= _BAG * len(self._stems):
            if similarity == 1.0 and source == self._letters:
                return 1.0, self._triples
            share, known = _cover(self._rows, source)
            # Where the words are alike from first to last, their 3-grams say no more.
            if 3 * len(known) >= self._least * len(self._letters) and similarity < 1.0:
                cover = share
        return (max(similarity, cover) if similarity or cover >= self._least else -1.0), known

    def best(self, among: Collection[int] | None = None) -> list[int]:
        """Numbers of the best ones, best first; of these alone, if some are named."""
        found = [row for row in self._found if among is None or row[2] in among]
        chosen: list[int] = []
        left, new = self._triples, _NEW * len(self._triples)
        for _, _, number, known in found[: 2 * SHORTLIST]:
            if len(chosen) >= ALIKE and len(left) < new:
                break
            if len(chosen) < ALIKE or len(known & left) >= new:
                chosen.append(number)
                left = left - known
        return chosen[:SHORTLIST]


def shortlist(own: Own, sketches: Sequence[bytes], thresholds: Thresholds) -> list[int]:
    """Which of the candidates are worth their texts; best first."""
    return Shortlist(own, sketches, thresholds).best()


def _compared(own: Own, text: str, rare: bool, thresholds: Thresholds) -> _Match | None:
    form = masked(text)
    flags = [True] * len(form.stems) if own.everything else form.body
    source = _words(form, flags)
    similarity = distance.Indel.normalized_similarity(own.whole.letters, source.letters)
    if similarity >= _WHOLE:
        return _match(own.whole, source, similarity)
    if own.counted is None:
        return None
    words = own.counted
    if own.grey:
        source = _without(form, flags, own.grey)
        similarity = distance.Indel.normalized_similarity(words.letters, source.letters)
    alike = similarity >= similarity_threshold(len(words.letters), rare)
    if not alike and not _partly(words.letters, source.letters, thresholds):
        return None
    return _match(words, source, similarity)


def _partly(reply: str, source: str, thresholds: Thresholds) -> bool:
    """Shuffled sentences keep their 3-grams but lose their order, halves keep both.

    Where less than half of the words are shared there must be one substantial block: two replies
    that quote the same law share many short runs.
    """
    cover, _ = _cover(_triples(reply), source)
    if cover < thresholds.containment:
        return False
    longest = max((len(passage) for passage in passages(reply, source)), default=0)
    block = max(thresholds.passage, 0 if cover >= _MOSTLY else _BLOCK * len(reply))
    return longest >= block


def _match(own: Words, source: Words, similarity: float) -> _Match:
    pairs = [pair for passage in passages(own.letters, source.letters) for pair in passage]
    mine, others = own.indexes, source.indexes
    form, other = own.form, source.form
    slots = [(i, j) for i, j in pairs if own.letters[i] in SLOT_LETTERS and form.is_slot(mine[i])]
    # A changed date or street in a copied sentence is the author's own word.
    changed = {(i, j) for i, j in slots if form.value(mine[i]) != other.value(others[j])}
    share = len(pairs) / len(own.letters)
    if changed:
        pairs = [pair for pair in pairs if pair not in changed]
    values = sum(pair not in changed for pair in slots)
    same = tuple([(mine[i], others[j]) for i, j in pairs])
    return _Match(similarity, share, same, values, source)


def _same_value(form: Masked, index: int, other: Masked, other_index: int) -> bool:
    """A changed date or street in a copied sentence is the author's own word."""
    return not form.is_slot(index) or form.value(index) == other.value(other_index)


def _spans(form: Masked, match: _Match) -> Iterator[tuple[int, int, int, int]]:
    """Spans (start, end, source start, source end) of equal passages in both texts.

    A greeting or title between two copied words goes along where it is the same in both.
    """
    other = match.source.form
    first = first_j = last = last_j = -2
    for i, j in match.pairs:
        next_to = i == last + 1 and j == last_j + 1
        if not next_to and not (last >= 0 and _joined(form, last, i, other, last_j, j)):
            if last >= 0:
                yield *form.span(first, last), *other.span(first_j, last_j)
            first, first_j = i, j
        last, last_j = i, j
    if last >= 0:
        yield *form.span(first, last), *other.span(first_j, last_j)


def _joined(form: Masked, last: int, i: int, other: Masked, last_j: int, j: int) -> bool:
    gap = range(1, i - last)
    return i - last == j - last_j and all(
        form.letters[last + at] == other.letters[last_j + at]
        and not form.body[last + at]
        and _same_value(form, last + at, other, last_j + at)
        for at in gap
    )


def _grey_spans(form: Masked, grey: Collection[int]) -> tuple[tuple[int, int], ...]:
    spans = []
    for number, value in form.sentences.items():
        if value in grey:
            inside = [index for index, at in enumerate(form.numbers) if at == number]
            spans.append(form.span(inside[0], inside[-1]))
    return tuple(sorted(spans))


def compare(
    reply: str,
    earlier: Sequence[EarlierReply],
    thresholds: Thresholds,
    approved_texts: Sequence[str] = (),
    formulas: Collection[int] = frozenset(),
) -> Comparison:
    """Compare with at most `MAX_CANDIDATES` earlier replies, given best first.

    `formulas`: hashes of sentences (`Masked.sentences`) that many unlike replies have.
    """
    form = masked(reply)
    own = own_words(form, approved_texts, formulas)
    found: list[tuple[SourceMatch, int, EarlierReply]] = []
    exact: list[EarlierReply] = []
    copied = [False] * len(form.stems)
    for candidate in earlier[:MAX_CANDIDATES] if own.whole.letters else ():
        match = _compared(own, candidate.text, candidate.rare, thresholds)
        if match is None:
            continue
        if match.similarity == 1.0:
            exact.append(candidate)
        for index, _ in match.pairs:
            copied[index] = True
        made = SourceMatch(
            candidate.key,
            round(match.similarity, 4),
            round(match.share, 4),
            tuple(_spans(form, match)),
        )
        found.append((made, match.same_values, candidate))
    # Of texts that are alike the one with the same names and numbers is the source.
    found.sort(key=lambda row: (-round(max(row[0].similarity, row[0].share), 2), -row[1]))
    sources = tuple(match for match, _, _ in found[:MAX_SOURCES])
    reuse = None
    if sources:
        reuse = Reuse(
            similarity=max(match.similarity for match in sources),
            containment=max(match.share for match in sources),
            sources=sources,
        )
    indexes = own.best.indexes
    personal = 1 - sum(copied[index] for index in indexes) / len(indexes) if indexes else 0.0
    return Comparison(
        reuse=reuse,
        detected=tuple(candidate for _, _, candidate in found),
        exact=tuple(exact),
        copied=tuple(copied),
        personal_share=round(personal, 4),
        stems=len(own.counted.letters) if own.counted else 0,
        formulas=_grey_spans(form, own.grey),
    )
