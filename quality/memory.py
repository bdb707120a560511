"""An index of earlier replies in memory, with the keys and the vote of the SQL index."""

from array import array

from quality.prints import make_print
from quality.types import EarlierReply

_PER_KEY = 60  # a popular key shows its oldest members only: bounded work per query


class MemoryIndex:
    """Earlier replies by their keys, for `check_replies` and tests."""

    def __init__(self) -> None:
        self._replies: list[EarlierReply] = []
        self._keys: dict[int, array[int]] = {}
        self._hashes: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self._replies)

    def add(self, reply: EarlierReply) -> None:
        """Add a reply; later calls of `candidates` see it at once."""
        number = len(self._replies)
        self._replies.append(reply)
        own = make_print(reply.text)
        self._hashes.setdefault(own.mask_hash, []).append(number)
        for key in own.keys:
            self._keys.setdefault(key, array("I")).append(number)

    def candidates(self, text: str, limit: int = 32) -> list[EarlierReply]:
        """Likeliest sources of the text: equal masked texts, then a rarity-weighted vote."""
        own = make_print(text)
        votes: dict[int, float] = {}
        for number in self._hashes.get(own.mask_hash, ())[:_PER_KEY]:
            votes[number] = 1000.0
        for key in own.keys:
            members = self._keys.get(key)
            if members is None:
                continue
            weight = 1.0 / (1 + len(members))
            for number in members[:_PER_KEY]:
                votes[number] = votes.get(number, 0.0) + weight
        best = sorted(votes, key=lambda number: (-votes[number], number))[:limit]
        return [self._replies[number] for number in best]

    def times_sent(self, text: str) -> int:
        """How many stored replies are equal to the text after masking."""
        return len(self._hashes.get(make_print(text).mask_hash, ()))
