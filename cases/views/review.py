"""The supervisor's review desk: the list, the question against the reply, the verdict."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.counts import capped_counts
from cases.directory import directory_of
from cases.dossier import Dossier, dossier_of, whole_case
from cases.listing import rows_by_key
from cases.models import Case, ReasonKind, Reply, Review
from cases.querysets import CaseQuerySet, may
from cases.screens import rows_of
from cases.views.common import case_or_404
from cases.views.differences import difference
from cases.views.panel import own_pieces, panel_of, text_pieces
from cases.workflow import Status
from database.rows import planned

SHOWN = 50


_TODAY = (
    "select count(*) filter (where not returned), count(*) filter (where returned),"
    " count(*) filter (where verdict = %(brush_off)s)"
    " from cases_review where reviewer_id = %(reviewer)s and created_at >= %(start)s::timestamptz"
)


def _today(reviewer: int | None) -> dict[str, int]:
    """What this reviewer decided today (one query)."""
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"brush_off": Review.Verdict.BRUSH_OFF, "reviewer": reviewer, "start": start}
    (row,) = planned(_TODAY, values)
    return dict(zip(("accepted", "returned", "brush_offs"), row, strict=True))


def _queue(request: HttpRequest) -> CaseQuerySet:
    """Weakest first; personal control before its equals, then who waits longest."""
    if not holds_anywhere(request.user, [Right.REVIEW_REPLIES]):
        raise PermissionDenied
    return (
        Case.objects.visible_to(request.user, Right.REVIEW_REPLIES)
        .in_review()
        .order_by(F("risk").desc(nulls_last=True), "id")
    )


def _render(
    request: HttpRequest, case: Case | None = None, dossier: Dossier | None = None
) -> HttpResponse:
    """With the case asked for, else with the first of the list."""
    queue = _queue(request)
    cases = rows_by_key(queue[:SHOWN].keys(), request.user)
    if case is None and cases:
        case = whole_case(request.user, cases[0].number)
    context: dict[str, Any] = {
        "rows": rows_of(cases, request.user),
        "listed": "list" in request.GET,
        "waiting": capped_counts({"waiting": queue})["waiting"],
        "today": _today(request.user.pk),
        "case": case,
    }
    if case is not None:
        context |= _case_context(case, dossier or dossier_of(case, request.user), request)
    return render(request, "cases/review.html", context)


def _case_context(case: Case, dossier: Dossier, request: HttpRequest) -> dict[str, Any]:
    reply = dossier.replies[0] if dossier.replies else None
    panel = panel_of(reply, request.user) if reply else None
    sees = may(request.user, Right.VIEW_CONTACTS, case)
    chosen = request.GET.get("source", "А")
    source = None
    if panel:
        source = next((s for s in panel.sources if s.letter == chosen and s.reply), None) or next(
            (s for s in panel.sources if s.reply), None
        )
    returned = next((r for r in dossier.replies[1:] if r.state == Reply.State.RETURNED), None)
    suggested = {finding.code for finding in panel.must} if panel else set()
    return {
        "reply": reply,
        "panel": panel,
        "letters": [
            {"message": m, "pieces": text_pieces(m.text, reply, sees, m.author.hidden_name)}
            for m in dossier.letters
        ],
        "source": source,
        "own_pieces": own_pieces(reply.text, source) if source and reply else [],
        "diff": difference(source.reply.text, reply.text) if source and reply else [],
        "previous": returned,
        "previous_diff": difference(returned.text, reply.text) if returned and reply else [],
        "grounds": directory_of(request.user).reasons_of(ReasonKind.RETURN),
        "suggested": suggested,
        "decides": case.status in {Status.REVIEW, Status.ANSWERED}
        and may(request.user, Right.REVIEW_REPLIES, case),
    }


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    return _render(request)


@login_required
@require_safe
def one(request: HttpRequest, number: str) -> HttpResponse:
    case = case_or_404(request.user, number)
    dossier = dossier_of(case, request.user)
    if not dossier.replies:
        return redirect(case)  # nothing to judge yet
    return _render(request, case, dossier)
