"""Back to life: a closed case is reopened by a supervisor, its author or a broken promise."""

from datetime import datetime
from typing import Literal

from django.db.models import Sum

from agencies.models import User
from cases.actions.moving import moving
from cases.actions.promises import settle_promise
from cases.errors import BadChange
from cases.limits import Limits
from cases.models import Case, CaseEvent, Promise
from cases.workflow import Status

Cause = Literal["supervisor", "author", "promise"]


def reopenings_of(case: Case) -> int:
    """How often this author had a case about this object reopened (one query).

    The object is the topic at the place; without both it is the case alone.
    """
    if not case.place or case.topic_id is None:
        return case.reopenings
    same = Case.objects.filter(citizen_id=case.citizen_id, topic_id=case.topic_id, place=case.place)
    return same.aggregate(total=Sum("reopenings"))["total"] or 0


def _reopened(case: Case) -> None:
    case.status = Status.REOPENED
    case.closed_at = None
    case.close_reason = ""


def reopen(
    case: Case,
    *,
    actor: User | None,
    reason: str,
    cause: Cause | str = "supervisor",
    version: int | None = None,
) -> Case:
    """`cause`: who wants it. The author's own reopenings about one object are limited; a broken
    promise must be on record."""
    with moving(case, "reopen", actor, version=version) as step:
        cause = cause or "supervisor"
        if cause == "author":
            _count_author(step.case, step.book.limits)
        if cause == "promise":
            broken = list(step.case.promises.filter(state=Promise.State.OPEN))
            for promise in broken:
                settle_promise(step, promise, Promise.State.BROKEN)
            if not broken:
                raise BadChange("no_promise", field="cause")
        _reopened(step.case)
        step.data = {"reason": reason, "cause": cause}
    return step.case


def _count_author(case: Case, limits: Limits) -> None:
    if reopenings_of(case) >= limits.max_reopenings:
        raise BadChange("reopenings_limit", field="cause", limit=limits.max_reopenings)
    case.reopenings += 1


def reopen_by_author(case: Case, *, actor: User | None, at: datetime, limits: Limits) -> None:
    """A closed case whose author wrote again, already locked by the caller; with its event."""
    _count_author(case, limits)
    closed = {
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "close_reason": case.close_reason,
    }
    _reopened(case)
    case.save(update_fields=["status", "closed_at", "close_reason", "reopenings"])
    CaseEvent.objects.create(
        case=case,
        at=at,
        actor=actor,
        move="reopen",
        before=Status.CLOSED,
        after=Status.REOPENED,
        data={"cause": "author", "undo": closed},
    )
