"""Agreement of two judges who saw the same replies blind: Cohen's kappa on values."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

ENOUGH = 10  # fewer pairs say nothing
DRIFT = 0.6  # below: the two understand the criteria differently (Landis and Koch: "moderate")


@dataclass(frozen=True, slots=True)
class Agreement:
    """`kappa` None: both always said the same one thing, or nothing was judged twice."""

    pairs: int
    agreed: float
    kappa: float | None
    low: float | None = None
    high: float | None = None

    @property
    def drifts(self) -> bool:
        return self.pairs >= ENOUGH and self.kappa is not None and self.kappa < DRIFT


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Cohen 1960; 95 % interval by the simple large-sample error (Fleiss, Cohen, Everitt 1969)."""
    n = len(pairs)
    if not n:
        return Agreement(0, 0.0, None)
    seen = sum(first == second for first, second in pairs) / n
    left = Counter(first for first, _ in pairs)
    right = Counter(second for _, second in pairs)
    chance = sum(left[value] * right[value] for value in left) / n**2
    if chance >= 1:
        return Agreement(n, seen, None)
    value = (seen - chance) / (1 - chance)
    error = math.sqrt(seen * (1 - seen) / n) / (1 - chance)
    return Agreement(
        n, seen, value, max(-1.0, value - 1.96 * error), min(1.0, value + 1.96 * error)
    )
