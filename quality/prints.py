"""Prints of a reply: what the index of earlier replies stores.

Two kinds of keys: winnowed word 3-grams find passages, MinHash bands find texts that are alike as
a whole. Seeds, masks and stems are frozen per `PRINT_VERSION`: stored keys must be found again
after any library upgrade, so a change here needs a new version and `index_replies --all`.
"""

from codecs import utf_16_le_decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import xxhash

from quality.later import np
from quality.masks import PRINT_VERSION, SKETCH, Masked, masked, signed

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
_MAX_KEYS = 256
_MAX_PROBES = 600
_END_LETTER = "\uffff"  # no word's
_END = _END_LETTER.encode("utf-16-le")


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


_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_HALF = 32
_SIGN = 1 << 31
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


def _bands(codes: "np.ndarray", text: "np.ndarray", ends: "np.ndarray") -> "np.ndarray":
    """Band keys of all texts as number of the text << 32 | key."""
    pairs = _grams(codes, 2)
    inside = np.arange(len(pairs)) + 2 <= ends[text[: len(pairs)]]
    owners = text[: len(pairs)][inside]
    if not len(owners):
        return np.zeros(0, dtype=np.uint64)
    numbers, firsts = np.unique(owners, return_index=True)
    a, b = _permutations()
    least = np.minimum.reduceat(pairs[inside] * a + b, firsts, axis=1)
    least = least.reshape(_BANDS, _ROWS, len(numbers))
    bands = np.repeat(np.arange(_BANDS, dtype=np.uint64)[:, None], len(numbers), axis=1)
    for row in range(_ROWS):
        bands = _mixed(bands + least[:, row] * _MULTIPLIERS[row])
    made: np.ndarray = (bands >> _HALF) | numbers.astype(np.uint64) << _HALF
    return made.ravel()


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
    sketches = (codes % np.uint64(SKETCH) + np.uint64(0x100)).astype("<u2").tobytes()
    passages = _passages(codes, text, lengths)
    if probe:
        passages = np.unique(passages)
    else:
        short = lengths[(passages >> _HALF).astype(np.int64)] < _SHORT
        dense, usual = passages[short], passages[~short]
        passages = np.union1d(_winnowed(dense, _SHORT_WINDOW), _winnowed(usual, _WINDOW))
    most = (_MAX_PROBES if probe else _MAX_KEYS) - _BANDS - 1
    starts = np.arange(len(forms) + 1, dtype=np.uint64) << _HALF
    # The smallest ones: a very long text keeps the same keys as its copy.
    firsts = np.searchsorted(passages, starts)[(passages >> _HALF).astype(np.int64)]
    passages = passages[np.arange(len(passages)) - firsts < most]
    bounds = [0, *ends.tolist()]
    spans = list(zip(bounds, bounds[1:], strict=False))
    masks = [xxhash.xxh32_intdigest(codes[a:b].tobytes(), seed=PRINT_VERSION) for a, b in spans]
    whole = starts[:-1] | np.array(masks, dtype=np.uint64)
    # Sorted as signed numbers: with the other first bit they are in order.
    keys = np.concatenate([passages, _bands(codes, text, ends), whole[lengths > 0]])
    keys = np.unique(keys ^ _SIGN)
    parts = np.searchsorted(keys, starts).tolist()
    signed_keys = (keys ^ _SIGN).astype(np.uint32).view(np.int32).tolist()
    made = []
    for number, (start, end) in enumerate(spans):
        sketch = sketches[2 * start : 2 * end]
        if values := forms[number].values:
            sketch += _END + values.encode("utf-16-le")
        own = tuple(signed_keys[parts[number] : parts[number + 1]])
        made.append(Print(signed(masks[number], 32), end - start, own, sketch))
    return made


def divided(letters: str) -> tuple[str, str]:
    """Own words and values of a decoded sketch, one character each."""
    words, _, values = letters.partition(_END_LETTER)
    return words, values


def read_sketch(sketch: bytes) -> tuple[str, str]:
    """Own words and values of a stored sketch, one character each."""
    return divided(utf_16_le_decode(sketch)[0])


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


Numbers: TypeAlias = "Sequence[int] | np.ndarray"


def vote_many(
    prints: Sequence[Print], hashes: Numbers, replies: Numbers
) -> list[list[tuple[int, bool]]]:
    """`vote` for many texts at once. `hashes`, `replies`: the stored keys, a row of each for
    every reply that has it, in any order."""
    rows = (np.asarray(hashes, dtype=np.int64) << 32) | np.asarray(replies, dtype=np.int64)
    if (rows[1:] < rows[:-1]).any():  # an index is read in order
        rows.sort()
    key, reply = rows >> 32, rows & 0xFFFFFFFF
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
    place = np.argsort((text[pair] << 32) | voter, kind="stable")
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
