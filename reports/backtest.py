"""How the alarm does on a made-up history with known spikes; the same for a seed."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp

from reports.spikes import bound_of

SERIES, DAYS, WARM = 60, 210, 56
_WEEK = (1.0, 1.05, 1.0, 1.0, 0.95, 0.7, 0.6)
# Share of a day's messages that have come by each hour: most arrive in the evening.
_BY_HOUR = tuple(min(1.0, (hour / 24) ** 1.6) for hour in range(25))


@dataclass(slots=True)
class Result:
    """`delays`: hours from the first morning of a spike to its alarm."""

    spikes: int = 0
    hits: int = 0
    alarms: int = 0
    false: int = 0
    watched: int = 0  # days of series without a spike
    delays: list[int] | None = None


def _poisson(dice: random.Random, mean: float) -> int:
    """Knuth's draw; a mean above 60 by parts."""
    total = 0
    while mean > 60:  # noqa: PLR2004
        total += _poisson(dice, 60)
        mean -= 60
    limit, product, n = exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        n += 1
    return total + n


def run(seed: int) -> Result:
    """Sixty topics and territories over half a year: weekdays, drift, busy days, 30 spikes."""
    dice = random.Random(seed)  # noqa: S311  a reproducible draw
    start = date(2026, 1, 5)
    result = Result(delays=[])
    for number in range(SERIES):
        base = dice.choice((0.3, 1, 2, 4, 8, 16))
        drift = dice.uniform(-0.3, 0.5)
        planted: dict[date, float] = {}
        if number % 2 == 0:
            first = start + timedelta(days=dice.randint(WARM + 7, DAYS - 10))
            times = dice.uniform(3.5, 8)
            for n in range(dice.randint(1, 5)):
                planted[first + timedelta(days=n)] = max(times * base, 14.0)
        days = {}
        for n in range(DAYS):
            day = start + timedelta(days=n)
            usual = base * _WEEK[day.weekday()] * (1 + drift * n / DAYS)
            usual *= dice.gammavariate(12, 1 / 12)  # days differ more than chance alone
            days[day] = _poisson(dice, usual + planted.get(day, 0.0))
        _judge(days, planted, start, result)
    return result


def _judge(days: dict[date, int], planted: dict[date, float], start: date, result: Result) -> None:
    first = min(planted, default=None)
    result.spikes += first is not None
    caught = False
    for n in range(WARM, DAYS):
        day = start + timedelta(days=n)
        bound = bound_of(days, day, start)
        result.watched += day not in planted
        if not bound.is_spike(days[day]):
            continue
        result.alarms += 1
        if first is None or not first <= day <= max(planted) + timedelta(days=1):
            result.false += 1
        elif not caught:
            caught = True
            result.hits += 1
            hour = next(h for h, share in enumerate(_BY_HOUR) if days[day] * share >= bound.alarm)
            assert result.delays is not None
            result.delays.append(24 * (day - first).days + hour)
