"""Spikes: topics in a territory that came far above their usual, from the kept counters."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.urls import reverse

from cases import news
from cases.models import Territory, Topic
from reports.expected import LEAST, TIMES, WEEKS, Expected, expected
from reports.measures import Kind

_DAY = timedelta(days=1)
SHOWN_DAYS = 14
# After five weeks what came is the usual of its weekday: no spike began earlier than that.
LONGEST = 35
# Whose days may be a spike: as many as an alarm needs at least. The rest is `Expected`'s matter;
# days before the first count of all stand as nought here, which lets more through, never less.
_CANDIDATES = """
select distinct b.topic_id, b.territory_id
from reports_topiccount b
cross join lateral (
    select percentile_cont(0.5) within group (order by coalesce(c.received, 0)) as middle
    from generate_series(1, %(weeks)s) as w(n)
    left join reports_topiccount c on c.span = 'd' and c.start = b.start - 7 * w.n
        and c.topic_id = b.topic_id and c.territory_id = b.territory_id
) usual
where b.span = 'd' and b.start between %(first)s and %(last)s and b.received >= %(least)s
    and b.topic_id <> 0 and b.territory_id <> 0 and b.received >= %(times)s * usual.middle
"""
_HISTORY = """
select c.topic_id, c.territory_id, c.start, c.received
from unnest(%s::int[], %s::int[]) as k(topic, land)
join reports_topiccount c on c.span = 'd' and c.start between %s and %s
    and c.topic_id = k.topic and c.territory_id = k.land
"""
# The same counts of some agencies, which are kept as facts.
_OF_AGENCIES = f"""
select topic_id, territory_id, day, count(*) from reports_fact
where kind = {int(Kind.RECEIVED)} and agency_id = any(%s) and day between %s and %s
    and topic_id <> 0 and territory_id <> 0
group by 1, 2, 3
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
    highest: date
    count: int  # of the highest day
    bound: Expected  # of that day
    above: list[tuple[date, int, Expected]] = field(default_factory=list)
    days: list[tuple[date, int, Expected]] = field(default_factory=list)

    @property
    def times(self) -> float:
        return self.count / max(1.0, self.bound.middle)


Series = dict[Key, dict[date, int]]


def _grouped(rows: Iterable[tuple[int, int, date, int]]) -> Series:
    found: Series = defaultdict(dict)
    for topic, land, day, received in rows:
        found[topic, land][day] = received
    return found


def _of_region(first: date, last: date, back: date) -> Series:
    """Counts by day of whatever may hold a spike between two days (two queries)."""
    given = {"first": first, "last": last, "weeks": WEEKS, "least": LEAST, "times": TIMES}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, given)
        keys: list[Key] = cursor.fetchall()
        topics, lands = [key[0] for key in keys], [key[1] for key in keys]
        cursor.execute(_HISTORY, [topics, lands, back, last])
        return _grouped(cursor.fetchall())


def _of_agencies(ids: Collection[int], first: date, last: date, back: date) -> Series:
    with connection.cursor() as cursor:
        cursor.execute(_OF_AGENCIES, [sorted(ids), back, last])
        found = _grouped(cursor.fetchall())
    return {
        key: days
        for key, days in found.items()
        if any(first <= day <= last and count >= LEAST for day, count in days.items())
    }


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
            if not made or (day - made[-1].last).days > 2:  # noqa: PLR2004  one day between
                made.append(Spike(*key, day, day, day, count, bound))
            spike = made[-1]
            spike.last = day
            spike.above.append((day, count, bound))
            if count > spike.count:
                spike.highest, spike.count, spike.bound = day, count, bound
        day += _DAY
    return made


def spikes(first: date, last: date, agencies: Collection[int] | None = None) -> list[Spike]:
    """Spikes with a day above the bound between two days, the newest and highest first.

    Of the whole region, or of what came to some agencies (three queries, or two). A spike that
    began earlier is told from its own first day, so that it is one spike whoever asks when;
    nothing after `last` is looked at.
    """
    begin = first - LONGEST * _DAY
    back = min(begin, last - (SHOWN_DAYS - 1) * _DAY) - timedelta(weeks=WEEKS)
    with connection.cursor() as cursor:
        cursor.execute(_SINCE)
        since = cursor.fetchone()[0] or last
    if agencies is None:
        series = _of_region(first, last, back)
    else:
        series = _of_agencies(agencies, first, last, back)
    made = []
    for key, days in series.items():
        for spike in found_in(days, key, begin, last, since):
            if spike.last >= first:
                shown = [spike.last - n * _DAY for n in range(SHOWN_DAYS - 1, -1, -1)]
                spike.days = [(day, days.get(day, 0), bound_of(days, day, since)) for day in shown]
                made.append(spike)
    return sorted(
        made, key=lambda one: (-one.last.toordinal(), -one.times, one.topic, one.territory)
    )


def tell(today: date) -> int:
    """News of each spike of today and yesterday, once a spike; how many there are."""
    running = spikes(today - _DAY, today)
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
