"""Mass events: the list, an event with its trend and members, what the centre writes of it."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from agencies.access import granted_agency_ids, holds_anywhere
from agencies.changes import acting
from agencies.models import User
from agencies.roles import Right
from cases import event_orders, events
from cases.errors import BadChange
from cases.forms import word_change
from cases.forms_events import EventForm
from cases.masking import mask_text
from cases.models import Case, MassEvent
from cases.paging import page_of, read_day_cursor, write_day_cursor
from cases.querysets import CaseQuerySet, may
from cases.trend import chart
from cases.workflow import OPEN, Status

VIEWS = ("running", "offered", "closed")
_MEMBERS: dict[str, list[str]] = {
    "open": [str(status) for status in OPEN],
    "done": [Status.ANSWERED.value, Status.CLOSED.value],
}


def ensure(user: User, *rights: str) -> None:
    if not holds_anywhere(user, rights):
        raise PermissionDenied


def event_or_404(user: User, code: str) -> MassEvent:
    """An event the reader's agencies have a part in."""
    found = (
        events.visible_events(user)
        .select_related("topic", "territory", "agency", "closed_by")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def members_of_event(user: User, event: MassEvent, which: str) -> CaseQuerySet:
    """The event's cases in the reader's scope: `open`, `done`, or all of them."""
    cases = events.cases_of(user, event)
    return cases.filter(status__in=_MEMBERS[which]) if which in _MEMBERS else cases


def title_of(case: Case, user: User) -> str:
    """The case's title as the reader may see it."""
    if may(user, Right.VIEW_CONTACTS, case):
        return case.title
    return mask_text(case.title, case.citizen.hidden_name)


def whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


@login_required
@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    ensure(user, Right.VIEW_CASES)
    finds = holds_anywhere(user, events.FINDERS)
    view = request.GET.get("view", "")
    if view not in VIEWS or (view == "offered" and not finds):
        view = "running"
    context: dict[str, Any] = {
        "view": view,
        "finds": finds,
        "keeps": holds_anywhere(user, events.KEEPERS),
        "region": granted_agency_ids(user, Right.VIEW_STATES) is None,
        "waiting": events.EventOffer.objects.visible_to(user).waiting().count() if finds else 0,
    }
    if view == "offered":
        rows, more = events.offers_of(user, whole(request.GET.get("before")))
        context["offers"] = [
            (row, [(case, title_of(case, user)) for case in row.sample]) for row in rows
        ]
        context["next"] = f"?view=offered&before={more}" if more else ""
    else:
        before = read_day_cursor(request.GET.get("before", ""))
        found, after = events.events_of(user, closed=view == "closed", before=before)
        context["rows"] = found
        context["next"] = f"?view={view}&before={write_day_cursor(*after)}" if after else ""
    return render(request, "cases/events/list.html", context)


def _label(at: date | datetime, hourly: bool) -> str:
    return f"{localtime(at):%H:%M}" if hourly else date_format(at, "j.m")  # type: ignore[arg-type]


def _spoken(at: date | datetime, hourly: bool) -> str:
    return f"{localtime(at):%d.%m, %H:%M}" if hourly else date_format(at, "j E")  # type: ignore[arg-type]


@login_required
@require_safe
def event_page(request: HttpRequest, code: str) -> HttpResponse:
    """An event in the reader's scope (about fifteen queries, whatever its size)."""
    user: User = request.user  # type: ignore[assignment]
    ensure(user, Right.VIEW_CASES)
    event = event_or_404(user, code)
    figures = events.figures_of(user, event)
    which = request.GET.get("members", "open")
    which = which if which in (*_MEMBERS, "all") else "open"
    page = page_of(
        members_of_event(user, event, which),
        user,
        field="received_at",
        descending=True,
        cursor=request.GET.get("cursor", ""),
    )
    counts = [n for _at, n in figures.times]
    labels = [_label(at, figures.hourly) for at, _n in figures.times]
    finds = holds_anywhere(user, events.FINDERS)
    late = events.late_of(user, event) if finds and event.closed_at is None else []
    most = max((n for _name, n in figures.territories), default=1)
    context = {
        "event": event,
        "figures": figures,
        "steps": events.steps_of(event, figures),
        "chart": chart(counts, labels, usual=figures.usual) if counts else None,
        "times": [(_spoken(at, figures.hourly), n) for at, n in figures.times],
        "share": round(100 * (figures.total - figures.open) / figures.total)
        if figures.total
        else 0,
        "territories": [(name, n, round(100 * n / most)) for name, n in figures.territories],
        "which": which,
        "members": [(case, title_of(case, user)) for case in page.cases],
        "next": f"?members={which}&cursor={page.next_cursor}#linked" if page.next_cursor else "",
        "late": [(member, title_of(member.case, user)) for member in late],
        "finds": finds,
        "keeps": events.may_keep(user, event) and event.closed_at is None,
        "orders": event_orders.may_order(user, event),
    }
    return render(request, "cases/events/event.html", context)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """An event by hand: noticed elsewhere, or a spike made one."""
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *events.KEEPERS)
    initial = {
        name: request.GET[name]
        for name in ("title", "topic", "territory", "starts_on")
        if request.GET.get(name)
    }
    form = EventForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        agency = form.cleaned_data["agency"]
        if not events.may_keep(user, MassEvent(agency=agency)):
            form.add_error("agency", _("This agency is out of your reach."))
        else:
            made = events.found_event(actor=user, **form.cleaned_data)
            messages.success(request, _("The mass event is there. Join cases to it."))
            return redirect(made.get_absolute_url())
    status = 422 if form.is_bound else 200
    return render(request, "cases/events/edit.html", {"form": form, "event": None}, status=status)


@login_required
def edit(request: HttpRequest, code: str) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *events.KEEPERS)
    event = event_or_404(user, code)
    if not events.may_keep(user, event):
        raise PermissionDenied
    form = EventForm(request.POST or None, instance=event)
    if request.method == "POST":
        if form.is_valid():
            with transaction.atomic():
                acting(user)
                form.save()
            messages.success(request, _("Saved."))
            return redirect(event.get_absolute_url())
        event.refresh_from_db()
    status = 422 if form.is_bound else 200
    context = {"form": form, "event": event}
    return render(request, "cases/events/edit.html", context, status=status)


@login_required
@require_POST
def late(request: HttpRequest, code: str) -> HttpResponse:
    """Join the chosen late comers, or leave them out for good."""
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *events.FINDERS)
    event = event_or_404(user, code)
    chosen = [pk for text in request.POST.getlist("case") if (pk := whole(text)) is not None]
    if request.POST.get("decision") == "leave":
        events.settle_late(event, actor=user, left=chosen)
        messages.success(request, _("Left out: they are not offered again."))
    else:
        told(request, events.settle_late(event, actor=user, joined=chosen))
    return redirect(event.get_absolute_url())


def told(request: HttpRequest, decided: events.Decided) -> None:
    """Say how many joined, and of each that could not, why."""
    n = len(decided.joined)
    if n:
        words = ngettext("%(n)s case has joined.", "%(n)s cases have joined.", n) % {"n": n}
        messages.success(request, words)
    for case, code in decided.refused[:20]:
        messages.warning(request, f"№ {case.number}: {word_change(code)}")
    if decided.later:
        words = ngettext(
            "%(n)s more case waits among the late comers.",
            "%(n)s more cases wait among the late comers.",
            decided.later,
        )
        messages.info(request, words % {"n": decided.later})


@login_required
@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    ensure(user, *events.KEEPERS)
    event = event_or_404(user, code)
    try:
        events.close(event, actor=user)
    except BadChange as error:
        messages.warning(request, word_change(error.code))
    else:
        messages.success(request, _("The mass event is closed."))
    return redirect(event.get_absolute_url())
