"""How many messages a day are usual, and from how many on it is a spike; plain Python.

The middle is the median of the same weekday in the eight weeks before: weekdays differ, and a
spike among the eight does not move a median. The bound is four standard deviations above it,
where the deviation is the greater of what chance gives (the square root of the mean, at least one
message a day, days being unlike by a third besides) and of the spread of the eight days (1.4826
of their median deviation).
An alarm needs at least ten messages and three times the usual besides (domain note 4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import median

WEEKS = 8
LEAST = 10
TIMES = 3.0
DEVIATIONS = 4
_UNLIKE = 1 / 3
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Expected:
    """`high`: up to so many are usual; `alarm`: from so many on it is a spike."""

    middle: float
    high: int
    alarm: int

    def is_spike(self, count: int) -> bool:
        return count >= self.alarm


def expected(same_weekday: Sequence[int]) -> Expected:
    """From the counts of the same weekday in the weeks before; fewer than four give no alarm."""
    if len(same_weekday) < WEEKS // 2:
        return Expected(0.0, 0, 10**9)
    middle = float(median(same_weekday))
    spread = _MAD * float(median(abs(n - middle) for n in same_weekday))
    mean = max(1.0, sum(same_weekday) / len(same_weekday))
    chance = sqrt(mean + (_UNLIKE * min(mean, middle)) ** 2)
    high = ceil(middle + DEVIATIONS * max(spread, chance))
    return Expected(middle, high, max(LEAST, high + 1, ceil(TIMES * middle)))
