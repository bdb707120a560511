"""The supervisor's review desk: the list, the question against the reply, the verdict."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.actions.review import UNDO
from cases.claims import claim as claim_case
from cases.claims import claimed_by_others
from cases.counts import capped_counts
from cases.directory import directory_of
from cases.dossier import Dossier, dossier_of, whole_case
from cases.listing import rows_by_key
from cases.models import Case, ReasonKind, Reply, Review, ReviewTask
from cases.querysets import CaseQuerySet, may
from cases.views.common import case_or_404
from cases.views.differences import difference
from cases.views.panel import overridden, own_pieces, panel_of, text_pieces
from cases.workflow import Status
from database.rows import planned

SHOWN = 50
PARTS = {
    ReviewTask.Kind.SAMPLE.value: _("Random sample"),
    ReviewTask.Kind.SECOND.value: _("Second opinion"),
}


_TODAY = (
    "select count(*) filter (where not returned), count(*) filter (where returned),"
    " count(*) filter (where verdict = %(brush_off)s)"
    " from cases_review where reviewer_id = %(reviewer)s and created_at >= %(start)s::timestamptz"
)

_JUST_NOW = (
    "select id from cases_review where reviewer_id = %s and created_at > %s"
    " order by created_at desc limit 1"
)


def _today(reviewer: int | None) -> dict[str, int]:
    """What this reviewer decided today (one query)."""
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"brush_off": Review.Verdict.BRUSH_OFF, "reviewer": reviewer, "start": start}
    (row,) = planned(_TODAY, values)
    return dict(zip(("accepted", "returned", "brush_offs"), row, strict=True))


def queue_of(user: User) -> CaseQuerySet:
    """Risk × audience × personal control × waiting time; an objection to one's own return is
    for somebody else."""
    own = ReviewTask.objects.filter(
        kind=ReviewTask.Kind.DISPUTE, done_at=None, first__reviewer=user
    )
    return (
        Case.objects.visible_to(user, Right.REVIEW_REPLIES)
        .in_review()
        .exclude(pk__in=own.values("reply__case"))
        .by_gravity()
    )


def _tasks(request: HttpRequest, kind: str) -> list[ReviewTask]:
    waiting = ReviewTask.objects.waiting_for(request.user).filter(kind=kind)
    return list(waiting.select_related("reply__case")[:SHOWN])


def _render(
    request: HttpRequest, case: Case | None = None, dossier: Dossier | None = None
) -> HttpResponse:
    """With the case asked for, else with the first of the list nobody else has open."""
    if not holds_anywhere(request.user, [Right.REVIEW_REPLIES]):
        raise PermissionDenied
    part = request.GET.get("part", "")
    part = part if part in PARTS else ""
    queue = queue_of(request.user)
    waiting = ReviewTask.objects.waiting_for(request.user)
    counts = capped_counts(
        {
            "": queue,
            **{kind: waiting.filter(kind=kind) for kind in PARTS},
        }
    )
    tasks = {task.reply.case_id: task for task in _tasks(request, part)} if part else {}
    keys = list(tasks) if part else queue[:SHOWN].ordered_keys()
    cases = rows_by_key(keys, request.user)
    claims = claimed_by_others([row.pk for row in cases], request.user)
    if case is None and cases:
        free = next((row for row in cases if row.pk not in claims), cases[0])
        case = whole_case(request.user, free.number)
    context: dict[str, Any] = {
        "rows": cases,
        "claims": claims,
        "listed": "list" in request.GET,
        "waiting": counts[""],
        "part": part,
        "parts": [("", _("Flagged"), counts[""])]
        + [(kind, title, counts[kind]) for kind, title in PARTS.items()],
        "today": _today(request.user.pk),
        "case": case,
        "undo": _undoable(request),
    }
    if case is not None:
        context |= _case_context(case, dossier or dossier_of(case, request.user), request)
        context["claim"] = claims.get(case.pk)
        context["task"] = tasks.get(case.pk)
        if part and context["task"] is None:
            context["decides"] = False
    return render(request, "cases/review.html", context)


def _undoable(request: HttpRequest) -> dict[str, Any] | None:
    """The verdict this reviewer gave just now (one query by the index of his day, mostly)."""
    found = planned(_JUST_NOW, [request.user.pk, timezone.now() - UNDO])
    if not found:
        return None
    review = Review.objects.select_related("reply__case").get(pk=found[0][0])
    left = review.created_at + UNDO - timezone.now()
    return {"case": review.reply.case, "verdict": review, "ms": int(left.total_seconds() * 1000)}


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
        "overridden": overridden(case, dossier.events, sees),
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
        "objection": next(
            (task.words for task in dossier.tasks if task.kind == ReviewTask.Kind.DISPUTE), ""
        ),
        "decides": (case.status in {Status.REVIEW, Status.ANSWERED} or "part" in request.GET)
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


@login_required
@require_POST
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Sent by the desk when a reply is opened: who reads it now, told to those who come after."""
    case = case_or_404(request.user, number)
    if not may(request.user, Right.REVIEW_REPLIES, case):
        raise PermissionDenied
    taken = claim_case(case, request.user, knowingly="take" in request.POST)
    if "take" in request.POST:
        return redirect("review-one", number)
    return HttpResponse(status=204 if taken else 409)
