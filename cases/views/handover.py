"""Handing over: what has nobody, whose cases go, the preview, and what became of each case."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agencies.models import Agency, User
from agencies.roles import Right
from cases import handover, tasks
from cases.forms_handover import HandoverForm
from cases.handover import AT_ONCE, OFFERED, SHOWN, Plan
from cases.models import Case, Handover, HandoverRow
from cases.querysets import may


@dataclass(slots=True)
class Line:
    """A case as this reader may see it: who reads only states sees no title."""

    case: Case
    reads: bool
    sees_contacts: bool
    row: HandoverRow | None = None
    to: User | None = None


def line_of(user: User, case: Case, **more: Any) -> Line:
    return Line(
        case, may(user, Right.VIEW_CASES, case), may(user, Right.VIEW_CONTACTS, case), **more
    )


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Whose cases go: a person or an agency by name; and what has nobody."""
    if not handover.may_open(request.user):
        raise PermissionDenied
    orphans = handover.orphans_of(request.user)
    by_holder = groupby(orphans, key=lambda one: (one.agency_id, one.executor_id, one.reason))
    groups = []
    for _key, some in by_holder:
        rows = list(some)
        groups.append({"first": rows[0], "lines": [line_of(request.user, o.case) for o in rows]})
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    people = handover.holders(request.user, words)
    agencies = handover.holding_agencies(request.user, words)
    return render(
        request,
        "cases/handover.html",
        {
            "groups": groups,
            "total": len(orphans),
            "asked": words,
            "people": people[:OFFERED],
            "agencies": agencies[:OFFERED],
            "more": len(people) > OFFERED or len(agencies) > OFFERED,
            "latest": Handover.objects.filter(actor=request.user).select_related(
                "person", "agency", "to_agency"
            )[:10],
        },
    )


def plan_of(request_data: Any) -> Plan:
    """Whose cases: of a person by account, or of an agency by code; unknown ones are 404."""
    if username := str(request_data.get("person", "")).strip():
        person = User.objects.select_related("agency").filter(username=username).first()
        if person is None:
            raise Http404
        return Plan(person, None)
    code = str(request_data.get("agency", "")).strip()
    return Plan(None, get_object_or_404(Agency, code=code))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """Choose to whom, look at the preview, hand over."""
    user = request.user
    if not handover.may_open(user):
        raise PermissionDenied
    whose = plan_of(request.GET)
    cases = handover.cases_of(user, whose)
    agencies = list(Agency.objects.filter(pk__in=cases.order_by().values("agency")))
    form = HandoverForm(
        request.POST or None,
        actor=user,
        plan=whose,
        agencies=agencies,
    )
    context: dict[str, Any] = {
        "whose": whose,
        "form": form,
        "counted": cases.counted(),
        "shown": SHOWN,
    }
    step = request.POST.get("step", "")
    if request.method == "POST" and form.is_valid() and step in ("preview", "do"):
        planned = form.planned()
        if step == "do":
            made = handover.start(user, planned, reason=form.cleaned_data["reason"])
            handover.carry_out(made, AT_ONCE)
            tasks.queue_handover(made)
            return redirect("handover-result", pk=made.pk)
        some = list(cases.select_related("citizen", "executor", "agency").defer("search")[:SHOWN])
        context["preview"] = [
            line_of(user, one.case, to=one.to) for one in handover.shared(some, planned.executors)
        ]
        context["planned"] = planned
    return render(request, "cases/handover_plan.html", context, status=400 if form.errors else 200)


def results_of(user: User, pk: int) -> tuple[Handover, dict[str, int], list[Line]]:
    """One's own handover with what became of its cases; refused ones first (three queries)."""
    made = get_object_or_404(
        Handover.objects.select_related("person", "agency", "to_agency"), pk=pk, actor=user
    )
    if not handover.may_open(user):
        raise PermissionDenied
    counts = dict.fromkeys(HandoverRow.State.values, 0)
    for state in made.rows.order_by().values_list("state", flat=True):
        counts[state] += 1
    rows = (
        made.rows.filter(case__in=Case.objects.visible_to(user, Right.VIEW_STATES))
        .select_related("case__citizen", "case__agency", "case__executor", "executor")
        .defer("case__search")
        .order_by("-state", "id")[:SHOWN]
    )
    return made, counts, [line_of(user, row.case, row=row, to=row.executor) for row in rows]


@login_required
@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    made, counts, lines = results_of(request.user, pk)
    template = "cases/_handover_result.html" if request.htmx else "cases/handover_result.html"
    return render(
        request,
        template,
        {"made": made, "counts": counts, "lines": lines, "total": sum(counts.values())},
    )
