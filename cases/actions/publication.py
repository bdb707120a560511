"""Publication by hand: the text was posted, the link is pasted; recall and correction.

Only the stored moment of publication stops the clock of the first reply.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from agencies.models import User
from agencies.roles import Right
from cases import checking, clocks
from cases.actions.moving import moving
from cases.actions.replies import latest_reply
from cases.errors import BadChange
from cases.models import Case, Clock, QualitySetting, Reply
from cases.querysets import may


def may_publish(case: Case, actor: User, reply: Reply | None = None) -> bool:
    """The approver, or the author himself where the agency lets authors publish.

    An author publishes only his own unflagged reply within the risk set for it (60 points).
    `reply`: the latest one where it is loaded already.
    """
    if may(actor, Right.APPROVE_REPLIES, case):
        return True
    if case.agency is None or not case.agency.publish_own:
        return False
    reply = reply or case.replies.order_by("-version").first()
    if reply is None or reply.author_id != actor.pk:
        return False
    _, limits = checking.thresholds()
    return is_own_publishable(reply, limits) and may(actor, Right.ANSWER_CASES, case)


def is_own_publishable(reply: Reply, limits: QualitySetting) -> bool:
    return not reply.flagged and reply.risk is not None and reply.risk <= limits.publish_own_until


def publish(
    case: Case,
    *,
    actor: User,
    url: str,
    published_at: datetime | None = None,
    reply: int | None = None,
    version: int | None = None,
) -> Case:
    """Record that the reply was posted: its link and moment (now when not given).

    The moment may not lie in the future or before the reply was sent for approval.
    """
    with moving(case, "publish", actor, version=version, right_checked=may_publish) as step:
        latest = latest_reply(step.case)
        if reply is not None and latest.pk != reply:
            raise BadChange("reply_changed", field="reply")
        if latest.state not in {Reply.State.APPROVAL, Reply.State.ACCEPTED, Reply.State.RECALLED}:
            raise BadChange("reply_not_ready", field="reply")
        moment = published_at or step.at
        if moment > step.at + timedelta(minutes=1):
            raise BadChange("published_in_future", field="published_at")
        if moment < latest.submitted_at - timedelta(minutes=1):
            raise BadChange("published_before_sent", field="published_at")
        if step.case.channel.is_public and not url:
            raise BadChange("url_missing", field="url")
        latest.state = Reply.State.PUBLISHED
        latest.published_at = moment
        latest.published_url = url
        latest.published_by = actor
        latest.save(update_fields=["state", "published_at", "published_url", "published_by"])
        first = step.case.answered_at is None
        step.case.answered_at = step.case.answered_at or moment
        clocks.stop_clocks(step.case, at=moment)
        step.case.due_at = None
        step.data = {
            "reply": latest.pk,
            "url": url,
            "published_at": moment.isoformat(),
            "first": first,
        }
    return step.case


def recall_publication(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """A publication recorded by mistake: the reply waits again, its clock runs again."""
    with moving(case, "recall_publication", actor, version=version) as step:
        latest = latest_reply(step.case)
        step.data = {
            "reply": latest.pk,
            "reason": reason,
            "url": latest.published_url,
            "published_at": latest.published_at.isoformat() if latest.published_at else None,
        }
        stopped = latest.published_at
        latest.state = Reply.State.RECALLED
        latest.published_at = None
        latest.published_url = ""
        latest.published_by = None
        latest.save(update_fields=["state", "published_at", "published_url", "published_by"])
        earlier = (
            step.case.replies.filter(state=Reply.State.PUBLISHED).order_by("published_at").first()
        )
        step.case.answered_at = earlier.published_at if earlier else None
        resumed = stopped is not None and clocks.restart_stopped_at(step.case, stopped)
        if not resumed and earlier is None:
            clock = step.case.clocks.filter(kind=Clock.Kind.REPLY).order_by("-started_at").first()
            if clock is not None:
                clock.stopped_at = None
                clock.save(update_fields=["stopped_at"])
                step.case.due_at = clock.due_at
    return step.case


def correct_reply(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """Open a published reply for a corrected version; the published one stays as it is."""
    with moving(case, "correct_reply", actor, version=version) as step:
        latest = latest_reply(step.case)
        step.data = {"reply": latest.pk, "reason": reason}
        step.case.submitted_at = None
        assert step.case.agency is not None
        clocks.start_clock(
            step.case,
            clocks.REWORK_RULES.get(step.case.regime, ("REWORK",)),
            kind=Clock.Kind.STAGE,
            start=timezone.now(),
            agency=step.case.agency,
        )
    return step.case
