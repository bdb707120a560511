"""The centre's desk: moderation and routing, one case after another by keyboard."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.models import Agency
from agencies.roles import Right
from cases.doors import open_doors
from cases.models import Case, Citizen, Reason, ReasonKind, Regime, Territory, Topic
from cases.querysets import CaseQuerySet
from cases.routing import load_router
from cases.screens import rows_of
from cases.views.case import waiting_rejection
from cases.workflow import Status

SHOWN = 50
# Of the moves open in these states, those that have their place on the desk.
_MOVES = {
    *("start_moderation", "amend", "route", "reject", "merge"),
    *("redirect", "refuse_redirect", "register_appeal", "forward_appeal", "short_notice"),
    *("confirm_rejection", "decline_rejection"),
}
_STATES = [Status.RECEIVED.value, Status.MODERATION.value, Status.REDIRECT_ASKED.value]


def _waiting(request: HttpRequest) -> CaseQuerySet:
    if not holds_anywhere(request.user, [Right.MODERATE_CASES, Right.ROUTE_CASES]):
        raise PermissionDenied
    return Case.objects.visible_to(request.user, Right.MODERATE_CASES)


def proposal(case: Case) -> dict[str, Any]:
    """The agency the rules propose for this case and the rule that said so (two queries)."""
    rule = load_router().pick(
        topic_id=case.topic_id,
        group_id=case.topic.group_id if case.topic else None,
        territory_id=case.territory_id,
        on=timezone.localdate(),
    )
    if rule is None:
        return {"agency": None, "rule": None}
    return {"agency": Agency.objects.filter(pk=rule.agency_id).first(), "rule": rule}


def _near(case: Case, request: HttpRequest) -> list[Case]:
    """Other cases of the same author the reader may open: merge or repeat."""
    same_author = Case.objects.visible_to(request.user).filter(citizen_id=case.citizen_id)
    found = same_author.exclude(pk=case.pk).only("number", "title", "status", "received_at")
    return list(found.order_by("-received_at")[:5])


def _context(case: Case, request: HttpRequest) -> dict[str, Any]:
    proposed = proposal(case)
    agency = case.proposed_agency or proposed["agency"]
    if agency is not None and agency.pk == case.agency_id:
        agency = None  # it has the case already: nothing to send it there again
    return {
        "case": case,
        "letters": case.messages.filter(is_current=True),
        "proposed": agency,
        "rule": proposed["rule"],
        "agencies": Agency.objects.active().only("code", "name", "short_name"),
        "topics": Topic.objects.filter(is_active=True).select_related("group"),
        "territories": Territory.objects.all(),
        "rejection_reasons": Reason.objects.filter(kind=ReasonKind.REJECTION, is_active=True),
        "near": _near(case, request),
        "collective": case.citizen.kind == Citizen.Kind.COLLECTIVE,
        "dispute": case.status == Status.REDIRECT_ASKED,
        "moves": {door.name for door in open_doors(case, request.user, None)} & _MOVES,
        "rejection": waiting_rejection(case),
        "regimes": _regimes(case),
        "asked": case.events.select_related("actor").filter(move="dispute_competence").first()
        if case.status == Status.REDIRECT_ASKED
        else None,
    }


def _regimes(case: Case) -> list[tuple[str, Any]]:
    """What the card may be changed to; a registered appeal stays one."""
    if case.regime == Regime.LAW59 and case.status != Status.RECEIVED:
        return []
    return list(Regime.choices)


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Oldest first; `?case=` opens one of the list, else the first."""
    waiting = _waiting(request)
    disputes = waiting.filter(status=Status.REDIRECT_ASKED, is_open=True)
    arrivals = waiting.in_moderation()
    rejecting = waiting.filter(rejection_by__isnull=False, status=Status.MODERATION)
    views = {"arrivals": arrivals, "disputes": disputes, "rejecting": rejecting}
    view = request.GET.get("view", "")
    if view not in views:
        view = "arrivals"
    listed = views[view]
    cases = list(
        listed.for_list().select_related("topic__group").order_by("received_at", "id")[:SHOWN]
    )
    number = request.GET.get("case", "")
    chosen: Case | None = None
    if number:
        chosen = get_object_or_404(
            waiting.for_list()
            .select_related("topic__group", "proposed_agency", "rejection_by")
            .filter(status__in=_STATES),
            number=number,
        )
    elif cases:
        chosen = cases[0]
    counts = {name: cases.counted() for name, cases in views.items()}
    context: dict[str, Any] = {
        "rows": rows_of(cases, request.user),
        "listed": "list" in request.GET,
        "view": view,
        **counts,
        "waiting": counts[view],
        "case": chosen,
    }
    if chosen is not None:
        context |= _context(chosen, request)
    return render(request, "cases/desk.html", context)
