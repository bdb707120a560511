"""What verdicts tell about the automatic flags: precision and recall, by agency and check.

Precision comes from verdicts on flagged replies. Recall needs verdicts on replies the check let
pass: the share of отписки among those is carried over to all that passed in the period, with the
interval of that share. Who chose them matters: only a random choice gives an honest recall, so the
number they rest on is always told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from agencies.models import User
from cases import checking
from cases.masking import mask_text
from cases.models import Case, Finding, Reply, Review
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


def _last_verdicts(user: User, since: datetime) -> QuerySet[Review]:
    """The last verdict on each reply of the period this person may see."""
    later = Review.objects.filter(reply=OuterRef("reply"), pk__gt=OuterRef("pk"))
    return Review.objects.filter(
        ~Exists(later),
        created_at__gte=since,
        reply__case__in=Case.objects.visible_to(user),
    )


_COUNTS = {
    "flagged": Count("pk", filter=Q(reply__flagged=True)),
    "flagged_empty": Count("pk", filter=Q(reply__flagged=True, verdict="brush_off")),
    "flagged_faulty": Count(
        "pk", filter=Q(reply__flagged=True, verdict__in=("brush_off", "remarks"))
    ),
    "passed": Count("pk", filter=Q(reply__flagged=False)),
    "passed_empty": Count("pk", filter=Q(reply__flagged=False, verdict="brush_off")),
}


def _recall(row: dict[str, Any], sent: dict[bool, int]) -> Recall:
    """Found отписки: share of right flags × flagged replies; missed ones likewise."""
    if not row["passed"]:
        return Recall(0, None, None, None)
    right = row["flagged_empty"] / row["flagged"] if row["flagged"] else 0.0
    found = right * sent.get(True, 0)
    low, high = wilson(row["passed_empty"], row["passed"])

    def at(missed: float) -> float | None:
        total = found + missed * sent.get(False, 0)
        return found / total if total else None

    return Recall(row["passed"], at(row["passed_empty"] / row["passed"]), at(high), at(low))


def _lesson(name: str, row: dict[str, Any], sent: dict[bool, int] | None = None) -> Lesson:
    return Lesson(
        name,
        share(row["flagged_empty"], row["flagged"]),
        share(row["flagged_faulty"], row["flagged"]),
        _recall(row, sent) if sent is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Lessons:
    verdicts: int
    whole: Lesson
    agencies: list[Lesson]
    checks: list[Lesson]


def lessons(user: User, since: datetime) -> Lessons:
    """Figures of the period in this person's scope: four queries."""
    verdicts = _last_verdicts(user, since)
    sent: dict[str, dict[bool, int]] = {}
    for name, flagged, count in (
        Reply.objects.filter(
            case__in=Case.objects.visible_to(user),
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
    everything = {flag: sum(own.get(flag, 0) for own in sent.values()) for flag in (True, False)}
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
        verdicts=total["flagged"] + total["passed"],
        whole=_lesson("", total, everything),
        agencies=[
            _lesson(row["reply__agency__name"], row, sent.get(row["reply__agency__name"], {}))
            for row in rows
        ],
        checks=[_lesson(row["code"], row) for row in by_code],
    )


def _with(verdicts: QuerySet[Review], *words: str) -> QuerySet[Review]:
    return verdicts.filter(reply=OuterRef("reply"), verdict__in=words)


def labelled(user: User, since: datetime) -> Iterator[dict[str, Any]]:
    """Verdicts as labelled pairs in the form `check_replies` and `evaluate_quality` take: masked
    for every reader, without names, authors and numbers of cases."""
    reviews = _last_verdicts(user, since).select_related(
        "reply__agency",
        *(f"reply__case__{name}" for name in ("topic", "channel", "citizen")),
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
