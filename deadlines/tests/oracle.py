"""A second, slow and obvious way to count, to check the fast one against.

Imports nothing from `deadlines`. It knows only raw rows (plain dicts and lists) and walks: minute
by minute along the clock for working time, day by day for day terms, reading the local wall clock
of every minute it passes.

Row: {"day": date, "kind": str, "hours": list of [start, end] or None, "replaces": date or None,
"shorter_by": int or None}. Week: seven lists of [start, end]. Minutes of the local day.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class OutsideCalendarError(Exception):
    """The walk left the calendar."""


class Oracle:
    def __init__(
        self,
        first: date,
        last: date,
        week: list[list[list[int]]],
        rows: list[dict[str, object]],
        zone: str,
    ) -> None:
        self.first, self.last, self.week, self.zone = first, last, week, ZoneInfo(zone)
        self.rows = {row["day"]: row for row in rows}
        self.known: dict[date, frozenset[int]] = {}

    def minutes(self, day: date) -> frozenset[int]:
        """The set of worked minutes of a day."""
        if not self.first <= day <= self.last:
            raise OutsideCalendarError(day)
        if day not in self.known:
            self.known[day] = frozenset(self._minutes(day))
        return self.known[day]

    def _minutes(self, day: date) -> set[int]:
        row = self.rows.get(day)
        if row is None:
            return self._usual(day.weekday())
        hours = row["hours"]
        if hours is not None:
            assert isinstance(hours, list)
            return {m for start, end in hours for m in range(start, end)}
        kind = row["kind"]
        if kind in ("holiday", "moved_off", "regional"):
            return set()
        worked = self._usual(day.weekday())
        stands_for_eve = False
        if kind == "moved_work":
            worked = set()
            replaces = row["replaces"]
            if isinstance(replaces, date):
                worked = self._usual(replaces.weekday())
                eve_of = self.rows.get(replaces + DAY)
                stands_for_eve = eve_of is not None and eve_of["kind"] == "holiday"
            for back in range(7):
                worked = worked or self._usual((day.weekday() - back) % 7)
        cut = row["shorter_by"]
        if cut is None:
            cut = 60 if kind == "shortened" or stands_for_eve else 0
        assert isinstance(cut, int)
        return set(sorted(worked)[: max(0, len(worked) - cut)])

    def _usual(self, weekday: int) -> set[int]:
        return {m for start, end in self.week[weekday] for m in range(start, end)}

    def works(self, moment: datetime) -> bool:
        """Whether the minute that begins at `moment` is a worked one."""
        local = moment.astimezone(self.zone)
        return local.hour * 60 + local.minute in self.minutes(local.date())

    def after_working_minutes(
        self, start: datetime, amount: int, cutoff: int | None
    ) -> tuple[datetime, datetime]:
        """First worked minute from `start` on, and the end of the `amount`-th worked minute."""
        now = start.astimezone(UTC).replace(second=0, microsecond=0)
        if cutoff is not None:
            local = now.astimezone(self.zone)
            if local.hour * 60 + local.minute >= cutoff:
                self.minutes(local.date())
                day = local.date()
                while now.astimezone(self.zone).date() == day:
                    now += MINUTE
        begun = None
        while amount:
            if self.works(now):
                begun = begun or now
                amount -= 1
            now += MINUTE
        assert begun is not None
        return begun, now

    def working_minutes(self, start: datetime, end: datetime) -> int:
        """Worked minutes from `start` to `end`, minus for the other direction."""
        now = start.astimezone(UTC).replace(second=0, microsecond=0)
        stop = end.astimezone(UTC).replace(second=0, microsecond=0)
        self.minutes(now.astimezone(self.zone).date())
        self.minutes(stop.astimezone(self.zone).date())
        if stop < now:
            return -self.working_minutes(stop, now)
        count = 0
        while now < stop:
            count += self.works(now)
            now += MINUTE
        return count

    def _day_zero(self, start: datetime, cutoff: int | None) -> tuple[date, int]:
        """Day of the start and its minute; a cutoff moves it to the next worked day's midnight."""
        local = start.astimezone(self.zone)
        day, minute = local.date(), local.hour * 60 + local.minute
        if cutoff is None:
            return day, minute
        if minute >= cutoff:
            day, minute = day + DAY, 0
        while not self.minutes(day):
            day, minute = day + DAY, 0
        return day, minute

    def after_working_days(
        self, start: datetime, amount: int, counts_day_zero: bool, cutoff: int | None
    ) -> datetime:
        """End of the last worked minute of the `amount`-th working day."""
        self.minutes(start.astimezone(self.zone).date())
        day, minute = self._day_zero(start, cutoff)
        worked = self.minutes(day)
        if counts_day_zero and worked and minute <= max(worked):
            amount -= 1
        while amount:
            day += DAY
            if self.minutes(day):
                amount -= 1
        last = max(self.minutes(day))
        wall = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(minutes=last)
        return wall.astimezone(UTC) + MINUTE

    def after_calendar_days(
        self, start: datetime, amount: int, counts_day_zero: bool, cutoff: int | None, roll: str
    ) -> datetime:
        """23:59:59 of the last day, moved off days off by `roll`."""
        zero, _ = self._day_zero(start, cutoff)
        first = zero if counts_day_zero else zero + DAY
        nominal = first
        for _ in range(amount - 1):
            nominal += DAY
        day = nominal
        if roll == "previous":
            while day >= first and not self.minutes(day):
                day -= DAY
            if day < first:
                day, roll = nominal, "next"
        if roll == "next":
            while not self.minutes(day):
                day += DAY
        wall = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=self.zone)
        return wall.astimezone(UTC)
