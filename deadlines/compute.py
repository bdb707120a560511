"""Due moments and the working time between two moments.

Seconds: the count runs in whole minutes and the start is rounded down to its minute, so that what
is shown («с 10:12») is what was counted. An official thereby has up to 59 seconds less, never
more; `Due.started_at` keeps the seconds.

Zones: working hours are hours of the agency's wall clock. Any IANA zone will do. Elapsed hours
(`Unit.HOURS`) run in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from deadlines.due import Action, Due, Skipped, Step
from deadlines.hours import minute_of_day
from deadlines.terms import Roll, Term, Unit
from deadlines.workcalendar import CalendarGap, DayTable, WorkCalendar, epoch_minute, moment_of

ONE_DAY = timedelta(days=1)
LAST_SECOND = timedelta(seconds=-1)


def compute_due(term: Term, start: datetime, *, calendar: WorkCalendar, zone: ZoneInfo) -> Due:
    """When a term that starts at `start` (aware) ends.

    Working time begins at the next opening when `start` lies in closed hours. Working days: the
    day of the start is not counted unless the term says so; a start at or after that day's last
    closing never counts it. Calendar days: see `Roll`; a term is moved to the preceding working
    day only if that day lies within the count, otherwise to the next one (three days from 1
    January cannot end in December).

    CalendarGap when a day is needed that the calendar does not have. ValueError for a naive start.
    """
    if start.tzinfo is None or start.utcoffset() is None:
        raise ValueError("a start needs a time zone")
    return _due(term, start, calendar.table(zone))


def due_many(
    term: Term, starts: Iterable[datetime], *, calendar: WorkCalendar, zone: ZoneInfo
) -> list[Due]:
    """`compute_due` for many starts of one term, in their order."""
    return [compute_due(term, start, calendar=calendar, zone=zone) for start in starts]


def working_minutes_between(
    start: datetime, end: datetime, *, calendar: WorkCalendar, zone: ZoneInfo
) -> int:
    """Working minutes from `start` to `end`, both rounded down to the minute.

    Negative when `end` is earlier: minus the working time passed since it. CalendarGap when
    either lies outside the calendar.
    """
    table = calendar.table(zone)
    first, last = epoch_minute(start), epoch_minute(end)
    for minute in (first, last):
        table.index(table.local_day(minute))
    return table.worked_before(last) - table.worked_before(first)


def moment_at_share(due: Due, share: float, *, calendar: WorkCalendar, zone: ZoneInfo) -> datetime:
    """When `share` (0..1) of a term has passed, for warnings at 50 % and 80 %.

    Working units are measured in working minutes between `counted_from` and `moment`, the others
    in elapsed time; rounded up to a whole minute.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    part = Fraction(share).limit_denominator(10_000)
    if due.term.unit in (Unit.CALENDAR_DAYS, Unit.HOURS):
        first, last = epoch_minute(due.counted_from), epoch_minute(due.moment)
        return moment_of(first - (-(last - first) * part).__floor__())
    table = calendar.table(zone)
    first = epoch_minute(due.counted_from)
    passed = table.worked_before(first)
    whole = table.worked_before(epoch_minute(due.moment)) - passed
    minutes = -(-whole * part).__floor__()
    if minutes == 0:
        return due.counted_from
    return moment_of(_end_of(table, passed + minutes)[0])


def _due(term: Term, start: datetime, table: DayTable) -> Due:
    started_at = start.astimezone(UTC)
    minute = epoch_minute(started_at)
    if term.unit is Unit.HOURS:
        return _elapsed(term, started_at, minute, table)
    if (needed := term.working_minutes) is not None:
        return _working_time(term, needed, started_at, minute, table)
    if term.unit is Unit.WORKING_DAYS:
        return _working_days(term, started_at, minute, table)
    return _calendar_days(term, started_at, minute, table)


def _elapsed(term: Term, started_at: datetime, minute: int, table: DayTable) -> Due:
    return Due(
        moment=moment_of(minute + term.amount * 60),
        term=term,
        started_at=started_at,
        counted_from=moment_of(minute),
        zone=table.zone.key,
        steps=(),
        skipped=(),
        confirmed=True,
    )


def _end_of(table: DayTable, target: int) -> tuple[int, int]:
    """Epoch minute at which `target` working minutes of the table are full, and its stretch."""
    at = bisect_left(table.after, target)
    if at == len(table.after):
        raise CalendarGap(table.last + ONE_DAY)
    return table.opens[at] + target - table.before[at], at


def _working_time(
    term: Term, needed: int, started_at: datetime, minute: int, table: DayTable
) -> Due:
    first_day = table.index(table.local_day(minute))
    begin = _after_cutoff(term, minute, table)
    first = bisect_right(table.closes, begin)
    if first == len(table.closes):
        raise CalendarGap(table.last + ONE_DAY)
    begin = max(begin, table.opens[first])
    passed = table.before[first] + begin - table.opens[first]
    end, last = _end_of(table, passed + needed)
    due_day = table.spans[last].day
    return Due(
        moment=moment_of(end),
        term=term,
        started_at=started_at,
        counted_from=moment_of(begin),
        zone=table.zone.key,
        steps=_time_steps(table, first, last, begin, end),
        skipped=table.skipped(first_day, due_day),
        confirmed=table.days[due_day].day <= table.confirmed_until,
    )


def _time_steps(table: DayTable, first: int, last: int, begin: int, end: int) -> tuple[Step, ...]:
    """One step for each day on which time was counted; stretches `first`..`last` inclusive."""
    steps: list[Step] = []
    at = first
    while at <= last:
        index = table.spans[at].day
        head = at
        while at < last and table.spans[at + 1].day == index:
            at += 1
        opens = max(begin, table.opens[head])
        closes = min(end, table.closes[at])
        minutes = (table.before[at] + closes - table.opens[at]) - (
            table.before[head] + opens - table.opens[head]
        )
        view = table.days[index]
        steps.append(
            Step(
                Action.COUNT,
                view.day,
                view.kind,
                view.title,
                view.intervals,
                table.spans[head].start + opens - table.opens[head],
                table.spans[at].start + closes - table.opens[at],
                minutes,
            )
        )
        at += 1
    return tuple(steps)


def _after_cutoff(term: Term, minute: int, table: DayTable) -> int:
    """The start itself, or the next local midnight when it came at or after the cutoff."""
    if term.cutoff is None:
        return minute
    day = table.local_day(minute)
    if minute < table.minute_at(day, minute_of_day(term.cutoff)):
        return minute
    return table.minute_at(day + ONE_DAY, 0)


def _day_zero(term: Term, minute: int, table: DayTable) -> tuple[date, int]:
    """The day the term takes as its start, and the minute of the start on it."""
    day = table.local_day(minute)
    if term.cutoff is None:
        return day, minute
    begin = _after_cutoff(term, minute, table)
    day = table.local_day(begin)
    index = table.index(day)
    if table.days[index].intervals:
        return day, begin
    day = table.days[table.next_workday(index)].day
    return day, table.minute_at(day, 0)


def _working_days(term: Term, started_at: datetime, minute: int, table: DayTable) -> Due:
    start_index = table.index(table.local_day(minute))
    day, begin = _day_zero(term, minute, table)
    zero = table.index(day)
    counted_zero = term.counts_day_zero and begin < _closing(table, zero)
    steps: list[Step] = []
    if counted_zero:
        first = zero
    else:
        first = table.next_workday(zero)
        steps.append(_view_step(Action.DAY_ZERO, table, zero))
    at = bisect_left(table.workdays, first)
    if at + term.amount > len(table.workdays):
        raise CalendarGap(table.last + ONE_DAY)
    counted = table.workdays[at : at + term.amount]
    steps.extend(_view_step(Action.COUNT, table, index) for index in counted)
    last = counted[-1]
    opening = table.minute_at(table.days[first].day, table.days[first].intervals[0][0])
    return Due(
        moment=moment_of(_closing(table, last)),
        term=term,
        started_at=started_at,
        counted_from=moment_of(max(opening, begin) if counted_zero else opening),
        zone=table.zone.key,
        steps=tuple(steps),
        skipped=table.skipped(start_index, last),
        confirmed=table.days[last].day <= table.confirmed_until,
    )


def _closing(table: DayTable, index: int) -> int:
    """Epoch minute of a day's last closing; of its midnight start for a closed day."""
    view = table.days[index]
    return table.minute_at(view.day, view.intervals[-1][1] if view.intervals else 0)


def _view_step(action: Action, table: DayTable, index: int) -> Step:
    view = table.days[index]
    if not view.intervals:
        return Step(action, view.day, view.kind, view.title)
    minutes = 0
    if action is Action.COUNT:
        minutes = sum(end - start for start, end in view.intervals)
    return Step(
        action,
        view.day,
        view.kind,
        view.title,
        view.intervals,
        view.intervals[0][0],
        view.intervals[-1][1],
        minutes,
    )


def _calendar_days(term: Term, started_at: datetime, minute: int, table: DayTable) -> Due:
    zero, begin = _day_zero(term, minute, table)
    first = zero if term.counts_day_zero else zero + ONE_DAY
    last = first + timedelta(days=term.amount - 1)
    asked = [zero] if term.cutoff is not None else []
    steps: list[Step] = []
    skipped: tuple[Skipped, ...] = ()
    if term.roll is Roll.NONE:
        steps.append(Step(Action.LAST_DAY, last))
        final = last
    else:
        nominal = table.index(last)
        final_index = _rolled(term.roll, nominal, first, table)
        steps.append(_view_step(Action.LAST_DAY, table, nominal))
        final = table.days[final_index].day
        asked += [last, final]
        if final_index != nominal:
            steps.append(_view_step(Action.ROLL, table, final_index))
            skipped = table.skipped(min(nominal, final_index), max(nominal, final_index))
    midnight = table.minute_at(first, 0)
    return Due(
        moment=moment_of(table.minute_at(final + ONE_DAY, 0)) + LAST_SECOND,
        term=term,
        started_at=started_at,
        counted_from=moment_of(max(midnight, begin) if first == zero else midnight),
        zone=table.zone.key,
        steps=tuple(steps),
        skipped=skipped,
        confirmed=all(day <= table.confirmed_until for day in asked),
    )


def _rolled(roll: Roll, nominal: int, first: date, table: DayTable) -> int:
    """Index of the working day on which a calendar-day term really ends."""
    if table.days[nominal].intervals:
        return nominal
    if roll is Roll.PREVIOUS:
        try:
            before = table.previous_workday(nominal)
        except CalendarGap:
            if first < table.first:
                raise
        else:
            if table.days[before].day >= first:
                return before
    return table.next_workday(nominal)
