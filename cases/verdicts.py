"""What supervisors' verdicts and thresholds would change: for the calibration and its rehearsal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases import checking
from cases.models import Finding, Reply, Review
from quality import Thresholds, assess
from quality.calibrate import LABEL_OF
from quality.fit import Pair, pair_of

ALWAYS = ("Q10", "Q11", "Q18", "Q19", "Q20")
"""Findings that flag a reply whatever its risk."""


def latest_verdicts(since: datetime | None = None) -> Iterator[Pair]:
    """The last verdict on each reply as a labelled pair; the agency stands for its writer."""
    reviews = Review.objects.order_by("reply_id", "-created_at", "-pk").distinct("reply_id")
    if since is not None:
        reviews = reviews.filter(created_at__gte=since)
    reviews = reviews.select_related(
        *(f"reply__case__{name}" for name in ("topic", "channel", "citizen", "event", "agency"))
    )
    for review in reviews.iterator(chunk_size=500):
        reply = review.reply
        situation = checking.values_of(
            reply.case, checking.message_of(reply.case), reply.text, kind=reply.kind
        )
        yield pair_of(
            key=f"{reply.agency_id}-{reply.pk}",
            hand=f"agency{reply.agency_id}",
            label=LABEL_OF[review.verdict],
            situation=situation,
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Replies of the period: all, flagged now, flagged by the rehearsed setting, and the change."""

    replies: int
    flagged: int
    rehearsed: int
    more: int
    fewer: int


def rehearse_threshold(replies: QuerySet[Reply], flag: float) -> Rehearsal:
    """Another threshold on stored risks: one query, nothing is read again."""
    always = Exists(Finding.objects.filter(reply=OuterRef("pk"), code__in=ALWAYS))
    now, then = Q(flagged=True), Q(risk__gt=flag) | Q(always=True)
    counts = (
        replies.filter(risk__isnull=False)
        .annotate(always=always)
        .aggregate(
            # «flagged» is a column's name here
            n_all=Count("pk"),
            n_now=Count("pk", filter=now),
            n_then=Count("pk", filter=then),
            n_more=Count("pk", filter=then & ~now),
            n_fewer=Count("pk", filter=now & ~then),
        )
    )
    return Rehearsal(
        replies=counts["n_all"],
        flagged=counts["n_now"],
        rehearsed=counts["n_then"],
        more=counts["n_more"],
        fewer=counts["n_fewer"],
    )


def rehearse_weights(replies: QuerySet[Reply], limits: Thresholds) -> Rehearsal:
    """Other weights: all are assessed again, copies and faults of proof stay as found."""
    total = flagged = rehearsed = more = fewer = 0
    copied = set(
        Finding.objects.filter(reply__in=replies, code__in=ALWAYS).values_list(
            "reply_id", flat=True
        )
    )
    rows = replies.filter(risk__isnull=False).select_related(
        *(f"case__{name}" for name in ("topic", "channel", "citizen", "event", "agency"))
    )
    for reply in rows.iterator(chunk_size=500):
        values = checking.values_of(
            reply.case, checking.message_of(reply.case), reply.text, kind=reply.kind
        )
        then = reply.pk in copied or assess(values, thresholds=limits).flagged
        total += 1
        flagged += reply.flagged
        rehearsed += then
        more += then and not reply.flagged
        fewer += reply.flagged and not then
    return Rehearsal(total, flagged, rehearsed, more, fewer)


def replies_since(since: datetime) -> QuerySet[Reply]:
    """Replies sent since a moment."""
    return Reply.objects.filter(submitted_at__gte=since)
