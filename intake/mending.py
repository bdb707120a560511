"""The quarantine's pages: look at what waits, mend a row, take or drop it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.access import holds
from agencies.roles import Right
from intake.columns import Mapping
from intake.forms import MendForm
from intake.importing import take_one
from intake.models import ImportBatch, QuarantinedRow
from intake.reading import from_cells
from intake.refs import channel_words, zones
from intake.views import CONTACTS, importer, shown

_PAGE = 50
State = QuarantinedRow.State


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def quarantine(request: HttpRequest) -> HttpResponse:
    """Waiting rows, of all files or of one; POST drops the chosen ones."""
    rows = QuarantinedRow.objects.filter(state=State.WAITING).select_related("batch")
    chosen = request.GET.get("batch", "")
    if chosen.isdecimal():
        rows = rows.filter(batch_id=int(chosen))
    if request.method == "POST":
        picked = [int(pk) for pk in request.POST.getlist("row") if pk.isdecimal()]
        dropped = _drop(list(rows.filter(pk__in=picked)), request)
        messages.success(request, _("Rows dropped: %(count)s") % {"count": dropped})
        return redirect(request.get_full_path())
    after = request.GET.get("after", "")
    page = rows.filter(pk__gt=int(after)) if after.isdecimal() else rows
    found = list(page.order_by("pk")[: _PAGE + 1])
    for row in found:
        columns = Mapping.from_json(row.batch.mapping).columns
        row.words = _text_of(shown(row.cells, columns, request), columns)
    context = {
        "rows": found[:_PAGE],
        "next": found[_PAGE - 1].pk if len(found) > _PAGE else None,
        "total": rows.count(),
        "chosen": ImportBatch.objects.filter(pk=int(chosen)).first()
        if chosen.isdecimal()
        else None,
    }
    return render(request, "intake/quarantine.html", context)


def _text_of(cells: dict[str, str], columns: dict[str, str]) -> str:
    return next((cells.get(header, "") for header, name in columns.items() if name == "text"), "")


@transaction.atomic
def _drop(rows: list[QuarantinedRow], request: HttpRequest) -> int:
    for row in rows:
        _decide(row, request, State.DROPPED)
    return len(rows)


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
        open_cells = _open_cells(cells, mapping, request)
        problems = row.problems
        form = MendForm(open_cells, _bad(problems), request.POST or None)
        if request.method == "POST" and row.state == State.WAITING and form.is_valid():
            if "drop" in request.POST:
                _decide(row, request, State.DROPPED)
                messages.success(request, _("The row is dropped"))
                return _next(row)
            found = from_cells(
                cells | form.cells(),
                mapping,
                zone=zones(row.batch.zone),
                now=timezone.now(),
                line=row.line,
                words=channel_words(),
            )
            if found.row is not None and found.verdict == "accepted":
                row.case = take_one(row.batch, found)
                _decide(row, request, State.ACCEPTED)
                words = _("The row is accepted: case %(number)s")
                messages.success(request, words % {"number": row.case.number})
                return _next(row)
            problems = [problem.to_json() for problem in found.problems]
            form.mark(_bad(problems))
    context = {
        "row": row,
        "form": form,
        "problems": problems,
        "before": _neighbour(row, "<", "-pk"),
        "after": _neighbour(row, ">", "pk"),
        "left": QuarantinedRow.objects.filter(state=State.WAITING, batch=row.batch_id).count(),
    }
    return render(request, "intake/quarantined.html", context)


def _open_cells(cells: dict[str, str], mapping: Mapping, request: HttpRequest) -> dict[str, str]:
    """Who may not read a name may not edit it either: the row keeps its own."""
    if holds(request.user, Right.VIEW_CONTACTS, None):
        return cells
    hidden = {header for header, name in mapping.columns.items() if name in CONTACTS}
    return {header: value for header, value in cells.items() if header not in hidden}


def _bad(problems: list[dict[str, Any]]) -> set[str]:
    return {problem["column"] for problem in problems if problem["action"] != "repaired"}


def _waiting_of(row: QuarantinedRow) -> Any:
    return QuarantinedRow.objects.filter(state=State.WAITING, batch=row.batch_id)


def _neighbour(row: QuarantinedRow, way: str, order: str) -> int | None:
    found = _waiting_of(row).filter(**{f"pk__{'lt' if way == '<' else 'gt'}": row.pk})
    return found.order_by(order).values_list("pk", flat=True).first()


def _next(row: QuarantinedRow) -> HttpResponse:
    """The next row of the same file, else what waits of others."""
    following = _neighbour(row, ">", "pk") or _neighbour(row, "<", "pk")
    if following is not None:
        return redirect("import-quarantined", pk=following)
    return redirect("import-quarantine")


def _decide(row: QuarantinedRow, request: HttpRequest, state: str) -> None:
    row.state, row.decided_by, row.decided_at = state, request.user, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "case"])
    ImportBatch.objects.filter(pk=row.batch_id, quarantined__gt=0).update(
        quarantined=F("quarantined") - 1
    )
