"""How figures select kept counters: whose agencies, which rows make up a period.

A period is a few stretches of counters (`Period.spans`): whole months are one row an agency,
the running one too. What only counts once its day is over (terms, promises) is then too much by
the days from today on: these are read as single rows and taken off (sign −1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.db import connection

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from database.rows import planned
from reports.measures import MEASURES, Kind
from reports.models import TOTAL
from reports.periods import Period

WHOLE_DAYS = (Kind.DUE, Kind.PROMISE)


@dataclass(frozen=True, slots=True)
class Scope:
    """Agencies that are counted; None: all, with cases no agency has yet."""

    ids: frozenset[int] | None

    @classmethod
    def of(cls, user: User, right: str = Right.VIEW_STATES) -> Self:
        return cls(granted_agency_ids(user, right))

    def narrowed(self, ids: Iterable[int]) -> Self:
        """Only these of them."""
        wanted = frozenset(ids)
        return type(self)(wanted if self.ids is None else self.ids & wanted)

    @property
    def given(self) -> dict[str, Any]:
        """The values `agencies_of` wants."""
        return {"ids": sorted(self.ids or ())}


COVER = "any((select reports_keys(%(ids)s::int[]))::int[])"
"""SQL: the few keys that sum these agencies: whole subtrees, and the rest one by one."""


def agencies_of(scope: Scope, *, apart: bool) -> str:
    """SQL: the row's agency is counted; `apart`: by agency, else by rows of many where it does."""
    if scope.ids is None:
        return "agency_id >= 0" if apart else f"agency_id = {TOTAL}"
    return f"agency_id = {'any(%(ids)s)' if apart or len(scope.ids) < 2 else COVER}"


def counted(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement over counters, planned once a connection: planning took as long."""
    return planned(sql, values)


def read(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement whose best plan depends on its values."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def is_whole(name: str) -> bool:
    """Whether a measure counts days only that are over."""
    return MEASURES[name].kind in WHOLE_DAYS


def stretches(periods: Sequence[Period], today: date, names: Iterable[str] = ()) -> dict[str, Any]:
    """Arrays for STRETCHES; with measures of whole days among `names`, what is taken off too."""
    found = [
        (nth, 1, span, first, last)
        for nth, period in enumerate(periods)
        for span, first, last in period.spans()
    ]
    if any(map(is_whole, names)):
        found += [
            (nth, -1, "d", coming.first, coming.last)
            for nth, period in enumerate(periods)
            if (coming := period.coming(today)) is not None
        ]
    nths, signs, spans, firsts, lasts = zip(*found, strict=True)
    return {
        "nth": list(nths), "sign": list(signs), "span": list(spans),
        "first": list(firsts), "last": list(lasts), "today": today,
    }  # fmt: skip


STRETCHES = (
    "unnest(%(nth)s::int[], %(sign)s::int[], %(span)s::text[], %(first)s::date[],"
    " %(last)s::date[]) as p(nth, sign, span, a, b)"
)


def counters(table: str, columns: Sequence[str], where: str = "true") -> str:
    """SQL: the rows `c` of the stretches `p`, found by the key of the table stretch by stretch.

    `offset 0` keeps the planner from reading a table's whole past and joining it afterwards.
    """
    return (
        f"{STRETCHES} cross join lateral (select {', '.join(['start', *columns])} from {table}"
        f" where span = p.span and start between p.a and p.b and {where} offset 0) c"
    )


def summed(name: str) -> str:
    """SQL: a measure over the rows of `counters`."""
    if is_whole(name):
        return (
            f"coalesce(sum(c.{name} * p.sign) filter (where p.sign < 0 or c.start < %(today)s), 0)"
        )
    return f"coalesce(sum(c.{name}) filter (where p.sign > 0), 0)"
