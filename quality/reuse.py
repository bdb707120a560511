"""Exact comparison of a reply with candidates: similarity, copied passages, own part."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from quality.later import distance
from quality.masks import SLOT_LETTERS, Masked, masked
from quality.prints import read_sketch
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
    runs: tuple[tuple[int, int, int], ...]  # stem of the reply, of the source, how many in a row
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
    grey = frozenset(form.sentences.values()).intersection(formulas) if formulas else frozenset()
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


def _between(reply: str, source: str, i: int, j: int) -> Iterator[tuple[int, int, int]]:
    """Equal words of two short stretches in order, shifted by where they stand."""
    for block in distance.Indel.opcodes(reply, source):
        if block.tag == "equal":
            yield i + block.src_start, j + block.dest_start, block.src_end - block.src_start


def passages(reply: str, source: str) -> list[list[tuple[int, int, int]]]:
    """Copied passages as runs: from which word of the reply on which of the source, how many.

    Anchors are equal runs, wherever they stand; words left between two neighbouring anchors by
    an editing hand belong to the passage, words that only happen to be equal do not.
    """
    if reply == source and MIN_RUN <= len(reply) <= _LONG_RUN_LIMIT:
        return [[(0, 0, len(reply))]]
    found: list[list[tuple[int, int, int]]] = []
    end = source_end = -_GAP - 1
    for i, j, length in _runs(reply, source, _ANCHOR):
        near = 0 <= i - end <= _GAP and 0 <= j - source_end <= _GAP
        if not near:
            found.append([])
        elif i > end and j > source_end:
            found[-1] += _between(reply[end:i], source[source_end:j], end, source_end)
        found[-1].append((i, j, length))
        end, source_end = i + length, j + length
    return [passage for passage in found if _words_of(passage) >= MIN_RUN]


def _words_of(passage: Sequence[tuple[int, int, int]]) -> int:
    return sum([length for _, _, length in passage])


def _triples(letters: str) -> list[str]:
    return [letters[at : at + 3] for at in range(len(letters) - 2)]


def _cover(triples: Sequence[str], source: str) -> tuple[float, int]:
    """Share of the words inside a word 3-gram the source has too, wherever it stands; which, a
    byte of 0 or 1 for each."""
    bits = int.from_bytes(bytes([triple in source for triple in triples]), "little")
    covered = (bits | bits << 8 | bits << 16).bit_count()
    return covered / (len(triples) + 2), bits


def _firsts(triples: Sequence[str], different: Collection[str]) -> int:
    """The first place of each, as `_cover` tells places: to count each once."""
    if len(different) == len(triples):
        return int.from_bytes(b"\1" * len(triples), "little")
    places = dict(zip(reversed(triples), range(len(triples) - 1, -1, -1), strict=True))
    return sum([1 << 8 * at for at in places.values()])


def _sketched(words: Words) -> str:
    small = words.form.small
    return "".join([small[index] for index in words.indexes])


class Shortlist:
    """Which of the candidates (sketches of their own words) are worth their texts.

    Generous to each, for the texts decide; of many that hold the same words the first few.
    """

    def __init__(
        self, own: Own, sketches: Sequence[tuple[str, str]], thresholds: Thresholds
    ) -> None:
        self._letters = _sketched(own.best)
        whole = self._letters if own.best is own.whole else _sketched(own.whole)
        values = set(own.whole.form.values)
        self._rows = _triples(self._letters)
        triples, self._stems = set(self._rows), set(self._letters)
        self._all = _firsts(self._rows, triples)
        limit = similarity_threshold(len(self._letters), rare=True) - 0.05
        self._least = thresholds.containment - 0.05
        # Copies differ in their values alone: words that are equal are looked at once.
        sources = dict.fromkeys([words for words, _ in sketches])
        together = " ".join(sources)  # no stem is a space
        shared = sum([triple in together for triple in triples])
        self._may_cover = 3 * shared >= self._least * len(self._letters)
        alike = distance.Indel.normalized_similarity
        told = {
            source: self._likeness(source, alike(whole, source, score_cutoff=limit))
            for source in sources
        }
        found = []
        for number, (words, theirs) in enumerate(sketches):
            likeness, known = told[words]
            if likeness >= 0:
                same = len(values.intersection(theirs)) if theirs else 0
                found.append((-round(likeness, 2), -same, number, known))
        found.sort()
        self._found = found

    def _likeness(self, source: str, similarity: float) -> tuple[float, int]:
        """How much the source has of the text, below 0 if too little, and which 3-grams."""
        if not similarity and not self._may_cover:
            return -1.0, 0
        cover, known = 0.0, 0
        if similarity or len(self._stems.intersection(source)) >= _BAG * len(self._stems):
            if similarity == 1.0 and source == self._letters:
                return 1.0, self._all
            share, bits = _cover(self._rows, source)
            known = bits & self._all
            # Where the words are alike from first to last, their 3-grams say no more.
            if similarity < 1.0 and 3 * known.bit_count() >= self._least * len(self._letters):
                cover = share
        return (max(similarity, cover) if similarity or cover >= self._least else -1.0), known

    def best(self, among: Collection[int] | None = None) -> list[int]:
        """Numbers of the best ones, best first; of these alone, if some are named."""
        found = self._found
        if among is not None:
            found = [row for row in found if row[2] in among]
        chosen: list[int] = []
        left, new = self._all, _NEW * self._all.bit_count()
        for _, _, number, known in found[: 2 * SHORTLIST]:
            if len(chosen) >= ALIKE and left.bit_count() < new:
                break
            if len(chosen) < ALIKE or (known & left).bit_count() >= new:
                chosen.append(number)
                left &= ~known
        return chosen[:SHORTLIST]


def shortlist(own: Own, sketches: Sequence[bytes], thresholds: Thresholds) -> list[int]:
    """Which of the candidates are worth their texts; best first."""
    return Shortlist(own, [read_sketch(sketch) for sketch in sketches], thresholds).best()


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
    longest = max(map(_words_of, passages(reply, source)), default=0)
    block = max(thresholds.passage, 0 if cover >= _MOSTLY else _BLOCK * len(reply))
    return longest >= block


def _match(own: Words, source: Words, similarity: float) -> _Match:
    runs = [run for passage in passages(own.letters, source.letters) for run in passage]
    mine, others = own.indexes, source.indexes
    form, other = own.form, source.form
    slots = [
        at
        for at, letter in enumerate(own.letters)
        if letter in SLOT_LETTERS and form.is_slot(mine[at])
    ]
    kept: list[tuple[int, int, int]] = []
    values = 0
    for i, j, length in runs:
        begin, shift = i, j - i
        for at in slots[bisect_left(slots, i) : bisect_left(slots, i + length)]:
            # A changed date or street in a copied sentence is the author's own word.
            if form.value(mine[at]) == other.value(others[at + shift]):
                values += 1
                continue
            if begin < at:
                kept += _side_by_side(mine, others, begin, begin + shift, at - begin)
            begin = at + 1
        if begin < i + length:
            kept += _side_by_side(mine, others, begin, begin + shift, i + length - begin)
    share = _words_of(runs) / len(own.letters)
    return _Match(similarity, share, tuple(kept), values, source)


def _side_by_side(
    mine: Sequence[int], others: Sequence[int], i: int, j: int, length: int
) -> list[tuple[int, int, int]]:
    """A run of counted words as runs of stems: between them there may be some that do not count."""
    first, first_j = mine[i], others[j]
    last, last_j = mine[i + length - 1], others[j + length - 1]
    if last - first == length - 1 == last_j - first_j:
        return [(first, first_j, length)]
    return [(mine[i + at], others[j + at], 1) for at in range(length)]


def _same_value(form: Masked, index: int, other: Masked, other_index: int) -> bool:
    """A changed date or street in a copied sentence is the author's own word."""
    return not form.is_slot(index) or form.value(index) == other.value(other_index)


def _spans(form: Masked, match: _Match) -> Iterator[tuple[int, int, int, int]]:
    """Spans (start, end, source start, source end) of equal passages in both texts.

    A greeting or title between two copied words goes along where it is the same in both.
    """
    other = match.source.form
    first = first_j = last = last_j = -2
    for i, j, length in match.runs:
        next_to = i == last + 1 and j == last_j + 1
        if not next_to and not (last >= 0 and _joined(form, last, i, other, last_j, j)):
            if last >= 0:
                yield *form.span(first, last), *other.span(first_j, last_j)
            first, first_j = i, j
        last, last_j = i + length - 1, j + length - 1
    if last >= 0:
        yield *form.span(first, last), *other.span(first_j, last_j)


def _joined(form: Masked, last: int, i: int, other: Masked, last_j: int, j: int) -> bool:
    if i - last != j - last_j or form.body[last + 1]:  # two words of the body: most places
        return False
    return all(
        form.letters[last + at] == other.letters[last_j + at]
        and not form.body[last + at]
        and _same_value(form, last + at, other, last_j + at)
        for at in range(1, i - last)
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
        for index, _, length in match.runs:
            copied[index : index + length] = [True] * length
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
    personal = 1 - sum(map(copied.__getitem__, indexes)) / len(indexes) if indexes else 0.0
    return Comparison(
        reuse=reuse,
        detected=tuple(candidate for _, _, candidate in found),
        exact=tuple(exact),
        copied=tuple(copied),
        personal_share=round(personal, 4),
        stems=len(own.counted.letters) if own.counted else 0,
        formulas=_grey_spans(form, own.grey),
    )
