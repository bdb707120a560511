"""The walk over promises: told before their day, back in the queue on it, broken after it.

Idempotent: each step is marked by a row (news with its key, `Promise.due_at`, the state), so it
does not matter how often it runs, what was killed, or how late it comes.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from cases import actions, news
from cases.calendar import work_calendar
from cases.errors import CaseError
from cases.limits import current_limits
from cases.models import Case, Promise
from cases.workflow import ENDED, Status
from deadlines import CalendarGap

# Kamchatka is a day ahead of whoever counts in UTC.
_EASTMOST = timedelta(hours=14)
# The longest holidays between the last working morning and a promised day.
LONGEST_REST = 12
_GONE = sorted(ENDED - {Status.CLOSED})
BATCH = 500


def walk(now: datetime, *, limit: int = BATCH) -> dict[str, int]:
    """Take every step that is due at `now`; how many of each were made."""
    soon = current_limits().resume_days
    done = {"told": 0, "due": 0, "broken": 0}
    horizon = (now + _EASTMOST).date() + timedelta(days=max(soon, LONGEST_REST))
    after: tuple[date, int] | None = None
    while True:
        found = Promise.objects.open().filter(until_on__lte=horizon).exclude(case__status__in=_GONE)
        if after is not None:
            found = found.filter(until_on__gte=after[0]).exclude(
                until_on=after[0], pk__lte=after[1]
            )
        rows = list(
            found.select_related("case__agency")
            .defer("case__search")
            .order_by("until_on", "id")[:limit]
        )
        for promise in rows:
            if step := _step(promise, now, soon):
                done[step] += 1
        if len(rows) < limit:
            return done
        after = (rows[-1].until_on, rows[-1].pk)


def _step(promise: Promise, now: datetime, soon: int) -> str:
    """The one step this promise needs now; "" for none."""
    case = promise.case
    if case.agency is None:
        return ""
    today = now.astimezone(case.agency.zone).date()
    if today > promise.until_on:
        return "broken" if _made(actions.promise_broken, case, promise) else ""
    if promise.due_at is None and now > morning(promise):
        return "due" if _made(actions.promise_due, case, promise) else ""
    if (
        promise.due_at is None
        and promise.until_on - timedelta(days=soon) <= today < promise.until_on
    ):
        return "told" if _tell(promise) else ""
    return ""


def morning(promise: Promise) -> datetime:
    """The opening of the promised day, or of the last working day before it."""
    agency = promise.case.agency
    assert agency is not None  # asked before
    calendar, day = work_calendar(agency.calendar_id), promise.until_on
    for _back in range(LONGEST_REST):
        try:
            hours = calendar.intervals(day)
        except CalendarGap:
            break
        if hours:
            start = datetime.combine(day, time(), tzinfo=agency.zone)
            return start + timedelta(minutes=hours[0][0])
        day -= timedelta(days=1)
    return datetime.combine(promise.until_on, time(9), tzinfo=agency.zone)


def _made(move: Callable[..., Case], case: Case, promise: Promise) -> bool:
    try:
        move(case, promise=promise.pk)
    except CaseError:
        return False  # somebody settled it meanwhile
    return True


def _tell(promise: Promise) -> bool:
    """The reminder before the day; True where it was new."""
    key = f"promise-soon:{promise.pk}"
    if news.is_told(key):
        return False
    news.tell("promise_due", key=key, case=promise.case, until_on=promise.until_on.isoformat())
    return True
