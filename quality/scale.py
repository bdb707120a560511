"""Points on screens from a risk: 40 at a risk of 0.13, where the flag of the shipped weights lies,
60 at 0.075, 100 without any risk.

The risk is a probability at a prevalence of one in five, so a reply worth a look has a small one;
people read points more easily than that. The power is fixed: stored thresholds keep their points
when the weights are fitted anew.
"""

import math

POWER = 6.58


def points(risk: float) -> int:
    """0..100; falls as the risk rises."""
    return round(100 * math.pow(1 - min(1.0, max(0.0, risk)), POWER))


def risk_at(value: float) -> float:
    """The risk that gives so many points."""
    return round(1 - math.pow(min(100.0, max(0.0, value)) / 100, 1 / POWER), 4)
