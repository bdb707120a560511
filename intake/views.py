"""Upload, preview, progress, result and undo of a batch; region-wide importers only."""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.access import holds
from agencies.roles import Right
from cases.errors import BadChange
from cases.masking import mask_name, mask_text
from cases.tasks import backlog_size
from intake import batches, tasks, undoing
from intake.columns import Mapping, Unknown, recognise
from intake.fields import BY_NAME
from intake.forms import MappingForm, NamesForm, UndoForm, UploadForm
from intake.models import AgencyName, ColumnMapping, ImportBatch, QuarantinedRow
from intake.naming import name_agencies
from intake.previews import SMALL, make_preview
from intake.problems import NotATable
from intake.sample import write_sample

State = ImportBatch.State
_PAGE = 30
_NAMES_PAGE = 50
_UNDO_AT_ONCE = 2000  # rows; larger batches are taken back by the worker
CONTACTS = {"author_name", "author_phone", "author_url", "author_id"}


def importer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """403 for whoever may not import region-wide: new cases belong to no agency yet."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not holds(request.user, Right.IMPORT_MESSAGES, None):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner


def shown(cells: dict[str, str], columns: dict[str, str], request: HttpRequest) -> dict[str, str]:
    """Cells for the screen; contacts masked for a reader without the right to them."""
    if holds(request.user, Right.VIEW_CONTACTS, None):
        return cells
    return {
        header: (
            mask_name(value)
            if columns.get(header) == "author_name"
            else "•••"
            if columns.get(header) in CONTACTS
            else mask_text(value)
        )
        for header, value in cells.items()
    }


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        made = batches.keep_file(file.name, file, by=request.user)
        return redirect("import-batch", pk=made.pk)
    rows = ImportBatch.objects.select_related("started_by").defer(
        "problems", "preview", "mapping", "headers"
    )
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: _PAGE + 1])
    context = {
        "form": form,
        "batches": found[:_PAGE],
        "earlier": found[_PAGE - 1].pk if len(found) > _PAGE else None,
        **_waiting(),
    }
    return render(request, "intake/upload.html", context)


@importer
@require_safe
def sample(request: HttpRequest) -> FileResponse:
    """A table to try the import with; it names the agencies of the demo and exists only there."""
    if not settings.DEMO:
        raise Http404
    day = timezone.localdate()
    out = io.BytesIO()
    write_sample(out, day)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"incident-export-{day}.xlsx")


def _waiting() -> dict[str, int]:
    """What waits for people and for the worker beside the batches."""
    return {
        "waiting": QuarantinedRow.objects.filter(state="waiting").count(),
        "unnamed": AgencyName.objects.filter(agency=None, decided_at=None).count(),
        "backlog": backlog_size(),
    }


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview of a fresh file (POST names its columns), progress or result of a started one."""
    found = get_object_or_404(ImportBatch.objects.select_related("started_by"), pk=pk)
    if found.state == State.UPLOADED and not found.preview:
        if batches.weight_of(found) > SMALL:
            tasks.ask_for_preview(found)
            return render(request, "intake/looking.html", {"batch": found})
        make_preview(found)
    if found.state not in {State.UPLOADED, State.PREVIEWED}:
        return _result(request, found)
    if found.state == State.UPLOADED or "columns" in request.GET:
        return _columns(request, found)
    return render(request, "intake/preview.html", _preview(request, found))


def _result(request: HttpRequest, found: ImportBatch) -> HttpResponse:
    if found.state == State.FAILED and not found.rows_done and found.error != "stopped":
        error = NotATable(found.error, found.error_params)
        context = {"batch": found, "refusal": error}
        return render(request, "intake/refused.html", context, status=400)
    return render(request, "intake/batch.html", _progress(found))


def _progress(found: ImportBatch) -> dict[str, Any]:
    running = found.state in {State.RUNNING, State.UNDOING}
    return {
        "batch": found,
        "running": running,
        "backlog": backlog_size(),
        "percent": min(100 * found.rows_done // max(found.rows_total, 1), 100),
        "speed": _speed(found) if found.state == State.RUNNING else None,
        "orphaned": running and not batches.is_held(found),
        "can_go_on": batches.can_go_on(found),
        "waiting": found.quarantine.filter(state="waiting").count(),
        "problems": sorted(found.problems, key=_gravity),
    }


_ACTIONS = ("rejected", "quarantined", "conflict", "repaired")


def _gravity(problem: dict[str, Any]) -> tuple[int, int]:
    return _ACTIONS.index(problem["action"]), problem["row"]


def _speed(found: ImportBatch) -> dict[str, int] | None:
    """Seconds left by the speed so far; None at the very start."""
    passed = (timezone.now() - (found.started_at or found.created_at)).total_seconds()
    done = found.rows_done - found.rows_before
    if done <= 0 or passed < 1:
        return None
    left = max(found.rows_total - found.rows_done, 0)
    return {"left": round(left * passed / done)}


@importer
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a batch's page that renews itself, also while its file is looked through."""
    found = get_object_or_404(ImportBatch, pk=pk)
    if found.state in {State.UPLOADED, State.PREVIEWED}:
        answer = render(request, "intake/_looking.html", {"batch": found})
        if found.preview:
            answer["HX-Refresh"] = "true"
        return answer
    answer = render(request, "intake/_progress.html", _progress(found))
    if found.state not in {State.RUNNING, State.UNDOING}:
        answer["HX-Refresh"] = "true"  # the whole page: buttons and problems are others now
    return answer


def _columns(request: HttpRequest, found: ImportBatch) -> HttpResponse:
    """Which column means what: asked for an unknown layout, offered for a recognised one."""
    stored = found.preview.get("unknown")
    unknown = _unknown(stored) if stored else _as_unknown(found)
    form = MappingForm(unknown, request.POST or None, mapping=found.mapping or None)
    if request.method == "POST" and form.is_valid():
        columns = form.cleaned_data["mapping"].to_json()
        if form.cleaned_data["name"]:
            ColumnMapping.objects.update_or_create(
                name=form.cleaned_data["name"],
                defaults={"columns": columns, "created_by": request.user},
            )
        found.mapping, found.preview, found.state = columns, {}, State.UPLOADED
        found.save(update_fields=["mapping", "preview", "state"])
        return redirect("import-batch", pk=found.pk)
    rows = (stored or {}).get("rows") or found.preview.get("first", [])
    columns = form.initial_columns
    samples = [shown(cells, columns, request) for cells in rows]
    context = {
        "batch": found,
        "form": form,
        "unknown": unknown if stored else None,
        "columns": [
            (form[name], _few([cells.get(header, "") for cells in samples]))
            for name, header in form.column_fields
        ],
    }
    return render(request, "intake/mapping.html", context)


def _few(cells: list[str]) -> list[str]:
    """The first different values of a column."""
    return list(dict.fromkeys(filter(None, cells)))[:2]


def _unknown(stored: dict[str, Any]) -> Unknown:
    return Unknown(
        tuple(stored["headers"]),
        tuple(stored["missing"]),
        {field: tuple(headers) for field, headers in stored["ambiguous"].items()},
        stored["columns"],
    )


def _as_unknown(found: ImportBatch) -> Unknown:
    return Unknown(tuple(found.headers), (), {}, Mapping.from_json(found.mapping).columns)


def _preview(request: HttpRequest, found: ImportBatch) -> dict[str, Any]:
    seen = found.preview
    columns = Mapping.from_json(found.mapping).columns
    rows = [shown(cells, columns, request) for cells in seen["first"]]
    order = sorted(columns.items(), key=lambda item: _rank(item[1]))
    recognised = recognise(found.headers) if found.headers else None
    return {
        "batch": found,
        "seen": seen,
        "columns": [(header, name) for header, name in order],
        "rows": [
            [(cells.get(header, ""), BY_NAME[name].kind) for header, name in order]
            for cells in rows
        ],
        "taken": seen["counts"]["created"] + seen["counts"]["updated"],
        "by_name": isinstance(recognised, Mapping) and recognised.columns == columns,
        "unnamed": [name for name in seen["agencies"] if name[0] in _undecided(seen["agencies"])],
    }


# What one looks at to see whether a file is read rightly.
_TELLING = ("external_id", "posted_at", "source", "text", "territory", "topic", "agency", "step")


def _rank(name: str) -> int:
    return _TELLING.index(name) if name in _TELLING else len(_TELLING)


def _undecided(names: list[list[Any]]) -> set[str]:
    rows = AgencyName.objects.filter(agency=None, name__in=[name for name, _count in names])
    return set(rows.values_list("name", flat=True))


@importer
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin, or go on with an import that stopped on the way."""
    if not tasks.start(get_object_or_404(ImportBatch, pk=pk)):
        messages.error(request, _("This import is started already"))
    return redirect("import-batch", pk=pk)


@importer
@require_POST
def look_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop the preview: agencies were named or rows imported meanwhile."""
    ImportBatch.objects.filter(pk=pk, state=State.PREVIEWED).update(
        state=State.UPLOADED, preview={}
    )
    return redirect("import-batch", pk=pk)


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _undo(request, found, form.cleaned_data["reason"])
        except BadChange:
            messages.error(request, _("This import cannot be undone now"))
        return redirect("import-batch", pk=pk)
    return render(request, "intake/undo.html", {"batch": found, "form": form})


def _undo(request: HttpRequest, found: ImportBatch, reason: str) -> None:
    if found.created + found.updated > _UNDO_AT_ONCE:
        tasks.start_undo(found, actor=request.user, reason=reason)
        return
    done = undoing.undo(found, actor=request.user, reason=reason)
    said = {"deleted": done.deleted, "restored": done.restored, "kept": len(done.kept)}
    words = _("Deleted: %(deleted)s, restored: %(restored)s, kept: %(kept)s")
    messages.success(request, words % said)


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def agency_names(request: HttpRequest) -> HttpResponse:
    """Agencies of files nobody here is called by: whose cases are they?"""
    rows = list(
        AgencyName.objects.filter(agency=None, decided_at=None)
        .annotate(cases=Count("awaiting"))
        .order_by("-cases", "name")[:_NAMES_PAGE]
    )
    form = NamesForm(rows, request.POST or None)
    if request.method == "POST" and form.is_valid():
        moved = name_agencies(form.decisions(), actor=request.user)
        messages.success(request, _("Saved. Cases handed over: %(count)s") % {"count": moved})
        back = request.POST.get("batch", "")
        if back.isdecimal():
            return look_again_from(int(back))
        return redirect("import-agencies")
    context = {
        "form": form,
        "names": [(row, form[f"name_{row.pk}"]) for row in rows],
        "back": request.GET.get("batch", ""),
    }
    return render(request, "intake/agencies.html", context)


def look_again_from(pk: int) -> HttpResponse:
    ImportBatch.objects.filter(pk=pk, state=State.PREVIEWED).update(
        state=State.UPLOADED, preview={}
    )
    return redirect("import-batch", pk=pk)
