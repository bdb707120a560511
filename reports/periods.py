"""Periods of figures: whole local days, both ends included."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from reports.models import Keeping

DAY = timedelta(days=1)
LONGEST = 366 * 3
KINDS = ("week", "month", "quarter", "own")


def region_today() -> date:
    """Today where the days of the facts are counted (one query)."""
    return timezone.localdate(timezone=region_zone())


def region_zone() -> ZoneInfo:
    """Where the days of the facts are counted (one query)."""
    zone = Keeping.objects.values_list("zone", flat=True).first()
    return ZoneInfo(zone or settings.TIME_ZONE)


def _month(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends before it begins")
        if self.days > LONGEST:
            raise ValueError("a period of more than three years")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @classmethod
    def week(cls, today: date) -> Self:
        """The seven days that end today."""
        return cls(today - 6 * DAY, today)

    @classmethod
    def month(cls, today: date) -> Self:
        return cls(today.replace(day=1), _end_of_month(today))

    @classmethod
    def quarter(cls, today: date) -> Self:
        first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        return cls(first, _end_of_month(_month(first, 2)))

    def previous(self) -> Self:
        """The same stretch before: whole months before whole months, else as many days."""
        whole = self.first.day == 1 and self.last == _end_of_month(self.last)
        if whole:
            months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
            return type(self)(_month(self.first, -months - 1), self.first - DAY)
        return type(self)(self.first - self.days * DAY, self.first - DAY)

    def run(self, count: int) -> list[Self]:
        """This period and those before it, oldest first."""
        found = [self]
        while len(found) < count:
            found.append(found[-1].previous())
        return found[::-1]

    def until(self, today: date) -> Self | None:
        """What of it is over; None where nothing is."""
        last = min(self.last, today - DAY)
        return None if last < self.first else type(self)(self.first, last)

    def spans(self) -> Iterator[tuple[str, date, date]]:
        """Rows of counters that add up to it: ("m" or "d", first start, last start).

        Whole months are one row, the running one and those to come too; what is left at both
        ends is single days.
        """
        first_month = self.first if self.first.day == 1 else _month(self.first, 1)
        after_month = (self.last + DAY).replace(day=1)
        if first_month < after_month:
            if self.first < first_month:
                yield "d", self.first, first_month - DAY
            yield "m", first_month, _month(after_month, -1)
            if after_month <= self.last:
                yield "d", after_month, self.last
        else:
            yield "d", self.first, self.last

    def starts(self) -> Iterator[tuple[str, date]]:
        """The same row by row: ("m" or "d", start)."""
        for span, start, last in self.spans():
            while start <= last:
                yield span, start
                start = _month(start, 1) if span == "m" else start + DAY

    def coming(self, today: date) -> Self | None:
        """Days that are not over and lie in a month `spans` gives as one row; None without.

        On the first of a month there are none: nothing of that row is over.
        """
        end = _end_of_month(today)
        within = self.first <= today.replace(day=1) and self.last >= end
        return type(self)(today, end) if within and today.day > 1 else None


def chosen(given: Mapping[str, str], today: date) -> tuple[str, Period]:
    """(kind, period) out of an address: `period`, or `from` and `to`; a week without them.

    ValueError for what is no period.
    """
    kind = given.get("period", "")
    first, last = given.get("from", ""), given.get("to", "")
    if kind in ("week", "month", "quarter"):
        made: Period = getattr(Period, kind)(today)
        return kind, made
    if first or last:
        return "own", Period(_date(first), _date(last))
    return "week", Period.week(today)


def _date(text: str) -> date:
    return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
