"""The reports: one definition of each, read by the pages, the files and the schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from agencies.roles import Right
from reports.content import Row
from reports.frame import Frame
from reports.periods import DAY, Period

Rows = Callable[[Frame], list[Row]]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: codes of `reports.tables`. `heads_only`: names executors, so only the head of
    this one agency is shown it. `matrix`: the page lays the rows out as topics by territories.
    `first`: the page shows so many rows, the files all. `retired`: only snapshots of an earlier
    edition have it; shown there, made no more."""

    code: str
    title: Promise
    columns: tuple[str, ...]
    rows: Rows
    note: Promise | str = ""
    heads_only: bool = False
    matrix: bool = False
    first: int = 100
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`right`: on these agencies the person may have it. `usual`: the period offered first.
    `now`: it shows how things stand at its moment. `background`: always made by the worker.
    `edition`: another number when its tables mean something else."""

    code: str
    title: Promise
    about: Promise
    tables: tuple[Table, ...]
    right: str = Right.VIEW_STATES
    usual: str = "month"
    now: bool = False
    background: bool = False
    edition: int = 1
    notes: Callable[[Frame], list[str]] = lambda frame: []

    @property
    def number(self) -> str:
        return self.code.upper()

    @property
    def made(self) -> tuple[Table, ...]:
        """The tables a snapshot of today has."""
        return tuple(table for table in self.tables if not table.retired)

    def table(self, code: str) -> Table | None:
        return next((table for table in self.tables if table.code == code), None)


# So long a period is made by the worker, whatever the report.
LONG = 100


def last_week(today: date) -> Period:
    """Monday to Sunday, the last one that is over."""
    monday = today - DAY * (today.weekday() + 7)
    return Period(monday, monday + 6 * DAY)


def last_month(today: date) -> Period:
    return Period.month(today.replace(day=1) - DAY)


def last_quarter(today: date) -> Period:
    return Period.quarter(Period.quarter(today).first - DAY)


PERIODS: dict[str, Callable[[date], Period]] = {
    "week": last_week,
    "month": last_month,
    "quarter": last_quarter,
}
