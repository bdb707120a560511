"""The supervisor's verdicts: accept, or return for rework with grounds."""

from collections.abc import Sequence

from agencies.models import User
from cases import attachments, reuse
from cases.actions.moving import moving
from cases.actions.replies import follow_reply, latest_reply, start_approval, to_rework
from cases.errors import BadChange
from cases.models import Case, Reply, Review
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
        start_approval(step)
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
            reuse.forget([latest])
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
        step.data = {
            "reply": latest.pk,
            "verdict": verdict,
            "grounds": list(grounds),
            "remark": remark,
            "published": was_published,
        }
        to_rework(step, latest)
    return step.case


def _same(latest: Reply, seen: int | None) -> None:
    if seen is not None and latest.pk != seen:
        raise BadChange("reply_changed", field="reply")
