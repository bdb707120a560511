"""The random sample of the demo's past months: drawn the night after, judged the next day."""

from datetime import datetime, timedelta

from agencies.models import User
from cases.demo.rows import Batch
from cases.models import Case, CaseEvent, Reply, Review, ReviewTask
from cases.reviewing import draw

SEED = 1
SHARE = 0.12  # above the portal's 5 %: a few hundred replies give no figures by less


def judge_drawn(
    batch: Batch, case: Case, reply: Reply, who: User, *, empty: bool, now: datetime
) -> None:
    """A published reply nobody flagged, if the draw meets it: the case stays where it is."""
    assert reply.published_at is not None
    at = reply.published_at + timedelta(hours=26)
    if at > now - timedelta(hours=1) or draw(SEED, reply.pk) >= SHARE * 2**64:
        return
    batch.tasks.append(
        ReviewTask(
            kind=ReviewTask.Kind.SAMPLE,
            reply=reply,
            agency_id=reply.agency_id,
            opened_at=reply.published_at + timedelta(hours=12),
            done_at=at,
        )
    )
    batch.reviews.append(
        Review(
            reply=reply,
            reviewer=who,
            verdict=Review.Verdict.BRUSH_OFF if empty else Review.Verdict.GOOD,
            grounds=["formal"] if empty else [],
            remark="Житель не узнает из ответа ничего о своём деле." if empty else "",
            cause=ReviewTask.Kind.SAMPLE,
            created_at=at,
        )
    )
    batch.events.append(
        CaseEvent(
            case_id=case.pk,
            at=at,
            actor=who,
            move="judge_reply",
            before=case.status,
            after=case.status,
            data={"reply": reply.pk},
        )
    )
