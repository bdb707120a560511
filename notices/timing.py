"""When a mail may leave: plain Python over a person's hours, no database.

Nothing leaves in the quiet hours or on a quiet day; what came then leaves at their end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# No calendar has that many days off in a row; beyond them one is written to all the same.
_LONGEST_REST = 40


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's wishes in his own zone.

    `digests`: times of day of his digests, at least one. Quiet from `quiet_from` inclusive until
    `quiet_until` exclusive, over midnight where it is later; equal times mean no quiet hours.
    `is_workday` None: no day is quiet as a whole.
    """

    zone: ZoneInfo
    digests: tuple[time, ...]
    quiet_from: time
    quiet_until: time
    is_workday: Callable[[date], bool] | None = None


def is_quiet(at: datetime, hours: Hours) -> bool:
    local = at.astimezone(hours.zone)
    if hours.is_workday is not None and not hours.is_workday(local.date()):
        return True
    return _in_quiet_hours(local.time(), hours)


def _in_quiet_hours(now: time, hours: Hours) -> bool:
    start, end = hours.quiet_from, hours.quiet_until
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def after_quiet(at: datetime, hours: Hours) -> datetime:
    """The first moment from `at` on that is not quiet: `at` itself, or the end of the quiet."""
    if not is_quiet(at, hours):
        return at
    day = at.astimezone(hours.zone).date()
    for _ in range(_LONGEST_REST):
        for moment in _day_begins(day, hours):
            if moment >= at and not is_quiet(moment, hours):
                return moment
        day += DAY
    return at


def _day_begins(day: date, hours: Hours) -> list[datetime]:
    """Where a day may turn from quiet to not quiet: its first minute, the end of quiet hours."""
    return [
        datetime.combine(day, moment, hours.zone) for moment in sorted({time(0), hours.quiet_until})
    ]


def next_digest(at: datetime, hours: Hours) -> datetime:
    """The nearest digest from `at` on, moved out of the quiet."""
    day = at.astimezone(hours.zone).date()
    for _ in range(_LONGEST_REST):
        if hours.is_workday is None or hours.is_workday(day):
            for moment in sorted(hours.digests):
                when = datetime.combine(day, moment, hours.zone)
                if when >= at:
                    return after_quiet(when, hours)
        day += DAY
    return after_quiet(at, hours)
