"""Keyset pages of a list: the next page starts after the last row, whatever stands before it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Q

from agencies.models import User
from cases.listing import rows_by_key
from cases.models import Case
from cases.querysets import CaseQuerySet

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    cases: list[Case]
    next_cursor: str


def page_of(
    cases: CaseQuerySet, reader: User, *, field: str, descending: bool, cursor: str
) -> Page:
    """One page ordered by (field, id), in two queries; a broken cursor gives the first page.

    Rows without a value stand last when ascending and are never reached by a cursor: lists
    ordered by a nullable field hold open cases, which have one.
    """
    sign = "-" if descending else ""
    ordered = cases.order_by(f"{sign}{field}", f"{sign}id")
    after = read_cursor(cursor)
    if after is not None:
        value, pk = after
        near, far = ("lte", "lt") if descending else ("gte", "gt")
        # The first condition alone starts the index scan; the second drops the ties.
        ordered = ordered.filter(Q(**{f"{field}__{near}": value})).filter(
            Q(**{f"{field}__{far}": value}) | Q(**{field: value, f"id__{far}": pk})
        )
    # Keys first: sorting and cutting on narrow rows of one index.
    keys = ordered[: PAGE + 1].ordered_keys()
    found = rows_by_key(keys, reader)
    if len(found) <= PAGE:
        return Page(found, "")
    last = found[PAGE - 1]
    value = getattr(last, field)
    if value is None:
        return Page(found[:PAGE], "")
    return Page(found[:PAGE], write_cursor(value, last.pk))


def write_cursor(moment: datetime, pk: int) -> str:
    """Where a list by (moment, id) goes on; `read_cursor` takes it back."""
    return signing.dumps([moment.isoformat(), pk], salt="page")


def write_day_cursor(day: date, pk: int) -> str:
    """Where a list by (day, id) goes on."""
    return signing.dumps([day.isoformat(), pk], salt="days")


def read_day_cursor(cursor: str) -> tuple[date, int] | None:
    """None for the first page, and for a cursor nobody gave out."""
    if not cursor:
        return None
    try:
        raw: Any = signing.loads(cursor, salt="days")
        return date.fromisoformat(raw[0]), int(raw[1])
    except (signing.BadSignature, ValueError, TypeError, IndexError):
        return None


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    """None for the first page, and for a cursor nobody gave out."""
    if not cursor:
        return None
    try:
        raw: Any = signing.loads(cursor, salt="page")
        return datetime.fromisoformat(raw[0]), int(raw[1])
    except (signing.BadSignature, ValueError, TypeError, IndexError):
        return None
