"""Reading the reference tables: production calendar and deadline rules.

The tables are CSV with a header in UTF-8; what is read are lines, so that the caller decides where
they come from. A faulty row raises ValueError with its line number.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from deadlines.hours import DayHours, DayKind, WeekPlan
from deadlines.terms import Roll, Term, Unit

ONE_DAY = timedelta(days=1)
JANUARY = 1

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ProductionDay:
    """A row of the production calendar. `source`: act and article, or decree with date."""

    hours: DayHours
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A row of the deadline rules.

    `start` and `stop` name events of a case. `regime` "" is every regime. `condition` "" always
    holds, otherwise it names what the portal must see on the case. `is_active` "no" rows are
    options a region may switch on; `warning_only` ones never make a case overdue.

    Not in the table: PROMISE (a date a person names) and TOPIC-n (terms of the topic tables).
    """

    term: Term
    regime: str
    start: str
    stop: str
    min_severity: int
    condition: str
    is_active: bool
    warning_only: bool
    source: str
    title: str


def read_production_calendar(lines: Iterable[str]) -> list[ProductionDay]:
    """Rows of the production calendar for the usual five-day week, in the order of the table."""
    return [_numbered(_production_day, number, row) for number, row in _rows(lines)]


def read_deadline_rules(lines: Iterable[str]) -> list[DeadlineRule]:
    """Rows of the deadline rules, in the order of the table; titles are English msgids."""
    return [_numbered(_deadline_rule, number, row) for number, row in _rows(lines)]


def bounds(rows: Sequence[ProductionDay]) -> tuple[date, date, date]:
    """First and last day of the years the rows cover, and the last confirmed day.

    A year is confirmed when all its rows are; the confirmed part ends before the first year that
    is not. With none confirmed that is the day before the first.
    """
    years = sorted({row.hours.day.year for row in rows})
    open_years = {row.hours.day.year for row in rows if not row.confirmed}
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    if not open_years:
        return first, last, last
    return first, last, date(min(open_years), 1, 1) - ONE_DAY


def days_for_week(rows: Iterable[ProductionDay], week: WeekPlan) -> dict[date, DayHours]:
    """The rows as they concern an agency with this week.

    The table is made for Saturday and Sunday off. Whoever rests on other days keeps the holidays;
    the decree's transfers of Saturdays and Sundays do not reach them. Their own day off that falls
    on a holiday outside January moves to the next working day (article 112(2) of the Labour
    Code), and their own eves are an hour shorter (article 95(1)).
    """
    days = {row.hours.day: row.hours for row in rows}
    if week.rests_on_saturday_and_sunday:
        return days
    kept = {day: row for day, row in days.items() if row.kind == DayKind.HOLIDAY}
    for day, holiday in sorted(kept.items()):
        if day.month != JANUARY and not week.days[day.weekday()]:
            moved = _next_open(day, kept, week)
            if moved is not None:
                kept[moved] = DayHours(moved, None, DayKind.MOVED_OFF, holiday.title, replaces=day)
    holidays = [day for day, row in kept.items() if row.kind == DayKind.HOLIDAY]
    # the New Year after the last table has an eve too
    after = [date(max(holidays).year + 1, 1, 1)] if holidays else []
    for eve in (day - ONE_DAY for day in holidays + after):
        if eve not in kept and week.days[eve.weekday()]:
            kept[eve] = DayHours(eve, None, DayKind.SHORTENED)
    return kept


def _next_open(day: date, days: dict[date, DayHours], week: WeekPlan) -> date | None:
    """The first day after `day` that is open and not taken; None for a week without work."""
    for ahead in range(1, 15):
        candidate = day + timedelta(days=ahead)
        if candidate not in days and week.days[candidate.weekday()]:
            return candidate
    return None


def _rows(lines: Iterable[str]) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(lines, strict=True)
    for row in reader:
        yield reader.line_num, row


def _numbered(make: Callable[[dict[str, str]], Row], number: int, row: dict[str, str]) -> Row:
    try:
        return make(row)
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"line {number}: {fault}") from fault


def _production_day(row: dict[str, str]) -> ProductionDay:
    return ProductionDay(
        hours=DayHours(
            day=date.fromisoformat(row["day"]),
            intervals=None,
            kind=DayKind(row["kind"]).value,
            title=row["title"],
            replaces=date.fromisoformat(row["replaces"]) if row["replaces"] else None,
            shorter_by=int(row["shorter_by"]) if row["shorter_by"] else None,
        ),
        source=row["source"],
        confirmed=_yes(row["confirmed"]),
    )


def _deadline_rule(row: dict[str, str]) -> DeadlineRule:
    return DeadlineRule(
        term=Term(
            code=row["code"],
            amount=int(row["amount"]),
            unit=Unit(row["unit"]),
            roll=Roll(row["roll"]),
            counts_day_zero=_yes(row["counts_day_zero"]),
            cutoff=row["cutoff"] or None,
        ),
        regime=row["regime"],
        start=row["start"],
        stop=row["stop"],
        min_severity=int(row["min_severity"]),
        condition=row["condition"],
        is_active=_yes(row["is_active"]),
        warning_only=_yes(row["warning_only"]),
        source=row["source"],
        title=row["title_en"],
    )


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"yes or no, not {text!r}")
    return text == "yes"
