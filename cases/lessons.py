"""What verdicts tell about the automatic flags: precision and recall, by agency and check.

Precision comes from verdicts on flagged replies. Recall needs verdicts on replies the check let
pass, and only those of the random sample are asked: what a supervisor picked because it looked bad
would tell of his eye. The share of отписки among them is carried over to all that passed in the
period, with the interval of that share. At least one reply of an agency's day is drawn, so that a
small agency has a larger share of its replies in the sample; for all agencies together each counts
by what it sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from agencies.models import User
from agencies.roles import Right
from cases import checking
from cases.masking import mask_text
from cases.models import Case, Finding, Reply, Review, ReviewTask
from quality.calibrate import LABEL_OF
from quality.evaluate import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """Hits of a number with the 95 % interval; nothing without a number."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None


def share(hits: int, of: int) -> Share:
    low, high = wilson(hits, of)
    return Share(hits, of, low, high)


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of отписки that were flagged; `passed`: verdicts on replies that were let pass."""

    passed: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """One row: an agency, a check, or all. `faulty` counts verdicts with remarks as right too."""

    name: str
    precision: Share
    faulty: Share
    recall: Recall | None = None


def _last_verdicts(user: User, right: Right, since: datetime) -> QuerySet[Review]:
    """The last verdict on each reply of the period in the scope of this right."""
    later = Review.objects.filter(reply=OuterRef("reply"), pk__gt=OuterRef("pk"))
    return Review.objects.filter(
        ~Exists(later),
        created_at__gte=since,
        reply__case__in=Case.objects.visible_to(user, right),
    )


_COUNTS = {
    "verdicts": Count("pk"),
    "flagged": Count("pk", filter=Q(reply__flagged=True)),
    "flagged_empty": Count("pk", filter=Q(reply__flagged=True, verdict="brush_off")),
    "flagged_faulty": Count(
        "pk", filter=Q(reply__flagged=True, verdict__in=("brush_off", "remarks"))
    ),
    "passed": Count("pk", filter=Q(reply__flagged=False, sampled=True)),
    "passed_empty": Count("pk", filter=Q(reply__flagged=False, sampled=True, verdict="brush_off")),
}
# The last verdict may be a second opinion on a reply that was drawn: the draw counts.
_SAMPLED = Exists(ReviewTask.objects.filter(reply=OuterRef("reply"), kind=ReviewTask.Kind.SAMPLE))


def missed_share(strata: Sequence[tuple[int, int, int]]) -> tuple[float, float, float] | None:
    """Share of отписки among what passed, and its 95 % interval; None where nothing was drawn.

    `strata`: of each agency (отписки drawn, replies drawn, replies that passed). Each counts by
    what passed; the interval is Wilson's for the sample's effective size (Kish 1965, 8.2):
    one draw of many does not count as many.
    """
    known = [(hits, of, passed) for hits, of, passed in strata if of and passed]
    passed = sum(row[2] for row in known)
    if not passed:
        return None
    value = sum(hits / of * there / passed for hits, of, there in known)
    size = 1 / sum((there / passed) ** 2 / of for _hits, of, there in known)
    return value, *wilson(value * size, size)


def _recall(rows: Sequence[tuple[dict[str, Any], dict[bool, int]]]) -> Recall:
    """Found отписки: share of right flags × flagged replies; missed ones likewise.

    `rows`: of each agency its verdicts and what it sent, flagged or not.
    """
    drawn = sum(row["passed"] for row, _sent in rows)
    share_missed = missed_share(
        [(row["passed_empty"], row["passed"], sent.get(False, 0)) for row, sent in rows]
    )
    if share_missed is None:
        return Recall(drawn, None, None, None)
    flagged = sum(row["flagged"] for row, _sent in rows)
    right = sum(row["flagged_empty"] for row, _sent in rows) / flagged if flagged else 0.0
    found = right * sum(sent.get(True, 0) for _row, sent in rows)
    passed = sum(sent.get(False, 0) for _row, sent in rows)

    def at(missed: float) -> float | None:
        total = found + missed * passed
        return found / total if total else None

    value, low, high = share_missed
    return Recall(drawn, at(value), at(high), at(low))


def _lesson(name: str, row: dict[str, Any], recall: Recall | None = None) -> Lesson:
    return Lesson(
        name,
        share(row["flagged_empty"], row["flagged"]),
        share(row["flagged_faulty"], row["flagged"]),
        recall,
    )


@dataclass(frozen=True, slots=True)
class Lessons:
    verdicts: int
    whole: Lesson
    agencies: list[Lesson]
    checks: list[Lesson]


def lessons(user: User, since: datetime) -> Lessons:
    """Figures of the period in this person's scope, of whom states are seen: four queries."""
    verdicts = _last_verdicts(user, Right.VIEW_STATES, since).annotate(sampled=_SAMPLED)
    sent: dict[str, dict[bool, int]] = {}
    for name, flagged, count in (
        Reply.objects.filter(
            case__in=Case.objects.visible_to(user, Right.VIEW_STATES),
            submitted_at__gte=since,
            risk__isnull=False,
        )
        .values_list("agency__name", "flagged")
        .annotate(count=Count("pk"))
        .order_by()
    ):
        sent.setdefault(name, {})[flagged] = count
    rows = list(
        verdicts.values("reply__agency__name")
        .annotate(**_COUNTS)
        .order_by("-flagged", "reply__agency__name")
    )
    names = list(_COUNTS)
    total = {name: sum(row[name] for row in rows) for name in names}
    strata = [(row, sent.pop(row["reply__agency__name"], {})) for row in rows]
    unjudged = dict.fromkeys(names, 0)
    by_code = (
        Finding.objects.filter(reply__in=verdicts.values("reply"))
        .exclude(severity="praise")
        .values("code")
        .annotate(
            flagged=Count("reply", distinct=True),
            flagged_empty=Count(
                "reply", distinct=True, filter=Exists(_with(verdicts, "brush_off"))
            ),
            flagged_faulty=Count(
                "reply", distinct=True, filter=Exists(_with(verdicts, "brush_off", "remarks"))
            ),
        )
        .order_by("code")
    )
    return Lessons(
        verdicts=total["verdicts"],
        whole=_lesson("", total, _recall([*strata, *((unjudged, own) for own in sent.values())])),
        agencies=[
            _lesson(row["reply__agency__name"], row, _recall([(row, own)])) for row, own in strata
        ],
        checks=[_lesson(row["code"], row) for row in by_code],
    )


def _with(verdicts: QuerySet[Review], *words: str) -> QuerySet[Review]:
    return verdicts.filter(reply=OuterRef("reply"), verdict__in=words)


def labelled(user: User, since: datetime) -> Iterator[dict[str, Any]]:
    """Verdicts as labelled pairs in the form `check_replies` and `evaluate_quality` take: masked
    for every reader, without names, authors and numbers of cases.

    Of replies this reviewer may still judge anew the first verdict stays hidden.
    """
    anew = ReviewTask.objects.waiting_for(user).filter(first__isnull=False)
    reviews = (
        _last_verdicts(user, Right.REVIEW_REPLIES, since)
        .exclude(reply__in=anew.order_by().values("reply"))
        .select_related(
            "reply__agency",
            *(f"reply__case__{name}" for name in ("topic", "channel", "citizen")),
        )
    )
    for review in reviews.prefetch_related("reply__findings").order_by("pk").iterator(200):
        reply, case = review.reply, review.reply.case
        name = case.citizen.name
        yield {
            "id": f"{reply.agency.code if reply.agency else 'none'}-{reply.pk}",
            "label": LABEL_OF[review.verdict],
            "grounds": review.grounds,
            "case_text": mask_text(checking.message_of(case), name),
            "reply_text": mask_text(reply.text, name),
            "topic": case.topic.name if case.topic else None,
            "channel": case.channel.code,
            "agency": reply.agency.code if reply.agency else None,
            "kind": reply.kind,
            "case_type": case.kind,
            "regime": case.regime,
            "is_public": case.channel.is_public,
            "flagged": reply.flagged,
            "risk": reply.risk,
            "rules": reply.rules_version,
            "codes": sorted({finding.code for finding in reply.findings.all()}),
        }
