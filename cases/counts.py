"""Counts of lists in one statement, each exact up to a cap."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from agencies.access import granted_agency_ids, persons_of
from agencies.models import User
from cases.filters import today_bounds
from cases.querysets import COUNT_CAP, CaseQuerySet
from cases.workflow import Status
from database.rows import planned


@dataclass(frozen=True, slots=True)
class View:
    """A condition on open cases twice: for the page's queryset and for the statement of counts.

    A test holds both against each other.
    """

    condition: Q
    sql: str


def queue_views() -> Mapping[str, View]:
    start, end = today_bounds()
    return {
        "all": View(Q(), "true"),
        "overdue": View(Q(due_at__lt=timezone.now()), "due_at < %(now)s::timestamptz"),
        "today": View(
            Q(due_at__gte=start, due_at__lt=end),
            "due_at >= %(start)s::timestamptz and due_at < %(end)s::timestamptz",
        ),
        "returned": View(Q(status=Status.REWORK), f"status = '{Status.REWORK}'"),
        "repeat": View(Q(repeat_of__isnull=False), "repeat_of_id is not null"),
        "control": View(Q(controlled_by__isnull=False), "controlled_by_id is not null"),
    }


def queue_counts(reader: User, right: str, *, whole: bool) -> dict[str, int]:
    """Open cases in each view of a queue, COUNT_CAP + 1 meaning more (one query).

    The scope is `visible_to`'s; without `whole` only the reader's own, of those he stands in for,
    and those nobody has taken.
    Planned once: whatever the values, the partial indexes of the open cases serve it.
    """
    ids = granted_agency_ids(reader, right)
    scope = "is_open" if ids is None else "is_open and agency_id = any(%(ids)s::bigint[])"
    # Two ranges of an index; «or» would read all open cases and drop most of them. One's own cases
    # are a handful: «+ 0» keeps the server from reading the agencies' first.
    own = scope.replace("agency_id", "agency_id + 0")
    mine, untaken = "executor_id = any(%(readers)s::bigint[])", "executor_id is null"
    scopes = [scope] if whole else [f"{own} and {mine}", f"{scope} and {untaken}"]
    views = queue_views()
    parts = [
        f"least({COUNT_CAP + 1}, "
        + " + ".join(
            "(select count(*) from (select from cases_case"
            f" where {rows} and {view.sql} limit {COUNT_CAP + 1}) as counted)"
            for rows in scopes
        )
        + ")"
        for view in views.values()
    ]
    start, end = today_bounds()
    values = {
        "now": timezone.now(),
        "start": start,
        "end": end,
        "readers": persons_of(reader),
        "ids": sorted(ids or ()),
    }
    (counts,) = planned("select " + ", ".join(parts), values)
    return dict(zip(views, counts, strict=True))


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
