"""The supervisor's verdicts: accept, or return for rework with grounds."""

from collections.abc import Sequence

from agencies.models import User
from cases import attachments, checking
from cases.actions.moving import moving
from cases.actions.replies import follow_reply, latest_reply, restart_after_return
from cases.errors import BadChange
from cases.models import Case, Clock, Draft, Reply, Review
from cases.workflow import Status


def accept_reply(
    case: Case,
    *,
    actor: User,
    remark: str = "",
    reply: int | None = None,
    version: int | None = None,
) -> Case:
    """Let a flagged reply go on to the approver.

    `reply`: id of the reply the supervisor read; if another one stands there now, nothing
    is accepted unread (BadChange).
    """
    with moving(case, "accept_reply", actor, version=version) as step:
        latest = latest_reply(step.case)
        _same(latest, reply)
        latest.state = Reply.State.ACCEPTED
        latest.save(update_fields=["state"])
        verdict = Review.Verdict.REMARKS if remark else Review.Verdict.GOOD
        Review.objects.create(reply=latest, reviewer=actor, verdict=verdict, remark=remark)
        step.data = {"reply": latest.pk, "verdict": verdict, "remark": remark}
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
        was_published = step.before == Status.ANSWERED
        if not was_published:
            latest.state = Reply.State.RETURNED
            latest.save(update_fields=["state"])
            checking.forget([latest])
            attachments.keep_for_draft(latest)
            follow_reply(step.case)
        verdict = Review.Verdict.BRUSH_OFF if brush_off else Review.Verdict.REMARKS
        Review.objects.create(
            reply=latest,
            reviewer=actor,
            verdict=verdict,
            grounds=list(grounds),
            remark=remark,
            returned=True,
        )
        if latest.author_id is not None:
            Draft.objects.update_or_create(
                case=step.case, author_id=latest.author_id, defaults={"text": latest.text}
            )
        step.case.returns += 1
        step.case.submitted_at = None
        reply_due = (
            step.case.clocks.filter(kind=Clock.Kind.REPLY, stopped_at=None)
            .values_list("due_at", flat=True)
            .first()
        )
        restart_after_return(step.case)
        # The citizen's own term is not lengthened by a rework: the earlier moment rules.
        moments = [m for m in (reply_due, step.case.due_at) if m is not None]
        step.case.due_at = min(moments, default=None)
        step.data = {
            "reply": latest.pk,
            "verdict": verdict,
            "grounds": list(grounds),
            "remark": remark,
            "published": was_published,
        }
    return step.case


def _same(latest: Reply, seen: int | None) -> None:
    if seen is not None and latest.pk != seen:
        raise BadChange("reply_changed", field="reply")
