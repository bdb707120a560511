"""What a recorded waiting does to the terms of a case: moved by as much as is waited, no more.

While the citizen is waited for, the terms of the reply and of its executor end later by the
working time between the question and the limit; when he answers earlier they are drawn back.
Each says so in its explanation: there is no silent pause.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cases import clocks
from cases.calendar import work_calendar
from cases.errors import BadChange
from cases.models import Case, CaseEvent, Clock, Waiting
from cases.workflow import Status
from deadlines import CalendarGap, Term, Unit, compute_due, working_minutes_between

if TYPE_CHECKING:
    from cases.actions.moving import Moving

# Where the case stands while its citizen is waited for; left, nobody is waited for any more.
WAITED_IN = frozenset({Status.IN_WORK.value, Status.REWORK.value})
_PAUSED = (Clock.Kind.TOTAL, Clock.Kind.REPLY, Clock.Kind.EXECUTOR)
_REWORK = ("REWORK", "REWORK-SN")


def limit_of(book: clocks.Book, days: int) -> datetime:
    """The end of the working days one waits at most, by the calendar of the case's agency."""
    term = Term("WAIT", days, Unit.WORKING_DAYS)
    return _counted(book, term, book.at)


def _counted(book: clocks.Book, term: Term, start: datetime) -> datetime:
    agency = book.case.agency
    assert agency is not None  # a state at an agency, by database constraint
    calendar = work_calendar(agency.calendar_id, book.standing.stamp)
    try:
        return compute_due(term, start, calendar=calendar, zone=agency.zone).moment
    except CalendarGap:
        raise BadChange("calendar_gap") from None


def _left(book: clocks.Book, clock: Clock) -> int:
    """Working minutes of a term that are left; at least one."""
    agency = book.case.agency
    assert agency is not None
    calendar = work_calendar(agency.calendar_id, book.standing.stamp)
    try:
        left = working_minutes_between(book.at, clock.due_at, calendar=calendar, zone=agency.zone)
    except CalendarGap:
        raise BadChange("calendar_gap") from None
    return max(left, 1)


def _paused(book: clocks.Book) -> list[Clock]:
    terms = [clock for clock in book.of(*_PAUSED) if not clock.warning_only]
    return terms + [clock for clock in book.of(Clock.Kind.STAGE) if clock.code in _REWORK]


def pause(book: clocks.Book, until: datetime) -> None:
    """Move every term that runs behind the limit; BadChange where one has passed already."""
    for clock in _paused(book):
        if clock.due_at <= book.at:
            raise BadChange("waiting_overdue", field="question")
        left = _left(book, clock)
        due = _counted(book, Term("left", left, Unit.WORKING_MINUTES), until)
        note = {
            "waiting": book.at.isoformat(),
            "before": clock.due_at.isoformat(),
            "until": due.isoformat(),
            "left": left,
        }
        book.move(clock, due, note)


def _draw_back(book: clocks.Book) -> None:
    """The citizen has answered before the limit: what is left runs from now."""
    for clock in _paused(book):
        notes: list[dict[str, Any]] = list(clock.explanation.get("extended", []))
        note = notes[-1] if notes else {}
        if "waiting" not in note or "ended" in note:
            continue  # begun since then, or moved by a person's word, which stands
        term = Term("left", note["left"], Unit.WORKING_MINUTES)
        due = min(_counted(book, term, book.at), clock.due_at)
        notes[-1] = {**note, "ended": book.at.isoformat(), "until": due.isoformat()}
        book.retell(clock, due, {**clock.explanation, "extended": notes})


def end(book: clocks.Book, cause: str, *, answer: str = "") -> Waiting | None:
    """End the waiting of a locked case; None where nobody is waited for. The caller saves."""
    case = book.case
    found: Waiting | None = case.waitings.filter(ended_at=None).first()
    if found is None:
        return None
    # Reached by the worker a little later: the limit is the end.
    reached = cause == Waiting.End.LIMIT
    found.ended_at = found.until if reached else max(book.at, found.started_at)
    found.ended_by, found.answer = cause, answer
    found.save(update_fields=["ended_at", "ended_by", "answer"])
    if book.at < found.until:
        _draw_back(book)
    case.waiting_until = None
    return found


def end_with(step: "Moving") -> None:
    """A move took the case out of work: nobody waits any more; it has an event of its own."""
    case = step.case
    if case.waiting_until is None or case.status in WAITED_IN:
        return
    if end(step.book, Waiting.End.MOVE) is not None:
        tell(case, step.at, Waiting.End.MOVE, before=step.before)


def end_by_message(case: Case, at: datetime) -> None:
    """The citizen wrote more: the locked case is waited for no longer (saved here)."""
    if case.waiting_until is None:
        return
    book = clocks.Book(case, at)
    if end(book, Waiting.End.MESSAGE) is None:
        return
    book.settle()
    Case.objects.filter(pk=case.pk).update(waiting_until=None, due_at=case.due_at)
    tell(case, at, Waiting.End.MESSAGE, before=case.status)


def tell(case: Case, at: datetime, cause: str, *, before: str) -> None:
    due = case.due_at.isoformat() if case.due_at else None
    CaseEvent.objects.create(
        case=case,
        at=at,
        move="waiting_over",
        before=before,
        after=case.status,
        data={"state": cause, "due_at": due},
    )
