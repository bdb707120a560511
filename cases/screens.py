"""Values as screens show them: deadlines in working time, tones, marks in texts.

Decides what is shown, not how it is worded: words come from templates and `portal.wording*`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from agencies.models import User
from cases.calendar import calendar_stamp, work_calendar
from cases.models import Case, MassEvent
from cases.workflow import Status
from deadlines import CalendarGap, working_minutes_between
from quality import points

SOON_MINUTES = 3 * 60
ONE_DAY = timedelta(days=1)

TONES: dict[str, str] = {
    Status.IN_WORK: "accent",
    Status.REWORK: "warn",
    Status.REVIEW: "warn",
    Status.REDIRECT_ASKED: "warn",
    Status.APPROVAL: "accent",
    Status.ANSWERED: "good",
    Status.CLOSED: "good",
    Status.REOPENED: "warn",
}


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """`minutes`: working minutes left, negative when overdue; `due`: local to the agency."""

    state: str  # overdue, soon, today, later, paused
    minutes: int | None
    due: datetime | None
    group: str  # overdue, today, tomorrow, later, none


class Timekeeper:
    """Deadlines of a page of cases. With the reader of a request calendars cost no query."""

    def __init__(self, now: datetime | None = None, *, reader: User | None = None) -> None:
        self.now = now or timezone.now()
        self._reader = reader
        self._stamp: tuple[object, ...] | None = None
        self._today: dict[tzinfo, date] = {}  # a date in each zone of the page

    def view(self, case: Case) -> DeadlineView:
        if case.due_at is None or not case.is_open:
            return DeadlineView("paused", None, case.due_at, "none")
        zone = case.agency.zone if case.agency else timezone.get_current_timezone()
        minutes = self._left(case, zone)
        due = case.due_at.astimezone(zone)
        if case.due_at < self.now:
            return DeadlineView("overdue", minutes, due, "overdue")
        group = self._group(due, zone)
        if minutes is not None and minutes < SOON_MINUTES:
            return DeadlineView("soon", minutes, due, group)
        return DeadlineView("today" if group == "today" else "later", minutes, due, group)

    def _group(self, due: datetime, zone: tzinfo) -> str:
        today = self._today.get(zone)
        if today is None:
            today = self._today[zone] = self.now.astimezone(zone).date()
        day = due.date()
        if day == today:
            return "today"
        return "tomorrow" if day == today + ONE_DAY else "later"

    def _left(self, case: Case, zone: tzinfo) -> int | None:
        if case.agency is None or case.due_at is None:
            return int(((case.due_at or self.now) - self.now).total_seconds() // 60)
        if self._stamp is None:
            self._stamp = calendar_stamp(self._reader)
        try:
            return working_minutes_between(
                self.now,
                case.due_at,
                calendar=work_calendar(case.agency.calendar_id, self._stamp),
                zone=zone if isinstance(zone, ZoneInfo) else ZoneInfo(str(zone)),
            )
        except CalendarGap:
            return None


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    deadline: DeadlineView
    tone: str
    score: int | None


def rows_of(cases: Iterable[Case], reader: User | None = None) -> list[Row]:
    keeper = Timekeeper(reader=reader)
    return [
        Row(
            case=case,
            deadline=keeper.view(case),
            tone=TONES.get(case.status, ""),
            score=None if case.risk is None else points(case.risk),
        )
        for case in cases
    ]


def grouped(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Neighbouring rows of the same deadline group together, order kept."""
    return [(key, list(some)) for key, some in groupby(rows, key=lambda row: row.deadline.group)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text with the marks that lie over it."""

    text: str
    marks: tuple[str, ...] = ()
    note: str = ""


def marked(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Piece]:
    """Cut the text at the ends of its spans (start inclusive, end exclusive, mark)."""
    clean = [
        (max(0, start), min(len(text), end), mark) for start, end, mark in spans if end > start
    ]
    cuts = sorted({0, len(text), *(s for s, _, _ in clean), *(e for _, e, _ in clean)})
    pieces: list[Piece] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        marks = tuple(dict.fromkeys(mark for s, e, mark in clean if s <= start and end <= e))
        pieces.append(Piece(text[start:end], marks))
    return pieces


def event_facts(event: MassEvent | None) -> dict[str, Any] | None:
    if event is None:
        return None
    return {"title": event.title, "decision": event.decision, "text": event.approved_text}
