"""Counts of lists in one statement each: of tabs exact, of other lists up to a cap."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from agencies.access import granted_agency_ids, persons_of
from agencies.models import User
from agencies.roles import Right
from cases import tabs
from cases.filters import today_bounds
from cases.models_tabs import TOTAL
from cases.querysets import COUNT_CAP, CaseQuerySet
from cases.workflow import Status
from database.rows import planned


@dataclass(frozen=True, slots=True)
class View:
    """A condition on open cases twice: for the page's queryset and for the statement of counts.

    `kept`: the sum of `TabCount` that counts it, where no clock is asked.
    A test holds them against each other.
    """

    condition: Q
    sql: str
    kept: str = ""


def queue_views() -> Mapping[str, View]:
    start, end = today_bounds()
    return {
        "all": View(Q(), "true", "n"),
        "overdue": View(Q(due_at__lt=timezone.now()), "due_at < %(now)s::timestamptz"),
        "today": View(
            Q(due_at__gte=start, due_at__lt=end),
            "due_at >= %(start)s::timestamptz and due_at < %(end)s::timestamptz",
        ),
        "returned": View(Q(status=Status.REWORK), f"status = '{Status.REWORK}'", "returned"),
        "repeat": View(Q(repeat_of__isnull=False), "repeat_of_id is not null", "repeats"),
        "control": View(
            Q(controlled_by__isnull=False), "controlled_by_id is not null", "controlled"
        ),
    }


def queue_counts(reader: User, right: str, *, whole: bool) -> dict[str, int]:
    """Open cases in each view of a queue, exact whatever their number (one query).

    The scope is `visible_to`'s; without `whole` only the reader's own, of those he stands in for,
    and those nobody has taken. Own cases are a handful and counted from their index, all others
    from the kept counts, of which only what the clock divides is read from the rows.
    """
    ids = granted_agency_ids(reader, right)
    start, end = today_bounds()
    moments = {"now": timezone.now(), "start": start, "end": end}
    values = {
        "readers": persons_of(reader),
        "ids": sorted(ids or ()),
        **moments,
        **{f"{name}_hour": tabs.hour_of(moment) for name, moment in moments.items()},
    }
    views = queue_views()
    if ids is None:
        clock = _by_hours(moments, whole=whole)
        kept = f"agency_id = {TOTAL}"
    else:
        clock = _from_rows(views, whole=whole)
        kept = "agency_id = any(%(ids)s::int[])"
    sums = [
        f"coalesce(sum({view.kept}), 0)" if view.kept else clock[name]
        for name, view in views.items()
    ]
    only = "" if whole else " and untaken"
    statement = f"select {', '.join(sums)} from cases_tabcount where {kept}{only}"
    if not whole:
        own = ", ".join(f"count(*) filter (where {view.sql})" for view in views.values())
        scope = "" if ids is None else " and agency_id + 0 = any(%(ids)s::bigint[])"
        statement = (
            f"select * from ({statement}) as kept, (select {own} from cases_case"
            f" where is_open and executor_id = any(%(readers)s::bigint[]){scope}) as own"
        )
    (counts,) = planned(statement, values)
    width = len(views)
    parts = [counts[at : at + width] for at in range(0, len(counts), width)]
    return {name: sum(part[at] for part in parts) for at, name in enumerate(views)}


def _from_rows(views: Mapping[str, View], *, whole: bool) -> dict[str, str]:
    """Agencies: what is late or due today is little and stands together in the index."""
    rows = "is_open and agency_id = any(%(ids)s::bigint[])"
    if not whole:
        rows += " and executor_id is null"
    return {
        name: f"(select count(*) from cases_case where {rows} and {views[name].sql})"
        for name in ("overdue", "today")
    }


def _by_hours(moments: Mapping[str, datetime], *, whole: bool) -> dict[str, str]:
    """The region: whole hours as kept, of the hour that a moment divides the rows before it."""
    rows = "is_open" if whole else "is_open and executor_id is null"
    before = {}
    for name, moment in moments.items():
        before[name] = f"coalesce(sum(n) filter (where hour < %({name}_hour)s::int), 0)"
        if moment.timestamp() % tabs.HOUR:
            begun = f"to_timestamp(%({name}_hour)s::bigint * {tabs.HOUR})"
            before[name] += (
                f" + (select count(*) from cases_case where {rows}"
                f" and due_at >= {begun} and due_at < %({name})s::timestamptz)"
            )
    return {"overdue": before["now"], "today": f"({before['end']}) - ({before['start']})"}


def desk_counts(reader: User) -> dict[str, int]:
    """What waits in each view of the centre's desk (one query)."""
    ids = granted_agency_ids(reader, Right.MODERATE_CASES)
    (counts,) = planned(
        "select coalesce(sum(arrivals), 0), coalesce(sum(disputes), 0),"
        " coalesce(sum(rejecting), 0) from cases_tabcount where agency_id = any(%s::int[])",
        [[TOTAL] if ids is None else sorted(ids)],
    )
    return dict(zip(("arrivals", "disputes", "rejecting"), counts, strict=True))


def capped_counts(lists: Mapping[str, CaseQuerySet]) -> dict[str, int]:
    """Rows of each list, COUNT_CAP + 1 meaning more (one query)."""
    parts: list[str] = []
    values: list[Any] = []
    counts = dict.fromkeys(lists, 0)
    asked: list[str] = []
    for name, cases in lists.items():
        try:
            sql, given = cases.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:  # no agency in reach: Django knows without asking
            continue
        asked.append(name)
        parts.append(f"(select count(*) from ({sql}) counted)")
        values += given
    if parts:
        with connection.cursor() as cursor:
            cursor.execute("select " + ", ".join(parts), values)
            counts.update(zip(asked, cursor.fetchone(), strict=True))
    return counts
