"""Upload, preview, progress, result, undo and quarantine; region-wide importers only."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.access import holds
from agencies.roles import Right
from cases.errors import BadChange
from cases.masking import mask_name, mask_text
from cases.tasks import backlog_size
from intake import tasks
from intake.columns import Mapping, Unknown
from intake.forms import MappingForm, MendForm, UndoForm, UploadForm
from intake.importing import create_one
from intake.models import ColumnMapping, ImportBatch, QuarantinedRow
from intake.problems import NotATable
from intake.reading import Reading, from_cells
from intake.refs import zones
from intake.undoing import undo as undo_batch

_LOOKED_AT = 2000  # lines counted for a preview
_NAMES = {"author_name", "author_phone", "author_url", "author_id"}


def importer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """403 for whoever may not import region-wide: new cases belong to no agency yet."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not holds(request.user, Right.IMPORT_MESSAGES, None):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner


def _shown(cells: dict[str, str], columns: dict[str, str], request: HttpRequest) -> dict[str, str]:
    """Cells for the screen; contacts masked for a reader without the right to them."""
    if holds(request.user, Right.VIEW_CONTACTS, None):
        return cells
    return {
        header: (
            mask_name(value)
            if columns.get(header) == "author_name"
            else "•••"
            if columns.get(header) in _NAMES
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
        made = tasks.keep_file(file.name, file.read(), by=request.user)
        return redirect("import-batch", pk=made.pk)
    context = {
        "form": form,
        "batches": ImportBatch.objects.select_related("started_by").defer("problems")[:50],
        "waiting": QuarantinedRow.objects.filter(state="waiting").count(),
        "backlog": backlog_size(),
    }
    return render(request, "intake/upload.html", context)


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview of a fresh file (POST names its columns), progress or result of a started one."""
    found = get_object_or_404(ImportBatch, pk=pk)
    context: dict[str, Any] = {"batch": found, "backlog": backlog_size()}
    if found.state not in {ImportBatch.State.UPLOADED, ImportBatch.State.PREVIEWED}:
        return render(request, "intake/batch.html", context)
    try:
        reading = tasks.open_batch(found, now=found.created_at)
        if isinstance(reading.mapping, Unknown):
            reading = _saved_layout(found) or reading
        if isinstance(reading.mapping, Unknown):
            return _ask_columns(request, found, reading, reading.mapping)
        context |= _preview(request, reading, reading.mapping)
    except NotATable as error:
        context["refusal"] = error
        return render(request, "intake/preview.html", context, status=400)
    if found.state == ImportBatch.State.UPLOADED:
        found.mapping = reading.mapping.to_json()
        found.state = ImportBatch.State.PREVIEWED
        found.rows_total = max(reading.total, 0)
        found.save(update_fields=["mapping", "state", "rows_total"])
    return render(request, "intake/preview.html", context)


def _saved_layout(found: ImportBatch) -> Reading | None:
    """The reading under the first saved mapping that fits the file."""
    for row in ColumnMapping.objects.order_by("-pk")[:20]:
        found.mapping = row.columns
        reading = tasks.open_batch(found, now=found.created_at)
        if isinstance(reading.mapping, Mapping):
            return reading
    found.mapping = {}
    return None


def _ask_columns(
    request: HttpRequest, found: ImportBatch, reading: Reading, unknown: Unknown
) -> HttpResponse:
    form = MappingForm(unknown, request.POST or None)
    if request.method == "POST" and form.is_valid():
        columns = form.cleaned_data["mapping"].to_json()
        ColumnMapping.objects.update_or_create(
            name=form.cleaned_data["name"],
            defaults={"columns": columns, "created_by": request.user},
        )
        found.mapping = columns
        found.save(update_fields=["mapping"])
        return redirect("import-batch", pk=found.pk)
    context = {"batch": found, "form": form, "unknown": unknown}
    return render(request, "intake/mapping.html", context)


def _preview(request: HttpRequest, reading: Reading, mapping: Mapping) -> dict[str, Any]:
    verdicts: Counter[str] = Counter()
    problems = []
    for line in islice(reading.lines, _LOOKED_AT):
        verdicts[line.verdict] += 1
        problems += line.problems
    rows = [_shown(cells, mapping.columns, request) for cells in reading.preview[:5]]
    return {
        "mapping": mapping,
        "columns": list(mapping.columns.items()),
        "rows": [[cells.get(header, "") for header in mapping.columns] for cells in rows],
        "counts": verdicts,
        "looked_at": sum(verdicts.values()),
        "total": reading.total,
        "problems": problems[:100],
    }


@importer
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    tasks.start(get_object_or_404(ImportBatch, pk=pk))
    return redirect("import-batch", pk=pk)


@importer
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    return render(request, "intake/_progress.html", {"batch": found, "backlog": backlog_size()})


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ImportBatch, pk=pk)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = undo_batch(found, actor=request.user, reason=form.cleaned_data["reason"])
        except BadChange:
            messages.error(request, _("This import cannot be undone now"))
        else:
            said = {"deleted": done.deleted, "restored": done.restored, "kept": len(done.kept)}
            words = _("Deleted: %(deleted)s, restored: %(restored)s, kept: %(kept)s")
            messages.success(request, words % said)
        return redirect("import-batch", pk=pk)
    return render(request, "intake/undo.html", {"batch": found, "form": form})


@importer
@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    rows = QuarantinedRow.objects.filter(state="waiting").select_related("batch").order_by("pk")
    return render(request, "intake/quarantine.html", {"rows": rows[:200]})


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def quarantined(request: HttpRequest, pk: int) -> HttpResponse:
    """Mend the cells and accept, or drop; accepting goes through the import itself."""
    with transaction.atomic():
        row = get_object_or_404(
            QuarantinedRow.objects.select_related("batch").select_for_update(of=("self",)), pk=pk
        )
        mapping = Mapping.from_json(row.batch.mapping)
        cells = dict.fromkeys(mapping.columns, "") | row.cells
        if not holds(request.user, Right.VIEW_CONTACTS, None):
            # Who may not read a name may not edit it either: the row keeps its own.
            hidden = {h for h, name in mapping.columns.items() if name in _NAMES}
            form = MendForm(
                {h: v for h, v in cells.items() if h not in hidden}, request.POST or None
            )
        else:
            form = MendForm(cells, request.POST or None)
        problems = row.problems
        if request.method == "POST" and row.state == "waiting" and form.is_valid():
            if "drop" in request.POST:
                _decide(row, request, "dropped")
                return redirect("import-quarantine")
            mended = cells | form.cells()
            line = from_cells(mended, mapping, zone=zones(), now=timezone.now(), line=row.line)
            if line.row is not None and line.verdict == "accepted":
                row.case = create_one(row.batch, line)
                _decide(row, request, "accepted")
                messages.success(request, _("The row is accepted"))
                return redirect("import-quarantine")
            problems = [problem.to_json() for problem in line.problems]
    return render(
        request, "intake/quarantined.html", {"row": row, "form": form, "problems": problems}
    )


def _decide(row: QuarantinedRow, request: HttpRequest, state: str) -> None:
    row.state, row.decided_by, row.decided_at = state, request.user, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "case"])
    if state == "accepted":
        ImportBatch.objects.filter(pk=row.batch_id, quarantined__gt=0).update(
            quarantined=row.batch.quarantined - 1
        )
