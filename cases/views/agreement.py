"""How reviewers judge: rates of the flagged and of the random sample apart, agreement of two."""

from collections import defaultdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.agreement import Agreement, kappa
from cases.models import ReasonKind, Review
from cases.reasons import reason_name
from quality.evaluate import wilson

Cause = Review.Cause
_SHOWN = (Cause.FLAGGED, Cause.SAMPLE, Cause.PUBLISHED)


def rates(user: User) -> list[dict[str, Any]]:
    """Verdicts by what led to them; the share of brush-offs with its 95 % interval (one query)."""
    found = {
        row["cause"]: row
        for row in _visible(user)
        .values("cause")
        .annotate(n=Count("pk"), bad=Count("pk", filter=Q(verdict=Review.Verdict.BRUSH_OFF)))
    }
    rows = []
    for cause in _SHOWN:
        row = found.get(cause, {"n": 0, "bad": 0})
        low, high = wilson(row["bad"], row["n"]) if row["n"] else (None, None)
        rows.append(
            {
                "title": cause.label,
                "n": row["n"],
                "bad": row["bad"],
                "share": row["bad"] / row["n"] if row["n"] else None,
                "low": low,
                "high": high,
            }
        )
    return rows


def second_looks(user: User) -> list[tuple[Review, Review]]:
    """First and second verdicts on replies judged twice blind (one query)."""
    seconds = (
        _visible(user)
        .filter(cause=Cause.SECOND)
        .select_related("reviewer")
        .order_by("-created_at")[:2000]
    )
    second = {review.reply_id: review for review in seconds}
    firsts = (
        Review.objects.filter(reply__in=second, cause__in=_SHOWN)
        .select_related("reviewer")
        .order_by("reply", "pk")
    )
    first: dict[int, Review] = {}
    for review in firsts:
        first.setdefault(review.reply_id, review)
    return [(first[pk], review) for pk, review in second.items() if pk in first]


def by_pair(pairs: list[tuple[Review, Review]]) -> list[tuple[str, Agreement]]:
    """Kappa of the verdicts of each two reviewers."""
    judged: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for one, two in pairs:
        ordered = sorted([(str(one.reviewer), one.verdict), (str(two.reviewer), two.verdict)])
        judged[ordered[0][0], ordered[1][0]].append((ordered[0][1], ordered[1][1]))
    return [(" — ".join(names), kappa(found)) for names, found in sorted(judged.items())]


def by_ground(pairs: list[tuple[Review, Review]]) -> list[tuple[str, Agreement]]:
    """Kappa of naming each ground or not."""
    codes = sorted({code for pair in pairs for review in pair for code in review.grounds})
    return [
        (
            reason_name(ReasonKind.RETURN, code),
            kappa([(code in one.grounds, code in two.grounds) for one, two in pairs]),
        )
        for code in codes
    ]


def _visible(user: User) -> Any:
    ids = granted_agency_ids(user, Right.REVIEW_REPLIES)
    return Review.objects.all() if ids is None else Review.objects.filter(reply__agency__in=ids)


@login_required
@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """Five queries, and one for each ground's name."""
    if not holds_anywhere(request.user, [Right.REVIEW_REPLIES]):
        raise PermissionDenied
    pairs = second_looks(request.user)
    verdicts = kappa([(one.verdict, two.verdict) for one, two in pairs])
    return render(
        request,
        "cases/agreement.html",
        {
            "rates": rates(request.user),
            "verdicts": verdicts,
            "tables": [("pairs", by_pair(pairs)), ("grounds", by_ground(pairs))],
        },
    )
