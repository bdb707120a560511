"""Ask for a table of cases, watch it being made, take it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases import lists
from cases.errors import BadChange
from cases.forms import word_change
from cases.views.chips import chips_of
from intake.export import making
from intake.export.forms import ExportForm
from intake.models import CaseExport

_SHOWN = 20


def reader(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """403 for whoever reads no cases at all."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not holds_anywhere(request.user, [Right.VIEW_CASES]):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner


def own(request: HttpRequest, pk: int) -> CaseExport:
    """Another person's export does not exist."""
    rows = CaseExport.objects.select_related("created_by")
    return get_object_or_404(rows, pk=pk, created_by=request.user)


def download(export: CaseExport, request: HttpRequest) -> FileResponse:
    """The file as it was made; 403 when the person may not see all of it any more."""
    if not making.still_open(export, request.user):
        raise PermissionDenied
    if not making.has_file(export):
        raise Http404
    day = timezone.localtime(export.created_at)
    answer = FileResponse(
        making.opened(export),
        as_attachment=True,
        filename=f"cases-{day:%Y-%m-%d}-{export.pk}.{export.file_format}",
    )
    answer["Cache-Control"] = "private, no-store"
    making.log.info("export %s is taken by user %s", export.pk, request.user.pk)
    return answer


@reader
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """The form over the conditions of the list one comes from, and what one asked for before."""
    given = QueryDict(request.META.get("QUERY_STRING", ""))
    name = making.VIEWS.get(given.get("list", ""), "case-list")
    conditions = lists.data_of(lists.conditions_of(name, given)).urlencode()
    form = ExportForm(
        request.user, request.POST or None, initial={"view": name, "conditions": conditions}
    )
    error = ""
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            made = making.ask(request.user, values.pop("conditions"), **values)
        except BadChange as refusal:
            error = word_change(refusal.code)
        else:
            return redirect("export", pk=made.pk)
    if request.method == "POST":
        conditions = request.POST.get("conditions", "")
        name = making.VIEWS.get(request.POST.get("view", ""), "case-list")
    chosen = lists.conditions_of(name, QueryDict(conditions))
    found = lists.filter_of(name, request.user, chosen)
    valid = found.is_valid()
    rows = CaseExport.objects.filter(created_by=request.user).order_by("-pk")
    context = {
        "form": form,
        "error": error,
        "valid": valid,
        "count": found.filter_queryset(found.queryset).counted() if valid else 0,
        "title": lists.LISTS[name].title,
        "conditions": chips_of(found, QueryDict()) if valid else [],
        "exports": rows[:_SHOWN],
    }
    status = 422 if error or form.errors or not valid else 200
    return render(request, "exports/list.html", context, status=status)


def _context(export: CaseExport, request: HttpRequest) -> dict[str, Any]:
    running = export.state in (CaseExport.State.WAITING, CaseExport.State.RUNNING)
    return {
        "export": export,
        "running": running,
        "percent": min(100 * export.rows_done // max(export.rows_total, 1), 100),
        "open": making.still_open(export, request.user),
        "kept": making.has_file(export),
        "until": export.finished_at + making.KEEP if export.finished_at else None,
    }


@reader
@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "exports/export.html", _context(own(request, pk), request))


@reader
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that renews itself until the file is there."""
    return render(request, "exports/_progress.html", _context(own(request, pk), request))


@reader
@require_safe
def file(request: HttpRequest, pk: int) -> FileResponse:
    return download(own(request, pk), request)
