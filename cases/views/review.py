"""The supervisor's review desk: the list, the question against the reply, the verdict."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases.models import Case, Reason, ReasonKind, Reply, Review
from cases.querysets import may
from cases.screens import rows_of
from cases.views.differences import difference
from cases.views.panel import own_pieces, panel_of, text_pieces
from cases.workflow import Status

SHOWN = 50


def _today(user_id: int | None) -> dict[str, int]:
    """What this reviewer decided today (one query)."""
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    found = Review.objects.filter(reviewer_id=user_id, created_at__gte=start).values_list(
        "verdict", "returned"
    )
    verdicts = list(found)
    return {
        "accepted": sum(not returned for _v, returned in verdicts),
        "returned": sum(returned for _v, returned in verdicts),
        "brush_offs": sum(v == Review.Verdict.BRUSH_OFF for v, _r in verdicts),
    }


def _queue(request: HttpRequest) -> Any:
    """Weakest first; personal control before its equals, then who waits longest."""
    if not holds_anywhere(request.user, [Right.REVIEW_REPLIES]):
        raise PermissionDenied
    return (
        Case.objects.visible_to(request.user, Right.REVIEW_REPLIES)
        .in_review()
        .for_list()
        .order_by(F("risk").desc(nulls_last=True), "id")
    )


def _render(request: HttpRequest, case: Case | None) -> HttpResponse:
    queue = _queue(request)
    cases = list(queue[:SHOWN])
    if case is None and cases:
        case = cases[0]
    context: dict[str, Any] = {
        "rows": rows_of(cases, request.user),
        "listed": "list" in request.GET,
        "waiting": queue.counted(),
        "today": _today(request.user.pk),
        "case": case,
    }
    if case is not None:
        context |= _case_context(case, request)
    return render(request, "cases/review.html", context)


def _case_context(case: Case, request: HttpRequest) -> dict[str, Any]:
    reply: Reply | None = (
        case.replies.select_related("author")
        .prefetch_related("findings")
        .order_by("-version")
        .first()
    )
    panel = panel_of(reply, request.user) if reply else None
    sees = may(request.user, Right.VIEW_CONTACTS, case)
    chosen = request.GET.get("source", "А")
    source = None
    if panel:
        source = next((s for s in panel.sources if s.letter == chosen and s.reply), None) or next(
            (s for s in panel.sources if s.reply), None
        )
    returned = (
        case.replies.filter(state=Reply.State.RETURNED).exclude(pk=reply.pk).order_by("-version")
        if reply
        else Reply.objects.none()
    ).first()
    suggested = {finding.code for finding in panel.must} if panel else set()
    return {
        "reply": reply,
        "panel": panel,
        "letters": [
            {"message": m, "pieces": text_pieces(m.text, reply, sees, m.author.hidden_name)}
            for m in case.messages.select_related("author").filter(is_current=True)
        ],
        "source": source,
        "own_pieces": own_pieces(reply.text, source) if source and reply else [],
        "diff": difference(source.reply.text, reply.text) if source and reply else [],
        "previous": returned,
        "previous_diff": difference(returned.text, reply.text) if returned and reply else [],
        "grounds": list(
            Reason.objects.filter(kind=ReasonKind.RETURN, is_active=True).order_by("position")
        ),
        "suggested": suggested,
        "decides": case.status in {Status.REVIEW, Status.ANSWERED}
        and may(request.user, Right.REVIEW_REPLIES, case),
    }


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    return _render(request, None)


@login_required
@require_safe
def one(request: HttpRequest, number: str) -> HttpResponse:
    case = get_object_or_404(
        Case.objects.visible_to(request.user).for_list().select_related("topic__group"),
        number=number,
    )
    if not case.replies.exists():
        return redirect(case)  # nothing to judge yet
    return _render(request, case)
