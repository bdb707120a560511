"""A working calendar: a week plan and the days that differ from it, within known bounds."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from deadlines.due import Skipped
from deadlines.hours import DAY_MINUTES, DayHours, DayKind, Interval, WeekPlan

WORKDAY = "workday"
WEEKEND = "weekend"


class CalendarGap(LookupError):
    """The calendar does not know a day that the count needs; `day` is that day."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no working calendar for {day:%d.%m.%Y}")
        self.day = day


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working time of an agency from `first` to `last`, both inclusive.

    `days`: the days that differ from the week plan, by date. `confirmed_until`: the last day of
    the part that stands on a published decree; later days are a forecast.
    """

    first: date
    last: date
    week: WeekPlan
    days: Mapping[date, DayHours]
    confirmed_until: date
    _tables: dict[str, "DayTable"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"a calendar cannot end ({self.last}) before it begins ({self.first})")
        for day, row in self.days.items():
            if day != row.day:
                raise ValueError(f"the row of {row.day} stands under {day}")
        object.__setattr__(self, "days", MappingProxyType(dict(self.days)))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles the values only: a mapping proxy cannot be pickled, the tables need not be."""
        values = (self.first, self.last, self.week, dict(self.days), self.confirmed_until)
        return (WorkCalendar, values)

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """Working hours of a day; CalendarGap outside `first`..`last`."""
        if not self.first <= day <= self.last:
            raise CalendarGap(day)
        row = self.days.get(day)
        if row is None:
            return self.week.days[day.weekday()]
        return row.hours(self.week, stands_for_eve=self._stands_for_eve(row))

    def _stands_for_eve(self, row: DayHours) -> bool:
        if row.replaces is None:
            return False
        following = self.days.get(row.replaces + timedelta(days=1))
        return following is not None and following.kind == DayKind.HOLIDAY

    def is_workday(self, day: date) -> bool:
        """Whether the agency works at all on that day; CalendarGap outside `first`..`last`."""
        return bool(self.intervals(day))

    def table(self, zone: ZoneInfo) -> "DayTable":
        """The calendar laid out in UTC minutes for one zone; built once (about 10 ms) and kept."""
        table = self._tables.get(zone.key)
        if table is None:
            table = self._tables[zone.key] = DayTable(self, zone)
        return table


class DayView(NamedTuple):
    """A day as a reader sees it."""

    day: date
    kind: str
    title: str
    intervals: tuple[Interval, ...]


class Span(NamedTuple):
    """An open stretch in minutes of the Unix epoch, and where it lies in the local day."""

    day: int  # index into `DayTable.days`
    start: int  # minute of the local day
    opens: int
    closes: int


class DayTable:
    """All working time of a calendar in one zone, in order, with running totals.

    Stretches are taken as moments, so that a clock change inside one makes it longer or shorter,
    as it is for those who work through it. Where a clock change makes a boundary ambiguous the
    first of the two moments counts.
    """

    def __init__(self, calendar: WorkCalendar, zone: ZoneInfo) -> None:
        self.zone = zone
        self.first = calendar.first
        self.last = calendar.last
        self.confirmed_until = calendar.confirmed_until
        self.days: list[DayView] = []
        self.spans: list[Span] = []
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.before: list[int] = []  # working minutes before each stretch
        self.after: list[int] = []  # ... and up to its end
        self.workdays: list[int] = []
        self.days_off: list[int] = []
        self.off_rows: list[Skipped] = []
        for index in range((calendar.last - calendar.first).days + 1):
            self._add_day(calendar, index)

    def _add_day(self, calendar: WorkCalendar, index: int) -> None:
        day = calendar.first + timedelta(days=index)
        hours = calendar.intervals(day)
        row = calendar.days.get(day)
        if row is None:
            view = DayView(day, WORKDAY if hours else WEEKEND, "", hours)
        else:
            view = DayView(day, str(row.kind), row.title, hours)
        self.days.append(view)
        if hours:
            self.workdays.append(index)
        else:
            self.days_off.append(index)
            self.off_rows.append(Skipped(day, view.kind, view.title))
        for start, end in hours:
            self._add_span(index, day, start, end)

    def _add_span(self, index: int, day: date, start: int, end: int) -> None:
        opens = self.minute_at(day, start)
        if self.closes:
            opens = max(opens, self.closes[-1])
        closes = self.minute_at(day, end)
        if closes <= opens:  # swallowed by a clock change
            return
        total = self.after[-1] if self.after else 0
        self.spans.append(Span(index, start, opens, closes))
        self.opens.append(opens)
        self.closes.append(closes)
        self.before.append(total)
        self.after.append(total + closes - opens)

    def minute_at(self, day: date, minute: int) -> int:
        """Epoch minute of a minute of the local day."""
        if minute == DAY_MINUTES:
            day, minute = day + timedelta(days=1), 0
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self.zone)
        return epoch_minute(local)

    def local_day(self, minute: int) -> date:
        """Local date of an epoch minute."""
        return datetime.fromtimestamp(minute * 60, self.zone).date()

    def index(self, day: date) -> int:
        """Index of a day; CalendarGap outside the calendar."""
        if not self.first <= day <= self.last:
            raise CalendarGap(day)
        return day.toordinal() - self.first.toordinal()

    def next_workday(self, index: int, count: int = 1) -> int:
        """Index of the `count`-th working day after `index`, itself not counted."""
        at = bisect_right(self.workdays, index) + count - 1
        if at >= len(self.workdays):
            raise CalendarGap(self.last + timedelta(days=1))
        return self.workdays[at]

    def previous_workday(self, index: int) -> int:
        """Index of the last working day before `index`."""
        at = bisect_left(self.workdays, index) - 1
        if at < 0:
            raise CalendarGap(self.first - timedelta(days=1))
        return self.workdays[at]

    def skipped(self, first: int, last: int) -> tuple[Skipped, ...]:
        """Days off from `first` to `last`, both inclusive."""
        rows = self.off_rows
        return tuple(rows[bisect_left(self.days_off, first) : bisect_right(self.days_off, last)])

    def worked_before(self, minute: int) -> int:
        """Working minutes from the calendar's beginning to an epoch minute."""
        at = bisect_right(self.opens, minute) - 1
        if at < 0:
            return 0
        return self.before[at] + min(minute, self.closes[at]) - self.opens[at]


def epoch_minute(moment: datetime) -> int:
    """Whole minutes since the epoch, seconds dropped."""
    return int(moment.timestamp() // 60)


def moment_of(minute: int) -> datetime:
    """UTC moment of an epoch minute."""
    return datetime.fromtimestamp(minute * 60, UTC)
