"""Lists of cases: one's own queue, the approver's, everything visible, search."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere, persons_of
from agencies.roles import Right
from cases.counts import queue_counts, queue_views
from cases.filters import CaseFilter
from cases.models import Case
from cases.numbers import number_in
from cases.paging import page_of
from cases.querysets import CaseQuerySet
from cases.screens import grouped, rows_of
from cases.workflow import Status


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


def _chips(found: CaseFilter, request: HttpRequest) -> list[dict[str, str]]:
    """The conditions chosen, each with the address of the list without it."""
    chips = []
    for name, value in found.form.cleaned_data.items():
        if value is None or value == "" or (hasattr(value, "__len__") and not len(value)):
            continue
        rest = request.GET.copy()
        rest.pop(name, None)
        rest.pop("cursor", None)
        if isinstance(value, bool):
            words = _("yes") if value else _("no")
        elif hasattr(found.form.fields[name], "queryset"):
            # The chosen rows are here; the field's choices would load every person.
            words = ", ".join(str(item) for item in value)
        elif isinstance(value, list):
            choices = dict(found.form.fields[name].choices)
            words = ", ".join(str(choices.get(item, item)) for item in value)
        else:
            words = str(value)
        chips.append(
            {
                "title": str(found.form.fields[name].label),
                "value": words,
                "url": f"?{rest.urlencode()}",
            }
        )
    return chips


def _render_list(
    request: HttpRequest,
    base: CaseQuerySet,
    *,
    title: str,
    order: str = "due_at",
    descending: bool = False,
    counts: dict[str, int] | None = None,
    **context: Any,
) -> HttpResponse:
    """`counts`: of the views of a queue, which has tabs then."""
    found = CaseFilter(request.GET, queryset=base, request=request)
    valid = found.form.is_valid()
    cases = found.filter_queryset(base) if valid else base.none()
    view = request.GET.get("view", "all")
    if counts is not None and view in counts:
        cases = cases.filter(queue_views()[view].condition)
    page = page_of(
        cases,
        request.user,
        field=order,
        descending=descending,
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
            "rows": rows,
            "groups": grouped(rows) if order == "due_at" else [("plain", rows)],
            "filter": found,
            "chips": _chips(found, request) if valid else [],
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
    base = Case.objects.visible_to(request.user, Right.ANSWER_CASES).open()
    whole = request.GET.get("scope") == "agency"
    if not whole:
        base = base.filter(Q(executor__in=persons_of(request.user)) | Q(executor=None))
    return _render_list(
        request,
        base,
        title=_("The whole agency") if whole else _("My cases"),
        counts=queue_counts(request.user, Right.ANSWER_CASES, whole=whole),
        scope="agency" if whole else "mine",
    )


@login_required
@require_safe
def approval_queue(request: HttpRequest) -> HttpResponse:
    base = Case.objects.visible_to(request.user, Right.APPROVE_REPLIES).filter(
        status=Status.APPROVAL, is_open=True
    )
    empty = _empty(
        "", _("Nothing to approve"), _("Replies appear here as soon as their authors send them.")
    )
    return _render_list(request, base, title=_("For approval"), empty=empty)


@login_required
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Everything the person may see, newest first; tabs are filters here."""
    return _render_list(
        request,
        Case.objects.visible_to(request.user),
        title=_("All cases"),
        order="received_at",
        descending=True,
        exportable=True,
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
    if not holds_anywhere(request.user, [Right.VIEW_CASES]):
        visible = visible.none()
    return _render_list(
        request,
        visible if words else visible.none(),
        title=_("Search: %(words)s") % {"words": words} if words else _("Search"),
        order="received_at",
        descending=True,
        searching=True,
        exportable=bool(words),
        words=words,
    )


_LISTS = ("queue", "case-list", "approval-queue", "search")


@login_required
@require_safe
def filter_form(request: HttpRequest) -> HttpResponse:
    """The conditions of a list: loaded when somebody opens them, not with every page."""
    lists = [reverse(name) for name in _LISTS]
    wanted = request.GET.get("list") or urlsplit(request.headers.get("HX-Current-URL", "")).path
    found = CaseFilter(request.GET, queryset=Case.objects.none(), request=request, every=True)
    kept = [(name, request.GET[name]) for name in ("scope", "view") if name in request.GET]
    template = "cases/_filter_form.html" if request.htmx else "cases/filter.html"
    return render(
        request,
        template,
        {"form": found.form, "list": wanted if wanted in lists else lists[0], "keep": kept},
    )
