"""The spike of the demo region: a day on which one topic of one territory is full of messages."""

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from cases.demo.together import row_of
from cases.models import Territory
from cases.reference_data import read_yaml

_FILE = Path(__file__).parent / "spike.yaml"
_MORNING, _EVENING = time(6, 40), time(21, 50)
_TODAY = 4


def rows(now: datetime, places: dict[str, Territory]) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Texts of the demo's shape with their moments: yesterday's all day long, the last just now."""
    dice = random.Random(20261127)  # noqa: S311  a reproducible draw
    data = read_yaml(_FILE)
    messages = data["messages"]
    for at, (text, moment) in enumerate(zip(messages, _moments(now, len(messages)), strict=True)):
        row = row_of(
            key=f"spike-{at}",
            topic=data["topic"],
            place=places[data["territory"]],
            street="",
            house="",
            text=text,
            dice=dice,
        )
        yield row, moment


def _moments(now: datetime, count: int) -> list[datetime]:
    local = timezone.localtime(now)
    yesterday = local.date() - timedelta(days=1)
    first = datetime.combine(yesterday, _MORNING, local.tzinfo)
    last = datetime.combine(yesterday, _EVENING, local.tzinfo)
    early = count - _TODAY
    step = (last - first) / (early - 1)
    late = [now - timedelta(minutes=35 * (_TODAY - n)) for n in range(_TODAY)]
    return [*(first + n * step for n in range(early)), *late]
