"""Lists of cases: one's own queue, the approver's, everything visible, search."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.decorators import login_required
from django.forms import CheckboxSelectMultiple, SelectMultiple
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases import lists, many
from cases.counts import queue_counts
from cases.filters import CaseFilter
from cases.lists import LISTS
from cases.models import Case
from cases.numbers import number_in
from cases.paging import page_of
from cases.screens import grouped, rows_of
from cases.views.chips import chips_of


def _titles() -> dict[str, str]:
    return {
        "all": _("All"),
        "overdue": _("Overdue"),
        "today": _("Due today"),
        "returned": _("Returned"),
        "repeat": _("Repeats"),
        "control": _("Personal control"),
    }


def _empty(view: str, title: str = "", text: str = "") -> dict[str, str]:
    """What an empty list says: what is done, or where the rest is."""
    if view in _titles() and view != "all":
        return {
            "title": _("Nothing in the view «%(view)s»") % {"view": _titles()[view]},
            "text": _("Your other cases stand in the view «All»."),
        }
    return {
        "title": title or _("All done"),
        "text": text or _("New cases appear here as soon as the centre assigns them."),
    }


def _render_list(
    request: HttpRequest,
    name: str,
    *,
    title: str,
    counts: dict[str, int] | None = None,
    **context: Any,
) -> HttpResponse:
    """The list `name` of `cases.lists`. `counts`: of the views of a queue, which has tabs then."""
    conditions = lists.conditions_of(name, request.GET)
    base = LISTS[name].begin(request.user, conditions)
    found = CaseFilter(request.GET, queryset=base, request=request)
    valid = found.form.is_valid()
    cases = found.filter_queryset(base) if valid else base.none()
    view = request.GET.get("view", "all")
    order = LISTS[name].order[0].lstrip("-")
    page = page_of(
        cases,
        request.user,
        field=order,
        descending=LISTS[name].order[0] != order,
        cursor=request.GET.get("cursor", ""),
    )
    rows = rows_of(page.cases, request.user)
    rest = {k: v for k, v in request.GET.lists() if k not in ("cursor", "view")}
    template = (
        "cases/_rows.html" if request.headers.get("HX-Target") == "rows" else "cases/queue.html"
    )
    return render(
        request,
        template,
        {
            "title": title,
            "list": name,
            "kept": f"list={name}&{lists.data_of(conditions).urlencode()}",
            "hidden": [(key, one) for key, some in conditions.items() for one in some],
            "moves": many.offered(request.user),
            "rows": rows,
            "groups": grouped(rows) if order == "due_at" else [("plain", rows)],
            "filter": found,
            "chips": chips_of(found, request.GET) if valid else [],
            "tabs": [
                {
                    "key": key,
                    "title": name,
                    "count": counts[key],
                    "url": "?" + urlencode({**rest, "view": key}, doseq=True),
                    "current": key == view,
                }
                for key, name in _titles().items()
            ]
            if counts is not None
            else [],
            "broken": not valid,
            "may_export": valid and holds_anywhere(request.user, (Right.VIEW_CASES,)),
            "empty": _empty(view if counts is not None else ""),
            "next_url": "?"
            + urlencode({**rest, "view": view, "cursor": page.next_cursor}, doseq=True)
            if page.next_cursor
            else "",
            "now": timezone.now(),
            **context,
        },
        status=200 if valid else 400,
    )


@login_required
@require_safe
def my_queue(request: HttpRequest) -> HttpResponse:
    """What I must answer: mine, of those I stand in for, and what nobody has taken yet."""
    whole = lists.is_whole({"scope": request.GET.getlist("scope")})
    return _render_list(
        request,
        "queue",
        title=_("The whole agency") if whole else _("My cases"),
        counts=queue_counts(request.user, Right.ANSWER_CASES, whole=whole),
        scope="agency" if whole else "mine",
    )


@login_required
@require_safe
def approval_queue(request: HttpRequest) -> HttpResponse:
    empty = _empty(
        "", _("Nothing to approve"), _("Replies appear here as soon as their authors send them.")
    )
    return _render_list(request, "approval-queue", title=_("For approval"), empty=empty)


@login_required
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Everything the person may see, newest first; tabs are filters here."""
    return _render_list(
        request,
        "case-list",
        title=_("All cases"),
        empty=_empty("", _("No cases yet"), _("They appear here after messages are taken in.")),
    )


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """A number jumps to its case, words find in Russian morphology."""
    words = request.GET.get("q", "").strip()
    number = number_in(words)
    visible = Case.objects.visible_to(request.user)
    if number[:1].isdigit() and (found := visible.filter(number=number).only("number").first()):
        return redirect(found)
    return _render_list(
        request,
        "search",
        title=_("Search: %(words)s") % {"words": words} if words else _("Search"),
        searching=True,
        words=words,
    )


@login_required
@require_safe
def filter_form(request: HttpRequest) -> HttpResponse:
    """The conditions of a list: loaded when somebody opens them, not with every page.

    A menu of them for the page of the list; one condition (`only`); or all at once.
    """
    known = {reverse(name): name for name in lists.FILTERED}
    wanted = request.GET.get("list") or urlsplit(request.headers.get("HX-Current-URL", "")).path
    address = wanted if wanted in known else next(iter(known))
    only = request.GET.get("only", "")
    context: dict[str, Any] = {"list": address}
    if only in CaseFilter.base_filters:
        context |= _one_condition(request, known[address], only)
    elif request.htmx and "every" not in request.GET:
        return render(request, "cases/_filter_menu.html", context | _menu(request))
    else:
        empty = Case.objects.none()
        context["form"] = CaseFilter(request.GET, queryset=empty, request=request, every=True).form
        context["keep"] = [(n, request.GET[n]) for n in ("scope", "view") if n in request.GET]
    template = "cases/_filter_form.html" if request.htmx else "cases/filter.html"
    return render(request, template, context)


def _menu(request: HttpRequest) -> dict[str, Any]:
    return {
        "conditions": [
            {"name": name, "title": found.label, "chosen": bool(request.GET.get(name))}
            for name, found in CaseFilter.base_filters.items()
        ],
        "query": _kept(request),
    }


def _kept(request: HttpRequest) -> str:
    """The conditions of the list alone, as an address has them."""
    rest = request.GET.copy()
    for name in ("list", "only", "every", "cursor"):
        rest.pop(name, None)
    return rest.urlencode()


# So few choices that boxes to tick are quicker than a list.
_TICKED = ("status", "regime", "kind", "channel")


def _one_condition(request: HttpRequest, name: str, only: str) -> dict[str, Any]:
    """The form of one condition; the others stay as they are."""
    data = QueryDict(mutable=True)
    data.setlist(only, request.GET.getlist(only))
    found = CaseFilter(data, queryset=Case.objects.none(), request=request)
    field = found.form.fields[only]
    if only in _TICKED:
        field.widget = CheckboxSelectMultiple(choices=field.choices)
    elif isinstance(field.widget, SelectMultiple):
        field.widget.attrs["size"] = 12
    field.widget.attrs["data-focus"] = ""
    others = lists.conditions_of(name, request.GET)
    others.pop(only, None)
    keep = [(key, one) for key, some in others.items() for one in some]
    return {"form": found.form, "keep": keep, "only": only, "query": _kept(request)}
