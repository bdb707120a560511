"""Topics by territories: how many cases came, the largest of both.

Which are the largest is asked of the counters by topic alone and by territory alone; of the
table of both (thousands of rows a month) only the cells that are shown are read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from reports.measures import Kind
from reports.models import MarginCount
from reports.periods import Period
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
    """What came in the period (two queries; of a part of the region one, over its own facts)."""
    if scope.ids is not None:
        return _of_facts(scope, period, topics, places)
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


_FACTS = """
with c as materialized (
    select topic_id, territory_id, count(*) as n from reports_fact
    where agency_id = any(%(ids)s) and kind = %(kind)s and day between %(first)s and %(last)s
    group by 1, 2
), topics as (
    select topic_id, sum(n) as n from c where topic_id > 0
    group by 1 order by 2 desc, 1 limit %(topics)s
), places as (
    select territory_id, sum(n) as n from c where territory_id > 0
    group by 1 order by 2 desc, 1 limit %(places)s
)
select 0, 0, coalesce(sum(n), 0) from c
union all select topic_id, 0, n from topics
union all select 0, territory_id, n from places
union all select topic_id, territory_id, c.n
    from c join topics using (topic_id) join places using (territory_id)
"""


def _of_facts(scope: Scope, period: Period, topics: int, places: int) -> Heat:
    values: dict[str, Any] = {
        "kind": int(Kind.RECEIVED), "first": period.first, "last": period.last,
        "topics": topics, "places": places, **scope.given,
    }  # fmt: skip
    lines: dict[int, int] = {}
    columns: dict[int, int] = {}
    cells: dict[tuple[int, int], int] = {}
    total = 0
    for topic, place, count in read(_FACTS, values):
        if topic and place:
            cells[topic, place] = int(count)
        elif topic:
            lines[topic] = int(count)
        elif place:
            columns[place] = int(count)
        else:
            total = int(count)
    return Heat(_largest(lines, topics), _largest(columns, places), cells, total)
