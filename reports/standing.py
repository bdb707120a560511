"""How the open cases stand now: open, overdue, due today, by age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.periods import DAY
from reports.selecting import Scope, agencies_of, counted, counters

_OPEN = ("open", "open_due", "open_due_unassigned")
YOUNG = 30  # days since arrival that ages tell apart

# Days that are over come from the counters, the running one from the cases due on it: their
# index tells (`case_open`, `case_agency_open`), no case is read.
_PASSED = """
select count(*) from cases_case c, (
    select coalesce(nullif((select min(zone) from reports_keeping), ''), %(zone)s) as name
) z
where c.is_open and c.due_at >= %(today)s::date::timestamp at time zone z.name
    and c.due_at < least(%(now)s, %(after)s::date::timestamp at time zone z.name)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """`untaken`: of those due today; `young`: open cases by the days since they came."""

    opened: int
    overdue: int
    due_today: int
    untaken: int
    young: dict[int, int]

    def count(self, code: str) -> tuple[int, int]:
        """Numerator and denominator of a metric that tells how things stand now."""
        return {
            "open_now": (self.opened, 0),
            "overdue_now": (self.overdue, 0),
            "due_today": (self.due_today, self.untaken),
        }[code]

    def ages(self, edges: Sequence[int]) -> list[int]:
        """Open cases up to the first edge, to the next …, beyond the last (at most YOUNG)."""
        found = [
            sum(count for days, count in self.young.items() if after < days <= edge)
            for after, edge in zip((-1, *edges), edges, strict=False)
        ]
        return [*found, self.opened - sum(found)]


def standing(scope: Scope, today: date) -> Standing:
    """One query: months in one row each, and the days of the last ones.

    What is older than YOUNG days is all there are without the younger: open cases are looked for
    in a few days, not in all that ever were.
    """
    own = "" if scope.ids is None else " and c.agency_id = any(%(ids)s)"
    month = today.replace(day=1)
    values: dict[str, Any] = {
        "nth": [0, 0], "sign": [1, 1], "span": ["m", "d"],
        "first": [date.min, min(month, today - YOUNG * DAY)], "last": [date.max, today],
        "today": today, "after": today + DAY,
        "now": timezone.now(), "zone": settings.TIME_ZONE, **scope.given,
    }  # fmt: skip
    where = agencies_of(scope, apart=False)
    rows = counted(
        "select p.span, c.start, sum(c.open), sum(c.open_due), sum(c.open_due_unassigned)"
        f" from {counters('reports_agencycount', _OPEN, where)} group by 1, 2"
        f" union all select 'passed', %(today)s, ({_PASSED}{own}), 0, 0",
        values,
    )
    opened = overdue = due_today = untaken = 0
    young: dict[int, int] = {}
    for span, start, still, due, nobody in rows:
        if span == "passed":
            overdue += still
        elif span == "m":
            opened += still
            overdue += due if start < month else 0
        else:
            if (today - start).days <= YOUNG:
                young[(today - start).days] = int(still)
            if start == today:
                due_today, untaken = int(due), int(nobody)
            elif start >= month:
                overdue += due
    return Standing(int(opened), int(overdue), due_today, untaken, young)
