"""Working hours of a day and of a week, as minutes of the local day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

Interval = tuple[int, int]
"""Start (inclusive) and end (exclusive) in minutes of the local day; 1440 is its midnight end."""

DAY_MINUTES = 24 * 60
HOUR_MINUTES = 60


class DayKind(StrEnum):
    """Why a day differs from the week plan."""

    HOLIDAY = "holiday"  # article 112(1) of the Labour Code
    MOVED_OFF = "moved_off"  # a day off moved here by article 112(2) or by decree
    MOVED_WORK = "moved_work"  # a Saturday or Sunday made working by decree
    SHORTENED = "shortened"  # eve of a holiday, an hour less: article 95(1) of the Labour Code
    REGIONAL = "regional"  # day off by a regional law
    SPECIAL = "special"  # the agency's own hours of that day


CLOSED_UNLESS_HOURS_GIVEN = frozenset({DayKind.HOLIDAY, DayKind.MOVED_OFF, DayKind.REGIONAL})


def minute_of_day(text: str) -> int:
    """Minutes since midnight of `HH:MM`; `24:00` is the end of the day. ValueError otherwise."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        raise ValueError(f"not a time of day: {text!r}")
    value = int(hours) * HOUR_MINUTES + int(minutes)
    if int(minutes) >= HOUR_MINUTES or value > DAY_MINUTES:
        raise ValueError(f"not a time of day: {text!r}")
    return value


def clock(minute: int) -> str:
    """`HH:MM` of a minute of the day; 1440 gives `24:00`."""
    return f"{minute // HOUR_MINUTES:02d}:{minute % HOUR_MINUTES:02d}"


def check_intervals(intervals: tuple[Interval, ...]) -> None:
    """ValueError unless the intervals are within a day, not empty, in order and apart."""
    earliest = 0
    for start, end in intervals:
        if not earliest <= start < end <= DAY_MINUTES:
            raise ValueError(f"working hours out of order or outside the day: {intervals}")
        earliest = end


def shorten(intervals: tuple[Interval, ...], minutes: int) -> tuple[Interval, ...]:
    """The same hours without their last `minutes`, taken over a break if the last part is short."""
    left = list(intervals)
    while minutes > 0 and left:
        start, end = left.pop()
        kept = max(start, end - minutes)
        minutes -= end - kept
        if kept > start:
            left.append((start, kept))
    return tuple(left)


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """Usual hours of the seven weekdays, Monday first; () is a closed day.

    Work past midnight is written as two parts: until 1440 and from 0 of the next weekday.
    """

    days: tuple[tuple[Interval, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise ValueError(f"a week has 7 days, not {len(self.days)}")
        for intervals in self.days:
            check_intervals(intervals)

    @classmethod
    def five_day(
        cls,
        start: str = "09:00",
        end: str = "18:00",
        lunch: tuple[str, str] | None = ("13:00", "14:00"),
    ) -> Self:
        """Monday to Friday with the same hours; `lunch=None` works without a break."""
        opening, closing = minute_of_day(start), minute_of_day(end)
        if lunch is None:
            hours: tuple[Interval, ...] = ((opening, closing),)
        else:
            pause, back = (minute_of_day(text) for text in lunch)
            hours = ((opening, pause), (back, closing))
        return cls((hours,) * 5 + ((), ()))

    @property
    def rests_on_saturday_and_sunday(self) -> bool:
        """Whether the Government's transfers of days off concern this week (see `reference`)."""
        return not self.days[5] and not self.days[6]


@dataclass(frozen=True, slots=True)
class DayHours:
    """A day that differs from the week plan.

    `intervals` None: closed for a holiday, a moved or a regional day off; the week plan's hours
    less an hour at the end for `shortened`; the hours of the replaced day's weekday for
    `moved_work` (without `replaces`: of its own weekday, or of the nearest open weekday before
    it); the week plan's hours for `special`.

    `shorter_by` takes minutes from the end where `intervals` is None. None means 60 for
    `shortened`, and for a `moved_work` day whose replaced day is the eve of a holiday (order of
    the Ministry of Health 588н of 13.08.2009, paragraph 1); 0 for the rest.
    """

    day: date
    intervals: tuple[Interval, ...] | None
    kind: str
    title: str = ""
    replaces: date | None = None
    shorter_by: int | None = None

    def __post_init__(self) -> None:
        DayKind(self.kind)
        if self.intervals is not None:
            check_intervals(self.intervals)
        if self.shorter_by is not None and self.shorter_by < 0:
            raise ValueError(f"a day cannot be shorter by {self.shorter_by} minutes")

    def hours(self, week: WeekPlan, *, stands_for_eve: bool = False) -> tuple[Interval, ...]:
        """The hours of this day under a week plan; the calendar knows what a moved day replaces."""
        if self.intervals is not None:
            return self.intervals
        if self.kind in CLOSED_UNLESS_HOURS_GIVEN:
            return ()
        moved = self.kind == DayKind.MOVED_WORK
        less = self.shorter_by
        if less is None:
            eve = self.kind == DayKind.SHORTENED or (moved and stands_for_eve)
            less = HOUR_MINUTES if eve else 0
        return shorten(self._replaced_hours(week) if moved else self._own(week), less)

    def _own(self, week: WeekPlan) -> tuple[Interval, ...]:
        return week.days[self.day.weekday()]

    def _replaced_hours(self, week: WeekPlan) -> tuple[Interval, ...]:
        if self.replaces is not None and (hours := week.days[self.replaces.weekday()]):
            return hours
        weekday = self.day.weekday()
        return next((h for back in range(7) if (h := week.days[(weekday - back) % 7])), ())
