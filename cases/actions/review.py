"""The supervisor's verdicts: accept, return for rework with grounds, judge drawn replies; undo.

A verdict that moves the case is given on flagged replies and on published ones; what was drawn at
random or is looked at again is only judged. Who judged a reply first never judges it again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agencies.models import User
from cases import attachments, reuse
from cases.actions.moving import Moving, moving
from cases.actions.replies import (
    follow_reply,
    latest_reply,
    may_withdraw,
    start_approval,
    to_rework,
)
from cases.errors import BadChange
from cases.models import Attachment, Case, CaseEvent, Clock, Draft, Reply, Review, ReviewTask
from cases.reviewing import drawn_again
from cases.workflow import Status

UNDO = timedelta(seconds=10)
_GRACE = timedelta(seconds=2)  # the press was in time, the request came later
_UNDOABLE = ("accept_reply", "return_for_rework", "judge_reply")
Cause, Kind = Review.Cause, ReviewTask.Kind


def accept_reply(
    case: Case,
    *,
    actor: User,
    remark: str = "",
    reason: str = "",
    reply: int | None = None,
    version: int | None = None,
) -> Case:
    """Let a flagged reply go on to the approver; of an objection: the author was right.

    `remark` is told to the author and makes the verdict «with remarks»; `reason` stays in the
    history.

    `reply`: id of the reply the supervisor read; if another one stands there now, nothing
    is accepted unread (BadChange).
    """
    with moving(case, "accept_reply", actor, version=version) as step:
        latest = latest_reply(step.case)
        _same(latest, reply)
        task = _objection(latest, actor, "accept_reply")
        undo = _kept(step.case, latest, task)
        review = _review(
            step,
            latest,
            Review.Verdict.REMARKS if remark else Review.Verdict.GOOD,
            cause=Cause.DISPUTE if task else Cause.FLAGGED,
            remark=remark,
        )
        step.book.stop(Clock.Kind.APPROVAL)
        if latest.state == Reply.State.PUBLISHED:
            # Returned after publication, and the return did not stand: answered as before.
            step.case.status = Status.ANSWERED
            step.case.submitted_at = None
            assert task is not None  # only an objection leads here
            assert task.first is not None  # database constraint
            step.book.run_on(task.first.created_at)
        else:
            latest.state = Reply.State.ACCEPTED
            latest.save(update_fields=["state"])
            start_approval(step)
        if task:
            step.case.returns = max(0, step.case.returns - 1)
            if step.case.returns <= step.book.limits.max_returns:
                step.case.escalated_at = None
        _close(task, step)
        _look_again(step, review)
        step.data = {
            "reply": latest.pk,
            "verdict": review.verdict,
            "remark": remark,
            "reason": reason,
            "review": review.pk,
            "undo": undo,
        }
    return step.case


def return_for_rework(
    case: Case,
    *,
    actor: User,
    grounds: Sequence[str],
    remark: str = "",
    brush_off: bool = False,
    reply: int | None = None,
    version: int | None = None,
) -> Case:
    """Return a reply with grounds (codes of return Reasons); a published text stays published.

    `brush_off`: the verdict «отписка»; only a supervisor's verdict ever says so.
    """
    if not grounds:
        raise BadChange("grounds_missing", field="grounds")
    with moving(case, "return_for_rework", actor, version=version) as step:
        latest = latest_reply(step.case)
        _same(latest, reply)
        task = _objection(latest, actor, "return_for_rework")
        undo = _kept(step.case, latest, task)
        was_published = latest.state == Reply.State.PUBLISHED
        if not was_published:
            latest.state = Reply.State.RETURNED
            latest.save(update_fields=["state"])
            reuse.forget([latest])
            attachments.keep_for_draft(latest)
            follow_reply(step.case)
        cause = Cause.PUBLISHED if was_published else Cause.FLAGGED
        review = _review(
            step,
            latest,
            Review.Verdict.BRUSH_OFF if brush_off else Review.Verdict.REMARKS,
            cause=Cause.DISPUTE if task else cause,
            grounds=grounds,
            remark=remark,
            returned=True,
        )
        step.data = {
            "reply": latest.pk,
            "verdict": review.verdict,
            "grounds": list(grounds),
            "remark": remark,
            "published": was_published,
            "review": review.pk,
            "undo": undo,
        }
        _close(task, step)
        _look_again(step, review)
        returns = step.case.returns
        to_rework(step, latest)
        if task:
            step.case.returns = returns  # the same return, confirmed
    return step.case


def dispute_return(case: Case, *, actor: User, objection: str, version: int | None = None) -> Case:
    """The author objects to a return, once: another reviewer decides who sees no first verdict."""
    with moving(case, "dispute_return", actor, version=version, right_checked=may_withdraw) as step:
        latest = latest_reply(step.case)
        verdict = latest.reviews.filter(returned=True).order_by("-pk").first()
        if verdict is None:
            raise BadChange("no_verdict_to_dispute", field="objection")
        if latest.tasks.filter(kind=Kind.DISPUTE).exists():
            raise BadChange("disputed_already", field="objection")
        ReviewTask.objects.create(
            kind=Kind.DISPUTE,
            reply=latest,
            agency_id=latest.agency_id,
            first=verdict,
            words=objection,
            opened_at=step.at,
        )
        _lay_before_reviewer(step, latest)
        step.book.stop(codes=["REWORK", "REWORK-SN"])
        start_approval(step)
        step.case.submitted_at = step.at
        step.data = {"reply": latest.pk, "objection": objection}
    return step.case


def judge_reply(
    case: Case,
    *,
    actor: User,
    task: int,
    verdict: str,
    grounds: Sequence[str] = (),
    remark: str = "",
    version: int | None = None,
) -> Case:
    """Give the verdict on a reply drawn at random or looked at again; the case stays as it is."""
    if verdict == Review.Verdict.BRUSH_OFF and not grounds:
        raise BadChange("grounds_missing", field="grounds")
    with moving(case, "judge_reply", actor, version=version) as step:
        found = (
            ReviewTask.objects.select_for_update(of=("self",))
            .select_related("reply", "first")
            .filter(pk=task, reply__case_id=step.case.pk, done_at=None)
            .exclude(kind=Kind.DISPUTE)
            .first()
        )
        if found is None:
            raise BadChange("task_done", field="task")
        _another(found, actor, "judge_reply")
        review = _review(
            step, found.reply, verdict, cause=found.kind, grounds=grounds, remark=remark
        )
        _close(found, step)
        _look_again(step, review)
        # The first verdict stays hidden until both are there: nothing of this one is told either.
        step.data = {
            "reply": found.reply_id,
            "review": review.pk,
            "task": found.pk,
            "undo": {"task": found.pk},
        }
    return step.case


def undo_verdict(
    case: Case,
    *,
    actor: User,
    version: int | None = None,
    within: timedelta = UNDO,
    reason: str = "",
) -> Case:
    """Take one's own last verdict back within ten seconds, if nothing has happened since.

    Everything is as it was before it; the history tells of both. `within`: longer where many
    were given at once.
    """
    with moving(case, "undo_verdict", actor, version=version) as step:
        last = step.case.events.order_by("-pk").first()
        if (
            last is None
            or last.move not in _UNDOABLE
            or last.actor_id != actor.pk
            or timezone.now() - last.at > within + _GRACE
        ):
            raise BadChange("undo_too_late")
        kept = last.data["undo"]
        Review.objects.filter(pk=last.data["review"]).delete()
        if kept["task"] is not None:
            ReviewTask.objects.filter(pk=kept["task"]).update(done_at=None)
        if last.move != "judge_reply":
            _put_back(step, last, kept)
        step.data = {"undone": last.pk, "move": last.move}
        if reason:
            step.data["reason"] = reason
    return step.case


def may_dispute(case: Case, actor: User, reply: Reply | None = None) -> bool:
    """The author of the returned reply or his curator; once, as far as loaded verdicts tell."""
    if not may_withdraw(case, actor, reply):
        return False
    known = getattr(reply, "_prefetched_objects_cache", {}).get("reviews")
    if known is None:
        return True  # the action asks
    verdicts = list(known)
    return any(one.returned for one in verdicts) and not any(
        one.cause == Cause.DISPUTE for one in verdicts
    )


def _put_back(step: Moving, last: CaseEvent, kept: dict[str, Any]) -> None:
    case = step.case
    reply = case.replies.get(pk=last.data["reply"])
    Clock.objects.filter(case=case, started_at=last.at).delete()
    step.book.run_on(last.at)
    if reply.state == Reply.State.RETURNED:
        _lay_before_reviewer(step, reply)
    elif reply.state == Reply.State.ACCEPTED:
        reply.state = Reply.State.REVIEW
        reply.save(update_fields=["state"])
    case.status = last.before
    case.returns = kept["returns"]
    case.submitted_at = datetime.fromisoformat(kept["sent"]) if kept["sent"] else None
    if case.escalated_at == last.at:
        case.escalated_at = None


def _lay_before_reviewer(step: Moving, reply: Reply) -> None:
    """A returned text stands before the reviewers again: its draft and the draft's files go."""
    case = step.case
    if reply.state != Reply.State.RETURNED:
        step.case.status = Status.REVIEW
        return
    reply.state = Reply.State.REVIEW
    reply.save(update_fields=["state"])
    reuse.add([reply])
    Draft.objects.filter(case=case, author_id=reply.author_id, text=reply.text).delete()
    Attachment.objects.filter(
        case=case,
        message=None,
        reply=None,
        part=None,
        uploaded_by_id=reply.author_id,
        sha256__in=reply.attachments.values("sha256"),
    ).delete()
    follow_reply(case)


def _kept(case: Case, reply: Reply, task: ReviewTask | None) -> dict[str, Any]:
    return {
        "task": task.pk if task else None,
        "returns": case.returns,
        "sent": case.submitted_at.isoformat() if case.submitted_at else None,
    }


def _review(step: Moving, reply: Reply, verdict: str, **given: Any) -> Review:
    given["grounds"] = list(given.get("grounds", ()))
    assert step.actor is not None  # a verdict is a person's
    return Review.objects.create(
        reply=reply, reviewer=step.actor, verdict=verdict, created_at=step.at, **given
    )


def _objection(reply: Reply, actor: User, move: str) -> ReviewTask | None:
    """The author's objection that waits for a decision on this reply."""
    task: ReviewTask | None = (
        reply.tasks.select_related("first").filter(kind=Kind.DISPUTE, done_at=None).first()
    )
    if task is not None:
        _another(task, actor, move)
    return task


def _another(task: ReviewTask, actor: User, move: str) -> None:
    if task.first is not None and task.first.reviewer_id == actor.pk:
        raise BadChange("another_reviewer")


def _close(task: ReviewTask | None, step: Moving) -> None:
    if task is not None:
        task.done_at = step.at
        task.save(update_fields=["done_at"])


def _look_again(step: Moving, review: Review) -> None:
    """Some verdicts, by draw, are given a second time by somebody else."""
    if review.cause not in (Cause.FLAGGED, Cause.SAMPLE, Cause.PUBLISHED):
        return
    limits = step.book.limits
    if drawn_again(limits.sample_seed, review.reply_id, limits.second_percent):
        ReviewTask.objects.get_or_create(
            kind=Kind.SECOND,
            reply_id=review.reply_id,
            defaults={
                "agency_id": review.reply.agency_id,
                "first": review,
                "opened_at": step.at,
            },
        )


def _same(latest: Reply, seen: int | None) -> None:
    if seen is not None and latest.pk != seen:
        raise BadChange("reply_changed", field="reply")
