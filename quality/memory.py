"""An index of earlier replies in memory, with the keys, the cap and the vote of the SQL index.

Keys lie in sorted arrays (8 bytes each), texts compressed: a history of a million lines fits.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from quality.formulas import FormulaCounter
from quality.later import np
from quality.masks import Masked, masked
from quality.prints import PER_KEY, Print, make_print, prints_of, vote
from quality.reuse import own_words, shortlist
from quality.types import DEFAULT, EarlierReply, Thresholds

_FRESH = 4096  # replies in the small dictionary before they are merged into the arrays
_CHUNK = 500


def _month(moment: datetime | None) -> str:
    return f"{moment:%Y-%m}" if moment else ""


class MemoryIndex:
    """Earlier replies by their keys, for `check_replies` and tests."""

    def __init__(self, thresholds: Thresholds = DEFAULT) -> None:
        self._thresholds = thresholds
        self._rows: list[tuple[str, str | None, str | None, datetime | None]] = []
        self._texts: list[bytes] = []
        self._messages: list[bytes | None] = []
        self._sketches: list[bytes] = []
        self._fresh: dict[int, list[int]] = {}
        self._merged = 0
        self._hashes = np.empty(0, dtype=np.int32)
        self._owners = np.empty(0, dtype=np.int32)
        self._sent: dict[tuple[int, str], int] = {}
        self._counter = FormulaCounter(thresholds.formula_families)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def formulas(self) -> set[int]:
        """Hashes of the sentences that many unlike replies have."""
        return self._counter.formulas

    def formulas_of(self, text: str) -> frozenset[int]:
        """Those of the text's own sentences."""
        return frozenset(self._counter.formulas.intersection(masked(text).sentences.values()))

    def add(self, reply: EarlierReply) -> None:
        """Add a reply; later calls of `candidates` see it at once."""
        self.extend([reply])

    def extend(self, replies: Iterable[EarlierReply]) -> None:
        """Add many replies, several times as fast as one by one."""
        source = iter(replies)
        while chunk := list(islice(source, _CHUNK)):
            forms = [masked(reply.text) for reply in chunk]
            for reply, form, own in zip(chunk, forms, prints_of(forms), strict=True):
                self._put(reply, form, own)
            if len(self._rows) - self._merged >= _FRESH:
                self._merge()

    def _put(self, reply: EarlierReply, form: Masked, own: Print) -> None:
        number = len(self._rows)
        self._rows.append((reply.key, reply.agency, reply.author, reply.sent_at))
        self._texts.append(zlib.compress(reply.text.encode("utf-8", "surrogatepass"), 1))
        message = reply.case_message
        self._messages.append(
            None if message is None else zlib.compress(message.encode("utf-8", "surrogatepass"), 1)
        )
        self._sketches.append(own.sketch)
        for month in {"", _month(reply.sent_at)}:
            self._sent[own.mask, month] = self._sent.get((own.mask, month), 0) + 1
        for key in own.keys:
            members = self._fresh.setdefault(key, [])
            if len(members) < PER_KEY:
                members.append(number)
        self._counter.add(form)

    def _merge(self) -> None:
        """Fold the dictionary into the arrays, oldest replies of a key first, cap kept."""
        fresh = [(key, number) for key, numbers in self._fresh.items() for number in numbers]
        added = np.array(fresh, dtype=np.int32).reshape(-1, 2)
        hashes = np.concatenate([self._hashes, added[:, 0]])
        owners = np.concatenate([self._owners, added[:, 1]])
        order = np.lexsort((owners, hashes))
        hashes, owners = hashes[order], owners[order]
        first = np.searchsorted(hashes, hashes, side="left")
        kept = np.arange(len(hashes)) - first < PER_KEY
        self._hashes, self._owners = hashes[kept], owners[kept]
        self._fresh = {}
        self._merged = len(self._rows)

    def _members(self, keys: Sequence[int]) -> list[list[int]]:
        wanted = np.array(keys, dtype=np.int32)
        starts = np.searchsorted(self._hashes, wanted, side="left").tolist()
        ends = np.searchsorted(self._hashes, wanted, side="right").tolist()
        lists = []
        for key, start, end in zip(keys, starts, ends, strict=True):
            members = self._owners[start:end].tolist() if end > start else []
            fresh = self._fresh.get(key)
            if fresh:
                members += fresh[: PER_KEY - len(members)]
            lists.append(members)
        return lists

    def _voted(self, own: Print) -> list[tuple[int, bool]]:
        """Numbers of the likeliest sources and whether a rare key names them."""
        return vote(own, dict(zip(own.keys, self._members(own.keys), strict=True)))

    def candidates(self, text: str, approved_texts: Sequence[str] = ()) -> list[EarlierReply]:
        """Likeliest sources of the text, best first."""
        form = masked(text)
        voted = self._voted(prints_of([form], probe=True)[0]) if self._rows else []
        if not voted:
            return []
        own = own_words(form, approved_texts, self.formulas)
        sketches = [self._sketches[number] for number, _ in voted]
        return [self._reply(*voted[at]) for at in shortlist(own, sketches, self._thresholds)]

    def times_sent(self, text: str, at: datetime | None = None) -> int:
        """How many stored replies are equal to the text after masking: in that month, or ever."""
        return self._sent.get((make_print(text).mask, _month(at)), 0)

    def _reply(self, number: int, rare: bool) -> EarlierReply:
        key, agency, author, sent_at = self._rows[number]
        message = self._messages[number]
        return EarlierReply(
            key=key,
            text=zlib.decompress(self._texts[number]).decode("utf-8", "surrogatepass"),
            agency=agency,
            author=author,
            case_message=(
                None
                if message is None
                else zlib.decompress(message).decode("utf-8", "surrogatepass")
            ),
            sent_at=sent_at,
            rare=rare,
        )
