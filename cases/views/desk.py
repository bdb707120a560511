"""The centre's desk: moderation and routing, one case after another by keyboard."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases import many
from cases.counts import desk_counts
from cases.directory import Directory, directory_of
from cases.doors import open_doors
from cases.dossier import dossier_of, whole_case
from cases.listing import rows_by_key
from cases.models import Case, Citizen, ReasonKind, Regime
from cases.querysets import CaseQuerySet, may
from cases.views.case import waiting_rejection
from cases.workflow import Status

SHOWN = 50
# Of the moves open in these states, those that have their place on the desk.
_MOVES = {
    *("start_moderation", "amend", "route", "reject", "merge"),
    *("redirect", "refuse_redirect", "register_appeal", "forward_appeal", "short_notice"),
    *("confirm_rejection", "decline_rejection"),
}
# Of those that may be made for many, by the view; a proposed rejection is confirmed one by one.
_AT_ONCE = {
    "arrivals": ("route", "start_moderation", "merge", "reject"),
    "disputes": ("redirect",),
    "rejecting": (),
}
_STATES = [Status.RECEIVED.value, Status.MODERATION.value, Status.REDIRECT_ASKED.value]


def _waiting(request: HttpRequest) -> CaseQuerySet:
    if not holds_anywhere(request.user, [Right.MODERATE_CASES, Right.ROUTE_CASES]):
        raise PermissionDenied
    return Case.objects.visible_to(request.user, Right.MODERATE_CASES)


def proposal(case: Case, directory: Directory) -> dict[str, Any]:
    """The agency the rules propose for this case and the rule that said so."""
    rule = directory.router.pick(
        topic_id=case.topic_id,
        group_id=case.topic.group_id if case.topic else None,
        territory_id=case.territory_id,
        on=timezone.localdate(),
    )
    if rule is None:
        return {"agency": None, "rule": None}
    return {"agency": directory.agencies.get(rule.agency_id), "rule": rule}


def _context(case: Case, request: HttpRequest) -> dict[str, Any]:
    """One query; lists to choose from come from memory."""
    directory = directory_of(request.user)
    dossier = dossier_of(case, request.user)
    proposed = proposal(case, directory)
    agency = case.proposed_agency or proposed["agency"]
    if agency is not None and agency.pk == case.agency_id:
        agency = None  # it has the case already: nothing to send it there again
    sees = may(request.user, Right.VIEW_CONTACTS, case)
    disputed = (event for event in dossier.events if event.move == "dispute_competence")
    return {
        "case": case,
        "letters": dossier.letters,
        "proposed": agency,
        "rule": proposed["rule"],
        "agencies": directory.active_agencies,
        "topics": directory.active_topics,
        "territories": directory.all_territories,
        "rejection_reasons": directory.reasons_of(ReasonKind.REJECTION),
        "near": dossier.others,
        "collective": case.citizen.kind == Citizen.Kind.COLLECTIVE,
        "dispute": case.status == Status.REDIRECT_ASKED,
        "moves": {door.name for door in open_doors(case, request.user, None)} & _MOVES,
        "rejection": waiting_rejection(case, sees),
        "sees_contacts": sees,
        "regimes": _regimes(case),
        "asked": next(disputed, None) if case.status == Status.REDIRECT_ASKED else None,
    }


def _regimes(case: Case) -> list[tuple[str, Any]]:
    """What the card may be changed to; a registered appeal stays one."""
    if case.regime == Regime.LAW59 and case.status != Status.RECEIVED:
        return []
    return list(Regime.choices)


def _chosen(request: HttpRequest, number: str) -> Case | None:
    """The case to be worked on, while it belongs on this desk and to this person."""
    case = whole_case(request.user, number) if number else None
    if case is None or case.status not in _STATES:
        return None
    return case if may(request.user, Right.MODERATE_CASES, case) else None


def _first(cases: Sequence[Case], view: str) -> str:
    """What waits for a second person's yes to its rejection is not in the way of the next one."""
    ready = (case for case in cases if view == "rejecting" or case.rejection_by_id is None)
    found = next(ready, None) or next(iter(cases), None)
    return found.number if found else ""


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Oldest first; `?case=` opens one of the list, else the first that can be worked on."""
    waiting = _waiting(request)
    disputes = waiting.filter(status=Status.REDIRECT_ASKED, is_open=True)
    arrivals = waiting.in_moderation()
    rejecting = waiting.filter(rejection_by__isnull=False, status=Status.MODERATION)
    views = {"arrivals": arrivals, "disputes": disputes, "rejecting": rejecting}
    view = request.GET.get("view", "")
    if view not in views:
        view = "arrivals"
    keys = views[view].order_by("received_at", "id")[:SHOWN].ordered_keys()
    cases = rows_by_key(keys, request.user)
    asked = request.GET.get("case", "")
    chosen = _chosen(request, asked or _first(cases, view))
    if asked and chosen is None:
        raise Http404
    counts = desk_counts(request.user)
    context: dict[str, Any] = {
        "rows": cases,
        "listed": "list" in request.GET,
        "view": view,
        "at_once": [door for door in many.offered(request.user) if door.name in _AT_ONCE[view]],
        **counts,
        "waiting": counts[view],
        "case": chosen,
    }
    if chosen is not None:
        context |= _context(chosen, request)
    return render(request, "cases/desk.html", context)
