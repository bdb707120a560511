"""The ladder of reminders: which step of a term is when, and whom it concerns.

Values in, values out; the rows are `LadderStep`, the people `agencies.access.Directory`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cases.clocks import binding_due
from cases.models import Case, Clock, LadderStep
from cases.term_rules import PASS_ON, PROMISE, REDIRECTION
from cases.workflow import Status
from deadlines import (
    CalendarGap,
    Term,
    Unit,
    WorkCalendar,
    compute_due,
    working_minutes_between,
)

# A reminder whose moment passed so long ago is told late: in one summary for each person.
LATE = timedelta(minutes=30)
# Terms with reminders of their own: the promised day, the survey.
SURVEY = "SURVEY"
OWN_WAY = frozenset({PROMISE, SURVEY})
_ELAPSED = frozenset({Unit.CALENDAR_DAYS.value, Unit.HOURS.value})
_AT_DESK = frozenset({Status.RECEIVED.value, Status.MODERATION.value})
# The level that answers in a state whose holder is not the executor.
_HOLDER: dict[str, str] = {
    Status.APPROVAL: "head",
    Status.REVIEW: "supervisor",
    Status.REDIRECT_ASKED: "coordinator",
    Status.REOPENED: "coordinator",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A rung as values. `share` is a part of the term, else `after` working units behind it."""

    pk: int
    share: int | None
    after: int
    unit: str
    level: str
    from_hours: int

    @property
    def name(self) -> str:
        """The kind of news it makes."""
        if self.share is not None:
            return "term_warning"
        return "escalated" if self.after else "term_due"


class Rung(NamedTuple):
    moment: datetime
    step: Step


def steps_in_use() -> list[Step]:
    """One query."""
    rows = LadderStep.objects.filter(is_active=True).values_list(
        "pk", "share", "after", "unit", "level", "from_hours"
    )
    return [Step(*row) for row in rows]


def rungs(
    clock: Clock, steps: Sequence[Step], *, calendar: WorkCalendar, zone: ZoneInfo
) -> list[Rung]:
    """The steps of a term in the order of their moments.

    A term that only warns has no step at its end and after it. Where the calendar ends, working
    time is taken as elapsed: a reminder somewhat early is better than none.
    """
    span = clock.due_at - clock.started_at
    found = []
    for step in steps:
        if step.share is not None:
            if span >= timedelta(hours=step.from_hours):
                found.append(Rung(_part(clock, step.share, calendar, zone), step))
        elif not clock.warning_only:
            found.append(Rung(_behind(clock.due_at, step, calendar, zone), step))
    return sorted(found, key=lambda rung: (rung.moment, rung.step.pk))


def _part(clock: Clock, share: int, calendar: WorkCalendar, zone: ZoneInfo) -> datetime:
    """When `share` per cent have passed, in the time the term itself is counted in."""
    elapsed = clock.started_at + (clock.due_at - clock.started_at) * share / 100
    unit = clock.explanation.get("term", {}).get("unit", "")
    if unit in _ELAPSED or not unit:
        return elapsed
    try:
        whole = working_minutes_between(
            clock.started_at, clock.due_at, calendar=calendar, zone=zone
        )
        minutes = -(-whole * share // 100)
        if minutes < 1:
            return elapsed
        term = Term("share", minutes, Unit.WORKING_MINUTES)
        moment = compute_due(term, clock.started_at, calendar=calendar, zone=zone).moment
    except CalendarGap:
        return elapsed
    return min(moment, clock.due_at)


def _behind(due: datetime, step: Step, calendar: WorkCalendar, zone: ZoneInfo) -> datetime:
    if not step.after:
        return due
    unit = Unit(step.unit)
    try:
        return compute_due(
            Term("after", step.after, unit), due, calendar=calendar, zone=zone
        ).moment
    except CalendarGap:
        return due + _elapsed(step.after, unit)


def _elapsed(amount: int, unit: Unit) -> timedelta:
    if unit is Unit.WORKING_MINUTES:
        return timedelta(minutes=amount)
    return timedelta(days=amount) if unit is Unit.WORKING_DAYS else timedelta(hours=amount)


def rests(clock: Clock, case: Case) -> bool:
    """Whether nobody owes the term just now: `clocks.binding_due` says when it does.

    What a co-executor owes, he owes in every state of the case.
    """
    if clock.kind == Clock.Kind.PART:
        return False
    if clock.warning_only:
        return not case.is_open
    return binding_due(case.status, [clock]) is None


def level_of(step: Step, clock: Clock, case: Case) -> str:
    """Whom the step concerns in the state the case is in; of a part: at the asked agency."""
    if clock.kind == Clock.Kind.PART:
        return step.level
    if case.status in _AT_DESK or case.agency_id is None:
        return {"executor": "operator", "supervisor": "supervisor"}.get(step.level, "coordinator")
    if step.level in ("executor", "curator"):
        if clock.code in (*REDIRECTION, *PASS_ON):
            return "coordinator"
        if holder := _HOLDER.get(case.status):
            # The citizen's own term is the agency's matter wherever the case lies.
            theirs = clock.kind in (Clock.Kind.TOTAL, Clock.Kind.REPLY) and step.share is None
            return step.level if theirs else holder
    return step.level


def data_of(rung: Rung, clock: Clock, case: Case) -> dict[str, Any]:
    """What the news says: codes and moments, never words."""
    data: dict[str, Any] = {
        "due_at": clock.due_at.isoformat(),
        "code": clock.code,
        "level": level_of(rung.step, clock, case),
    }
    if rung.step.share is not None:
        data["share"] = rung.step.share
    return data
