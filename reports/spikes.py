"""Spikes: topics in a territory that came far above their usual, from the kept counters."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.urls import reverse

from cases import news
from cases.models import Territory, Topic
from reports.expected import WEEKS, Expected, expected

_DAY = timedelta(days=1)
SHOWN_DAYS = 14
_BUSY = """
select topic_id, territory_id from reports_topiccount
where span = 'd' and start between %s and %s and received >= 10
    and topic_id <> 0 and territory_id <> 0
group by 1, 2 order by max(received) desc limit 500
"""
_HISTORY = """
select c.topic_id, c.territory_id, c.start, c.received
from unnest(%s::int[], %s::int[]) as k(topic, land)
join reports_topiccount c on c.span = 'd' and c.start between %s and %s
    and c.topic_id = k.topic and c.territory_id = k.land
"""
_SINCE = "select min(start) from reports_topiccount where span = 'd' and received > 0"
Key = tuple[int, int]


@dataclass(slots=True)
class Spike:
    """Days in a row above the bound; a day within the bound between two does not end it."""

    topic: int
    territory: int
    first: date
    last: date
    count: int  # of the highest day
    bound: Expected  # of that day
    days: list[tuple[date, int, Expected]] = field(default_factory=list)

    @property
    def times(self) -> float:
        return self.count / max(1.0, self.bound.middle)


def series_of(keys: Sequence[Key], first: date, last: date) -> dict[Key, dict[date, int]]:
    """Counts of each topic and territory by day (one query by the key of the counters)."""
    found: dict[Key, dict[date, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        topics, lands = [key[0] for key in keys], [key[1] for key in keys]
        cursor.execute(_HISTORY, [topics, lands, first, last])
        for topic, land, day, received in cursor.fetchall():
            found[topic, land][day] = received
    return found


def bound_of(days: dict[date, int], day: date, since: date) -> Expected:
    """What was to be expected on that day; days before the first count of all tell nothing."""
    before = [day - timedelta(weeks=n) for n in range(1, WEEKS + 1)]
    return expected([days.get(one, 0) for one in before if one >= since])


def found_in(days: dict[date, int], key: Key, first: date, last: date, since: date) -> list[Spike]:
    """The spikes of one series between two days, the earliest first."""
    made: list[Spike] = []
    day = first
    while day <= last:
        count, bound = days.get(day, 0), bound_of(days, day, since)
        if bound.is_spike(count):
            if made and (day - made[-1].last).days <= 2:  # noqa: PLR2004  one day between
                spike = made[-1]
                spike.last = day
                if count > spike.count:
                    spike.count, spike.bound = count, bound
            else:
                made.append(Spike(*key, first=day, last=day, count=count, bound=bound))
        day += _DAY
    return made


def spikes(first: date, last: date) -> list[Spike]:
    """All spikes of the region in these days, the newest and highest first (three queries)."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [first, last])
        keys = cursor.fetchall()
        cursor.execute(_SINCE)
        since = cursor.fetchone()[0] or last
    start = min(first, last - SHOWN_DAYS * _DAY) - timedelta(weeks=WEEKS)
    series = series_of(keys, start, last)
    made = []
    for key, days in series.items():
        for spike in found_in(days, key, first, last, since):
            shown = [spike.last - n * _DAY for n in range(SHOWN_DAYS - 1, -1, -1)]
            spike.days = [(day, days.get(day, 0), bound_of(days, day, since)) for day in shown]
            made.append(spike)
    return sorted(made, key=lambda one: (one.last, one.times), reverse=True)


def tell(today: date) -> int:
    """News of each spike of today and yesterday, once a spike; how many there are."""
    made = spikes(today - 7 * _DAY, today)
    running = [one for one in made if one.last >= today - _DAY]
    topics = Topic.objects.in_bulk([one.topic for one in running])
    lands = Territory.objects.in_bulk([one.territory for one in running])
    told = 0
    for one in running:
        key = f"spike:{one.first:%Y%m%d}:{one.topic}:{one.territory}"
        topic, land = topics.get(one.topic), lands.get(one.territory)
        if topic is None or land is None or news.is_told(key):
            continue
        news.tell(
            "spike",
            key=key,
            subject=f"{topic.name}, {land.name}",
            count=one.count,
            value=one.bound.high,
            url=reverse("spikes"),
        )
        told += 1
    return told
