"""Words for due moments: how a term was counted, and how much working time is left."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import MONTHS_ALT
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from deadlines import Action, Due, Interval, Roll, Skipped, Step, Unit, clock, minute_of_day

ONE_DAY = timedelta(days=1)
WHOLE_HOUR = 60
LUNCH_STARTS = range(11 * 60, 15 * 60 + 1)
LONGEST_LUNCH = 2 * 60
_WEEKDAYS = (
    pgettext_lazy("weekday", "Monday"),
    pgettext_lazy("weekday", "Tuesday"),
    pgettext_lazy("weekday", "Wednesday"),
    pgettext_lazy("weekday", "Thursday"),
    pgettext_lazy("weekday", "Friday"),
    pgettext_lazy("weekday", "Saturday"),
    pgettext_lazy("weekday", "Sunday"),
)
_WEEKDAYS_OF = (
    pgettext_lazy("weekday, genitive", "Monday"),
    pgettext_lazy("weekday, genitive", "Tuesday"),
    pgettext_lazy("weekday, genitive", "Wednesday"),
    pgettext_lazy("weekday, genitive", "Thursday"),
    pgettext_lazy("weekday, genitive", "Friday"),
    pgettext_lazy("weekday, genitive", "Saturday"),
    pgettext_lazy("weekday, genitive", "Sunday"),
)


def explain_clock(explanation: dict[str, Any]) -> str:
    """`explain_due` of a stored clock: also promised days, extensions, terms taken from another."""
    if explanation.get("bound_to"):
        return _("together with the citizen's term")  # told there already, with its extensions
    if "named" in explanation:
        day = date.fromisoformat(explanation["named"])
        parts = [_("the day was named with the request: %(day)s") % {"day": _day_year(day)}]
    elif "promise" in explanation:
        day = date.fromisoformat(explanation["promise"])
        parts = [_("promised to the citizen until %(day)s") % {"day": _day_year(day)}]
    else:
        # An import brings terms without their reasoning; what moved them is told all the same.
        parts = [explain_due(explanation)] if "version" in explanation else []
    for step in explanation.get("extended", []):
        if "waiting" in step:
            parts.append(_waited(step))
            continue
        until = localtime(datetime.fromisoformat(step["until"]))
        values = {
            "day": _day_year(until),
            "time": f"{until:%H:%M}",
            "who": step.get("by", ""),
            "reason": step.get("reason", ""),
        }
        parts.append(_("extended until %(day)s, %(time)s by %(who)s: %(reason)s") % values)
    return "; ".join(part for part in parts if part)


def _waited(step: dict[str, Any]) -> str:
    """«ждали ответа жителя с 8 июня, 12:00 по 9 июня, 10:00; срок — 10 июня, 11:00»."""
    moments = {
        name: localtime(datetime.fromisoformat(step[name]))
        for name in ("waiting", "ended", "until")
        if name in step
    }
    words = {name: f"{_day_year(at)}, {at:%H:%M}" for name, at in moments.items()}
    if "ended" in words:
        return (
            _("the citizen was waited for from %(waiting)s to %(ended)s: until %(until)s") % words
        )
    return _("the citizen is waited for since %(waiting)s: until %(until)s") % words


def explain_due(explanation: dict[str, Any]) -> str:
    """One sentence from `Due.as_json()`: what was counted from when, what not, and the term.

    «8 рабочих часов с 10:12 четверга 11 июня 2026 (предпраздничный, до 17:00, обед 13–14);
    12–14 июня не считаются; срок — понедельник 15 июня, 11:12».
    """
    due = Due.from_json(explanation)
    zone = ZoneInfo(due.zone)
    start, end = due.started_at.astimezone(zone), due.moment.astimezone(zone)
    if due.term.unit is Unit.CALENDAR_DAYS:
        parts = [*_calendar_days(due, zone), _term_end(end, start, with_time=False)]
    else:
        if due.term.unit is Unit.WORKING_DAYS:
            parts = [*_working_days(due, start), *_unusual(due.steps)]
        else:  # the first day is told in brackets
            parts = [*_time(due, start, zone), *_unusual(due.steps[1:])]
        parts += _not_counted(due.skipped)
        parts.append(_term_end(end, start, with_time=True))
    if not due.confirmed:
        parts.append(
            _("the working calendar of %(year)d is not confirmed yet, the term is preliminary")
            % {"year": end.year}
        )
    return "; ".join(parts)


def time_left(minutes: int) -> str:
    """Working time in words: «2 ч 15 мин», «−1 ч 40 мин» when it has run out."""
    hours, rest = divmod(abs(minutes), WHOLE_HOUR)
    if hours and rest:
        words = _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    elif hours:
        words = _("%(hours)d h") % {"hours": hours}
    else:
        words = _("%(minutes)d min") % {"minutes": rest}
    return f"−{words}" if minutes < 0 else words


def _time(due: Due, start: datetime, zone: ZoneInfo) -> list[str]:
    """Working minutes and hours, elapsed hours."""
    counted_from = due.counted_from.astimezone(zone)
    parts = []
    if due.term.unit is not Unit.HOURS and counted_from > start:
        parts.append(_waiting(due, start))
    about = _about(due.steps[0]) if due.steps else ""
    words = _("%(amount)s from %(time)s on %(weekday)s %(day)s") % {
        "amount": _amount(due),
        "time": f"{counted_from:%H:%M}",
        "weekday": _weekday_of(counted_from),
        "day": _day_year(counted_from),
    }
    parts.append(f"{words} ({about})" if about else words)
    return parts


def _waiting(due: Due, start: datetime) -> str:
    values = {"day": _day_year(start), "time": f"{start:%H:%M}", "cutoff": due.term.cutoff}
    cutoff = due.term.cutoff
    if cutoff and start.hour * 60 + start.minute >= minute_of_day(cutoff):
        return _("%(day)s, %(time)s is after %(cutoff)s, counted as the next working day") % values
    return _("%(day)s, %(time)s is outside working hours") % values


def _working_days(due: Due, start: datetime) -> list[str]:
    first = due.steps[0]
    parts = []
    if first.day > start.date() and due.term.cutoff is not None:
        parts.append(_waiting(due, start))
    values = {
        "amount": _amount(due),
        "weekday": _weekday_of(first.day),
        "day": _day_year(first.day),
    }
    if first.action is Action.DAY_ZERO:
        parts.append(_("%(amount)s after %(weekday)s %(day)s") % values)
    else:
        parts.append(_("%(amount)s counting from %(weekday)s %(day)s itself") % values)
    return parts


def _calendar_days(due: Due, zone: ZoneInfo) -> list[str]:
    first = due.counted_from.astimezone(zone).date()
    start = due.started_at.astimezone(zone)
    zero = first if due.term.counts_day_zero else first - ONE_DAY
    parts = []
    if zero > start.date():
        parts.append(_waiting(due, start))
    values = {"amount": _amount(due), "weekday": _weekday_of(zero), "day": _day_year(zero)}
    if due.term.counts_day_zero:
        parts.append(_("%(amount)s counting from %(weekday)s %(day)s itself") % values)
    else:
        parts.append(_("%(amount)s after %(weekday)s %(day)s") % values)
    if due.steps[-1].action is Action.ROLL:
        parts += _rolled(due, *due.steps)
    return parts


def _rolled(due: Due, nominal: Step, final: Step) -> list[str]:
    parts = [
        _("the last day, %(weekday)s %(day)s, is a day off")
        % {"weekday": _weekday(nominal.day), "day": _day(nominal.day)}
    ]
    if final.day < nominal.day:
        parts.append(_("moved to the preceding working day"))
    elif due.term.roll is Roll.PREVIOUS:
        parts.append(_("no working day before it, moved to the next one"))
    else:
        parts.append(_("moved to the next working day"))
    return parts


def _amount(due: Due) -> str:
    n = due.term.amount
    match due.term.unit:
        case Unit.WORKING_MINUTES:
            words = ngettext("%(n)d working minute", "%(n)d working minutes", n)
        case Unit.WORKING_HOURS:
            words = ngettext("%(n)d working hour", "%(n)d working hours", n)
        case Unit.WORKING_DAYS:
            words = ngettext("%(n)d working day", "%(n)d working days", n)
        case Unit.CALENDAR_DAYS:
            words = ngettext("%(n)d calendar day", "%(n)d calendar days", n)
        case Unit.HOURS:
            words = ngettext("%(n)d hour", "%(n)d hours", n)
    return words % {"n": n}


def _term_end(end: datetime, start: datetime, *, with_time: bool) -> str:
    day = _day(end) if end.year == start.year else _day_year(end)
    if not with_time:
        return _("due %(weekday)s %(day)s, before midnight") % {
            "weekday": _weekday(end),
            "day": day,
        }
    return _("due %(weekday)s %(day)s, %(time)s") % {
        "weekday": _weekday(end),
        "day": day,
        "time": f"{end:%H:%M}",
    }


def _about(step: Step) -> str:
    """A day in brackets: its kind when unusual, when it closes, its break."""
    words = [_kind(step.kind), _until(step.intervals), _breaks(step.intervals)]
    return ", ".join(word for word in words if word)


def _unusual(counted: Iterable[Step]) -> list[str]:
    """Counted days whose hours are not those of the week plan."""
    return [
        f"{_day(step.day)} — {_kind(step.kind)}, {_until(step.intervals)}"
        for step in counted
        if step.action is Action.COUNT and _kind(step.kind)
    ]


def _until(intervals: tuple[Interval, ...]) -> str:
    return _("until %(time)s") % {"time": clock(intervals[-1][1])} if intervals else ""


def _breaks(intervals: tuple[Interval, ...]) -> str:
    gaps = [
        (end, start)
        for (_start, end), (start, _end) in zip(intervals, intervals[1:], strict=False)
        if start > end
    ]
    if not gaps:
        return ""
    spans = ", ".join(_span(start, end) for start, end in gaps)
    start, end = gaps[0]
    if len(gaps) == 1 and start in LUNCH_STARTS and end - start <= LONGEST_LUNCH:
        return _("lunch %(span)s") % {"span": spans}
    return _("break %(span)s") % {"span": spans}


def _span(start: int, end: int) -> str:
    if start % WHOLE_HOUR == 0 and end % WHOLE_HOUR == 0:
        return f"{start // WHOLE_HOUR}–{end // WHOLE_HOUR}"
    return f"{clock(start)}–{clock(end)}"


def _kind(kind: str) -> str:
    match kind:
        case "shortened":
            return _("eve of a holiday")
        case "moved_work":
            return _("working day moved here by decree")
        case "special":
            return _("special working hours")
        case "holiday" | "moved_off" | "regional":
            return _("work on a day off")
    return ""


def _not_counted(skipped: tuple[Skipped, ...]) -> list[str]:
    if not skipped:
        return []
    days = {"days": _ranges([row.day for row in skipped])}
    if len(skipped) == 1:
        return [_("%(days)s is not counted") % days]
    return [_("%(days)s are not counted") % days]


def _ranges(days: list[date]) -> str:
    """Days in order as ranges: «12–14, 20–21 июня», «31 декабря – 11 января»."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + ONE_DAY == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    words = []
    for at, (first, last) in enumerate(runs):
        if first.month != last.month:
            words.append(f"{_day(first)} – {_day(last)}")
            continue
        span = f"{first.day}" if first == last else f"{first.day}–{last.day}"
        following = runs[at + 1] if at + 1 < len(runs) else None
        month_follows = (
            following is not None
            and following[0].month == following[1].month == first.month
            and following[0].year == first.year
        )
        words.append(span if month_follows else f"{span} {MONTHS_ALT[first.month]}")
    return ", ".join(words)


def _day(day: date) -> str:
    return f"{day.day} {MONTHS_ALT[day.month]}"


def _day_year(day: date) -> str:
    return f"{_day(day)} {day.year}"


def _weekday(day: date) -> str:
    """The weekday as a subject: «понедельник»."""
    return str(_WEEKDAYS[day.weekday()])


def _weekday_of(day: date) -> str:
    """The weekday after «с 10:12» and «после»: «понедельника»."""
    return str(_WEEKDAYS_OF[day.weekday()])
