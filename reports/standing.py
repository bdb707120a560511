"""How the open cases stand now: open, overdue, due today, by age."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.periods import DAY, region_today
from reports.selecting import Scope, agencies_of, counted

# Days that are over come from the counters, the running one from the cases due on it: their
# index tells (`case_open`, `case_agency_open`), no case is read.
_PASSED = """
select count(*) from cases_case c, (
    select coalesce(nullif((select min(zone) from reports_keeping), ''), %(zone)s) as name
) z
where c.is_open and c.due_at >= %(today)s::date::timestamp at time zone z.name
    and c.due_at < least(%(now)s, %(after)s::date::timestamp at time zone z.name)
"""


def standing(scope: Scope, today: date) -> dict[str, tuple[int, int]]:
    """Metric -> its count, and of due today how many nobody has taken (one query)."""
    own = "" if scope.ids is None else " and c.agency_id = any(%(ids)s)"
    values: dict[str, Any] = {
        "today": today, "after": today + DAY, "month": today.replace(day=1),
        "now": timezone.now(), "zone": settings.TIME_ZONE, **scope.given,
    }  # fmt: skip
    past = "span = 'd' and start < %(today)s or span = 'm' and start < %(month)s"
    this_day = "span = 'd' and start = %(today)s"
    ((opened, overdue, due, untaken, passed),) = counted(
        "select coalesce(sum(open) filter (where span = 'm'), 0),"
        f" coalesce(sum(open_due) filter (where {past}), 0),"
        f" coalesce(sum(open_due) filter (where {this_day}), 0),"
        f" coalesce(sum(open_due_unassigned) filter (where {this_day}), 0),"
        f" ({_PASSED}{own})"
        f" from reports_agencycount where {agencies_of(scope, apart=False)}"
        " and (span = 'm' or span = 'd' and start between %(month)s and %(today)s)",
        values,
    )
    overdue = int(overdue) + passed
    return {
        "open_now": (int(opened), 0),
        "overdue_now": (overdue, 0),
        "due_today": (int(due), int(untaken)),
    }


def ageing(scope: Scope, edges: Sequence[int], today: date | None = None) -> list[int]:
    """Open cases by the days since they came: up to the first edge, to the next …, beyond.

    What is older than the last edge is all there are without the younger: open cases are looked
    for in a few days, not in all that ever were.
    """
    today = today or region_today()
    rows = counted(
        "select span, case when span = 'd' then"
        " width_bucket(%(today)s::date - start, %(edges)s) end, sum(open)"
        f" from reports_agencycount where {agencies_of(scope, apart=False)}"
        " and (span = 'm' or span = 'd' and start between %(first)s and %(today)s) group by 1, 2",
        {
            "today": today, "first": today - edges[-1] * DAY,
            "edges": [edge + 1 for edge in edges], **scope.given,
        },
    )  # fmt: skip
    young = {bucket: int(count) for span, bucket, count in rows if span == "d"}
    found = [young.get(at, 0) for at in range(len(edges))]
    whole = sum(int(count) for span, _bucket, count in rows if span == "m")
    return [*found, whole - sum(found)]
