"""Decisions of the review desk on values: what comes first, what is drawn, who may judge.

No database here; the same seed draws the same replies.
"""

import math
from datetime import datetime
from hashlib import blake2b

# Waiting weighs as much as gravity: a reply e times as grave stands where one stands that has
# waited a day longer. Ours (domain 9.4 names the factors: severity, audience, personal control).
DAY = 24 * 3600.0
CONTROL = 2.0
LEAST_RISK = 0.01


def rank(
    risk: float | None, audience: int, under_control: bool, submitted_at: datetime | None
) -> float:
    """Place in the review desk's queue, the greatest first.

    ln(risk × audience × control) in days, minus the moment it was sent: as everybody waits at
    the same pace, the order of two replies never changes with time and can be kept in an index.
    """
    gravity = max(risk or 0.0, LEAST_RISK) * (1 + math.log10(1 + audience))
    if under_control:
        gravity *= CONTROL
    sent = submitted_at.timestamp() if submitted_at else 0.0
    return math.log(gravity) * DAY - sent


def draw(seed: int, key: int, purpose: str = "") -> int:
    """A number 0..2^64-1 for a row, the same whenever it is asked for this seed and purpose."""
    text = f"{purpose}{seed}:{key}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def drawn_again(seed: int, key: int, percent: float) -> bool:
    """Whether a row belongs to the share of `percent` that is judged a second time.

    A draw of its own: by that of the sample, whose rows are those with the lowest numbers, two
    fifths of a sample of 5 % would be judged again where 2 % are wanted.
    """
    return draw(seed, key, "again:") < percent / 100 * 2**64


def sample(seed: int, keys: list[int], percent: float) -> list[int]:
    """At least `percent` of `keys`, at least one of any: those with the lowest draw."""
    wanted = math.ceil(len(keys) * percent / 100)
    return sorted(sorted(keys, key=lambda key: draw(seed, key))[:wanted])
