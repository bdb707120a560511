"""Calendar rows -> deadlines.WorkCalendar, cached for a process until a row changes."""

from datetime import date, timedelta
from functools import lru_cache

from django.contrib.postgres.aggregates import BoolAnd

from agencies.models import CalendarDay, User, WorkingCalendar
from agencies.stamps import CALENDARS, read_stamps, stamps_of
from deadlines import DayHours, WeekPlan, WorkCalendar
from deadlines.reference import ProductionDay, days_for_week


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _intervals(rows: list[list[str]]) -> tuple[tuple[int, int], ...]:
    return tuple((_minutes(start), _minutes(end)) for start, end in rows)


def week_plan(rows: list[list[list[str]]]) -> WeekPlan:
    """Seven lists of ["09:00", "13:00"] pairs, Monday first."""
    return WeekPlan(days=tuple(_intervals(day) for day in rows))


def day_of_row(row: CalendarDay) -> DayHours:
    return DayHours(
        day=row.day,
        intervals=None if row.intervals is None else _intervals(row.intervals),
        kind=row.kind,
        title=row.title,
        replaces=row.replaces,
        shorter_by=row.shorter_by,
    )


@lru_cache(maxsize=64)
def _build(calendar_id: int, _stamp: tuple[object, ...]) -> WorkCalendar:
    calendar = WorkingCalendar.objects.get(pk=calendar_id)
    days: dict[date, DayHours] = {}
    federal = list(CalendarDay.objects.filter(calendar=None).order_by("day"))
    own = list(CalendarDay.objects.filter(calendar_id=calendar_id).order_by("day"))
    week = week_plan(calendar.week)
    if calendar.follows_production:
        # Who rests on other days than Saturday and Sunday keeps the holidays, not the transfers.
        rows = [ProductionDay(day_of_row(row), row.source, row.confirmed) for row in federal]
        days.update(days_for_week(rows, week))
    days.update((row.day, day_of_row(row)) for row in own)
    years = {row.day.year for row in federal}
    confirmed = {row.day.year for row in federal if row.confirmed}
    first = date(min(years, default=2024), 1, 1)
    last = date(max(years, default=2027), 12, 31)
    return WorkCalendar(
        first=first,
        last=last,
        week=week,
        days=days,
        confirmed_until=date(max(confirmed), 12, 31) if confirmed else first - timedelta(days=1),
    )


def stamp_of(value: int | None) -> tuple[object, ...]:
    """Without a stamp (an emptied test database) nothing is ever the same."""
    return (value or object(),)


def calendar_stamp(user: User | None = None) -> tuple[object, ...]:
    """What differs once any calendar row was added, edited or deleted, in whatever process.

    One query; none for the `user` of a request, with whom it came.
    """
    stamps = read_stamps() if user is None else stamps_of(user)
    return stamp_of(stamps.get(CALENDARS))


def work_calendar(calendar_id: int, stamp: tuple[object, ...] | None = None) -> WorkCalendar:
    """The calendar as `deadlines` wants it; pass a stamp to share it across many cases."""
    return _build(calendar_id, stamp if stamp is not None else calendar_stamp())


def production_years() -> dict[int, bool]:
    """Years of the production calendar -> whether they stand on a published decree (one query)."""
    rows = CalendarDay.objects.filter(calendar=None).order_by().values_list("day__year")
    found = rows.annotate(confirmed=BoolAnd("confirmed"))
    return {year: bool(confirmed) for year, confirmed in found}
