"""Topics by territories: how many cases came, the largest of both.

Which are the largest is asked of the counters by topic alone and by territory alone; of the
table of both (thousands of rows a month) only the cells that are shown are read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from reports.measures import Kind
from reports.models import MarginCount
from reports.periods import DAY, Period
from reports.selecting import Scope, counted, counters, read, stretches

Side = MarginCount.Side
_MARGIN = ("side", "key", "n")


@dataclass(frozen=True, slots=True)
class Heat:
    """Topic -> number and territory -> number, largest first; 0, «none», is in the total alone."""

    topics: dict[int, int]
    places: dict[int, int]
    cells: dict[tuple[int, int], int]  # (topic, territory) of these
    total: int


def heat(scope: Scope, period: Period, *, topics: int, places: int) -> Heat:
    """What came in the period (two queries; of a part of the region one)."""
    if scope.ids is not None:
        return _of_part(scope, period, topics, places)
    sizes: dict[str, dict[int, int]] = {side: {} for side in Side.values}
    for side, key, count in counted(
        f"select c.side, c.key, sum(c.n) from {counters('reports_margincount', _MARGIN)}"
        " group by 1, 2 having sum(c.n) <> 0",
        stretches([period], period.last),
    ):
        sizes[side][key] = int(count)
    total = sum(sizes[Side.TOPIC].values())
    lines, columns = _largest(sizes[Side.TOPIC], topics), _largest(sizes[Side.PLACE], places)
    return Heat(lines, columns, _cells(period, lines, columns), total)


def _largest(sizes: dict[int, int], count: int) -> dict[int, int]:
    known = sorted((key for key in sizes if key > 0), key=lambda key: (-sizes[key], key))
    return {key: sizes[key] for key in known[:count]}


def _cells(
    period: Period, topics: Collection[int], places: Collection[int]
) -> dict[tuple[int, int], int]:
    """Each cell of each day or month by its key: none of the rest is passed over."""
    if not topics or not places:
        return {}
    starts = list(period.starts())
    found = counted(
        "select c.topic_id, c.territory_id, sum(c.received)"
        " from unnest(%(span)s::text[], %(start)s::date[]) as p(span, start)"
        " cross join lateral (select topic_id, territory_id, received from reports_topiccount"
        " where span = p.span and start = p.start and topic_id = any(%(topics)s)"
        " and territory_id = any(%(places)s) offset 0) c group by 1, 2 having sum(c.received) <> 0",
        {
            "span": [span for span, _start in starts], "start": [start for _span, start in starts],
            "topics": list(topics), "places": list(places),
        },
    )  # fmt: skip
    return {(topic, place): int(count) for topic, place, count in found}


# Months of whole subtrees are counted as those of the region are: edges first, then the cells
# that are shown. Single agencies, and days a month has too much or too few, come from the facts.
_PART = """
with cover as materialized (
    select key from unnest(reports_keys(%(ids)s::int[])) as key
), singles as (select array(select key from cover where key > 0) as ids
), branches as (select array(select -1 - key from cover where key < 0) as ids
), below as (
    select array(select distinct agency_id from reports_branch
        where above_id in (select -1 - key from cover where key < 0)) as ids
), c as materialized (
    select topic_id, territory_id, sum(n) as n from (
        select f.topic_id, f.territory_id, f.n * p.sign as n
        from below, unnest(%(sign)s::int[], %(first)s::date[], %(last)s::date[]) as p(sign, a, b)
        cross join lateral (
            select topic_id, territory_id, count(*) as n from reports_fact
            where agency_id = any(below.ids) and kind = %(kind)s and day between p.a and p.b
            group by 1, 2 offset 0) f
        union all
        select f.topic_id, f.territory_id, f.n from singles cross join lateral (
            select topic_id, territory_id, count(*) as n from reports_fact
            where agency_id = any(singles.ids) and kind = %(kind)s
                and day between %(from)s and %(to)s
            group by 1, 2 offset 0) f
    ) s group by 1, 2
), edges as materialized (
    select side, key, sum(n) as n from (
        select m.side, m.key, m.n from branches, unnest(%(months)s::date[]) as p(start)
        cross join lateral (
            select side, key, n from reports_branchmargin
            where above_id = any(branches.ids) and start = p.start offset 0) m
        union all select 'topic', topic_id, n from c
        union all select 'place', territory_id, n from c
    ) s group by 1, 2 having sum(n) <> 0
), topics as materialized (
    select key as topic_id, n from edges where side = 'topic' and key > 0
    order by 2 desc, 1 limit %(topics)s
), places as materialized (
    select key as territory_id, n from edges where side = 'place' and key > 0
    order by 2 desc, 1 limit %(places)s
), shown as (
    select array(select topic_id from topics) as topics,
        array(select territory_id from places) as places
), cells as (
    select topic_id, territory_id, c.n
    from c join topics using (topic_id) join places using (territory_id)
    union all
    select t.topic_id, t.territory_id, t.n
    from branches, shown, unnest(%(months)s::date[]) as p(start) cross join lateral (
        select topic_id, territory_id, n from reports_branchtopic
        where above_id = any(branches.ids) and start = p.start
            and topic_id = any(shown.topics) and territory_id = any(shown.places) offset 0) t
)
select 0, 0, coalesce(sum(n), 0) from edges where side = 'topic'
union all select topic_id, 0, n from topics
union all select 0, territory_id, n from places
union all select topic_id, territory_id, sum(n) from cells group by 1, 2 having sum(n) <> 0
"""


def _months(period: Period) -> tuple[list[date], list[tuple[int, date, date]]]:
    """First days of the months that are read, and the days to add (1) or take off (-1).

    A month the period has more than half of is read whole: at either end half a month of facts
    at most.
    """
    months: list[date] = []
    days: list[tuple[int, date, date]] = []
    at = period.first.replace(day=1)
    while at <= period.last:
        month = Period.month(at)
        first, last = max(period.first, month.first), min(period.last, month.last)
        if 2 * Period(first, last).days <= month.days:
            days.append((1, first, last))
        else:
            months.append(at)
            if month.first < first:
                days.append((-1, month.first, first - DAY))
            if last < month.last:
                days.append((-1, last + DAY, month.last))
        at = month.last + DAY
    return months, days


def _of_part(scope: Scope, period: Period, topics: int, places: int) -> Heat:
    months, days = _months(period)
    values: dict[str, Any] = {
        "months": months, "sign": [sign for sign, _a, _b in days],
        "first": [a for _sign, a, _b in days], "last": [b for _sign, _a, b in days],
        "from": period.first, "to": period.last, "kind": int(Kind.RECEIVED),
        "topics": topics, "places": places, **scope.given,
    }  # fmt: skip
    lines: dict[int, int] = {}
    columns: dict[int, int] = {}
    cells: dict[tuple[int, int], int] = {}
    total = 0
    for topic, place, count in read(_PART, values):
        if topic and place:
            cells[topic, place] = int(count)
        elif topic:
            lines[topic] = int(count)
        elif place:
            columns[place] = int(count)
        else:
            total = int(count)
    return Heat(_largest(lines, topics), _largest(columns, places), cells, total)
