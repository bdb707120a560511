"""What was done by mistake taken back: the case is as it was before, its history tells of both.

For a short time after a move for many cases (`cases.undoing`, which also asks whether anybody has
gone on with the case). A term that was stopped or moved has the end it had: none is given anew.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from agencies.models import Agency, User
from cases.actions.moderation import refresh_search
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Assignment, Attachment, Case, CaseEvent, Clock, Draft, Message
from cases.workflow import Status

# What may have come to a main case without anybody having gone on with it.
_JOINED = ("merged_here", "taken_out")


def _kept(undone: CaseEvent) -> dict[str, Any]:
    """What the move left for its undoing; earlier releases left nothing."""
    kept = undone.data.get("undo")
    if not isinstance(kept, dict):
        raise BadChange("undo_no_way")
    return kept


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def undo_close(
    case: Case, *, actor: User, undone: CaseEvent, reason: str, version: int | None = None
) -> Case:
    """Answered again: the citizen may give his mark until the end of the survey as it was."""
    with moving(case, "undo_close", actor, version=version) as step:
        step.data = {"reason": reason, "undone": undone.pk}
        step.case.close_reason = ""
        step.case.closed_at = None
        step.book.run_on(undone.at)
    return step.case


def undo_extend(
    case: Case, *, actor: User, undone: CaseEvent, reason: str, version: int | None = None
) -> Case:
    """Every term the extension moved ends when it did before; what has passed since is missed."""
    with moving(case, "undo_extend", actor, version=version) as step:
        ends = {pk: datetime.fromisoformat(due) for pk, due in _kept(undone)["terms"]}
        moved = [clock for clock in step.book.running if clock.pk in ends]
        if len(moved) < len(ends) or not all(_moved_last(clock, undone) for clock in moved):
            raise BadChange("undo_no_way")
        for clock in moved:
            told = dict(clock.explanation)
            notes = told.pop("extended")[:-1]
            if notes:
                told["extended"] = notes
            step.book.retell(clock, ends[clock.pk], told)
        step.case.extensions -= 1
        step.data = {
            "reason": reason,
            "undone": undone.pk,
            "before": undone.data["until"],
            "until": undone.data["before"],
        }
    return step.case


def _moved_last(clock: Clock, undone: CaseEvent) -> bool:
    notes = clock.explanation.get("extended") or [{}]
    return bool(notes[-1].get("until") == undone.data["until"])


def undo_redirect(
    case: Case, *, actor: User, undone: CaseEvent, reason: str, version: int | None = None
) -> Case:
    """The dispute waits for its decision again, at the agency that raised it, its term unbroken."""
    with moving(case, "undo_redirect", actor, version=version) as step:
        fresh, kept = step.case, _kept(undone)
        held = Assignment.objects.filter(
            case=fresh, until=undone.at, ended_by="redirect"
        ).select_related("agency")
        earlier = held.order_by("-pk").first()
        if earlier is None or fresh.executor_id is not None:
            raise BadChange("undo_no_way")
        step.data = {
            "reason": reason,
            "undone": undone.pk,
            "from": fresh.agency_id,
            "agency": earlier.agency_id,
            "agency_name": str(earlier.agency),
        }
        # Not stopped: figures would judge a later reply by the term of the agency it never was at.
        for clock in step.book.of(Clock.Kind.EXECUTOR):
            step.book.drop(clock)
        Assignment.objects.filter(case=fresh, until=None).update(
            until=step.at, ended_by="undo_redirect"
        )
        earlier.until, earlier.ended_by = None, ""
        earlier.save(update_fields=["until", "ended_by"])
        step.book.run_on(undone.at)
        fresh.agency = earlier.agency
        fresh.executor = User.objects.filter(pk=kept["executor"]).first()
        fresh.proposed_agency = Agency.objects.filter(pk=kept["proposed"]).first()
        fresh.assigned_at = _moment(kept["assigned_at"])
    return step.case


@transaction.atomic
def undo_merge(
    case: Case, *, actor: User, undone: CaseEvent, reason: str, version: int | None = None
) -> Case:
    """Its messages and files come back out of the main case, which is told of it.

    BadChange where the main case has gone on with them, or where a question to its citizen ended
    with them: its terms were counted anew then.
    """
    # Both in the order of their ids, as the merge itself takes them.
    both = Case.objects.visible_to(actor).filter(pk__in=[case.pk, case.merged_into_id])
    locked = {one.pk: one for one in both.order_by("pk").defer("search").select_for_update()}
    with moving(case, "undo_merge", actor, version=version) as step:
        fresh, kept = step.case, _kept(undone)
        main = locked.get(fresh.merged_into_id or 0)
        if main is None:
            raise BadChange("merge_target_missing")
        if kept["waited"]:
            raise BadChange("undo_no_way")
        joined = main.events.filter(move="merged_here", at=undone.at).order_by("-pk").first()
        if joined is None or _gone_on(main, joined):
            raise BadChange("undo_touched")
        messages = Message.objects.filter(pk__in=undone.data["messages"], case=main)
        Attachment.objects.filter(message__in=messages).update(case=fresh)
        messages.update(case=fresh)
        fresh.merged_into = None
        fresh.closed_at = None
        fresh.rejection_by = User.objects.filter(pk=kept["rejection"]).first()
        step.book.run_on(undone.at)
        step.data = {"reason": reason, "undone": undone.pk, "into": main.number}
        _leave(step, main, joined)
        refresh_search([fresh.pk, main.pk])
    return step.case


def _gone_on(main: Case, joined: CaseEvent) -> bool:
    """Whether anybody did or wrote something on the main case with the joined messages before
    him, or an import brought a new text of one of them; more messages joined to it or taken out
    of it are nobody's work."""
    somebody = Q(actor__isnull=False) | Q(move="import_updated")
    later = main.events.filter(somebody, pk__gt=joined.pk).exclude(move__in=_JOINED)
    return later.exists() or Draft.objects.filter(case=main, saved_at__gt=joined.at).exists()


def _leave(step: Moving, main: Case, joined: CaseEvent) -> None:
    """The main case without what was joined: closed again where only that had reopened it."""
    before = main.status
    Case.objects.filter(pk=main.pk).update(version=F("version") + 1)
    opened = main.events.filter(move="reopen").order_by("-pk").first()
    if before == Status.REOPENED and opened is not None and _last_of(main, opened):
        closed = _kept(opened)
        main.status = Status.CLOSED
        main.closed_at = _moment(closed["closed_at"])
        main.close_reason = closed["close_reason"]
        main.reopenings -= 1
        main.save(update_fields=["status", "closed_at", "close_reason", "reopenings"])
    CaseEvent.objects.create(
        case=main,
        at=step.at,
        actor=step.actor,
        move="taken_out",
        before=before,
        after=main.status,
        data={"from": step.case.number, "undone": joined.pk},
    )


def _last_of(main: Case, opened: CaseEvent) -> bool:
    """Whether a merge reopened it and nothing else that was joined since is left in it."""
    since = main.events.filter(pk__gt=opened.pk)
    joined = since.filter(move="merged_here")
    return (
        joined.filter(at=opened.at).exists()
        and joined.count() == since.filter(move="taken_out").count() + 1
    )


__all__ = ["undo_close", "undo_extend", "undo_merge", "undo_redirect"]
