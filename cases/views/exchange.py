"""Registers out to a table and back: what a file would change is shown before it is taken."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.admin_confirm import ReasonForm
from agencies.models import User
from cases.errors import BadChange
from cases.exchange import sheets, taking
from cases.exchange.tables import TABLES, Table
from cases.forms import word_change
from cases.models import ReferenceImport
from cases.views.administrator import administrator

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_SHOWN = 500
_LAST = 20


class FileForm(forms.Form):
    table = forms.ChoiceField(
        label=_lazy("Register"), choices=lambda: [(t.code, t.title) for t in TABLES.values()]
    )
    file = forms.FileField(label=_lazy("File (CSV or XLSX)"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].widget.attrs["class"] = "input"


def _table(code: str) -> Table:
    if code not in TABLES:
        raise Http404
    return TABLES[code]


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """The registers with their exports; a POST looks at an uploaded file and changes nothing."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            made = _looked_at(
                _table(form.cleaned_data["table"]), uploaded.name, uploaded.read(), request.user
            )
            return redirect("exchange-import", made.pk)
        except BadChange as error:
            form.add_error("file", word_change(error.code))
    last = ReferenceImport.objects.select_related("made_by").defer("rows")[:_LAST]
    context = {
        "tables": TABLES.values(),
        "form": form,
        "last": [(one, TABLES[one.table].title) for one in last if one.table in TABLES],
    }
    return render(request, "service/exchange.html", context, status=422 if form.is_bound else 200)


def _looked_at(table: Table, name: str, body: bytes, person: Any) -> ReferenceImport:
    rows = sheets.read(name, body)
    result = taking.look(table, rows, actor=person)
    made: ReferenceImport = ReferenceImport.objects.create(
        table=table.code,
        file_name=name[:200],
        rows=rows,
        counts=result.counts,
        digest=result.digest,
        made_by=person,
    )
    return made


@administrator
@require_safe
def export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    table = _table(code)
    if kind not in KINDS:
        raise Http404
    body = sheets.write(kind, str(table.title), taking.exported(table))
    answer = HttpResponse(body, content_type=KINDS[kind])
    day = timezone.localdate()
    answer["Content-Disposition"] = f'attachment; filename="{code}-{day:%Y-%m-%d}.{kind}"'
    return answer


@administrator
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would do to the rows as they are now; of a decided one, what it did."""
    found = get_object_or_404(ReferenceImport.objects.select_related("made_by"), pk=pk)
    return _page(request, found, ReasonForm())


def _page(
    request: HttpRequest, found: ReferenceImport, form: ReasonForm, status: int = 200
) -> HttpResponse:
    table = _table(found.table)
    lines: list[taking.Line] = []
    unknown: list[str] = []
    if found.state == ReferenceImport.State.LOOKED:
        person: User = request.user  # type: ignore[assignment]
        result = taking.look(table, found.rows, actor=person)
        unknown = taking.unknown_columns(table, found.rows[0])
        found.counts, found.digest = result.counts, result.digest
        order = {taking.WRONG: 0, taking.NEW: 1, taking.CHANGED: 2}
        lines = [line for line in result.lines if line.state in order]
        lines.sort(key=lambda line: (order[line.state], line.number))
    context = {
        "found": found,
        "table": table,
        "lines": lines[:_SHOWN],
        "hidden": max(0, len(lines) - _SHOWN),
        "unknown": unknown,
        "open": found.state == ReferenceImport.State.LOOKED,
        "right": not found.counts.get(taking.WRONG),
        "useful": bool(found.counts.get(taking.NEW) or found.counts.get(taking.CHANGED)),
        "form": form,
    }
    return render(request, "service/exchange_import.html", context, status=status)


@administrator
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the table as it was looked at, or drop it; a register changed meanwhile is shown
    anew."""
    form = ReasonForm(request.POST)
    with transaction.atomic():
        found = get_object_or_404(
            ReferenceImport.objects.select_for_update(of=("self",)).select_related("made_by"), pk=pk
        )
        if found.state != ReferenceImport.State.LOOKED:
            messages.error(request, _("Somebody has decided already."))
            return redirect("exchange-import", pk)
        if "drop" in request.POST:
            _close(found, ReferenceImport.State.DROPPED)
            messages.success(request, _("Dropped, nothing has changed"))
            return redirect("exchange")
        if not form.is_valid():
            return _page(request, found, form, status=422)
        seen = request.POST.get("digest", "")
        result = taking.take(
            _table(found.table), found.rows,
            actor=request.user,  # type: ignore[arg-type]
            reason=form.cleaned_data["reason"], digest=seen,
        )  # fmt: skip
        if result is None:
            messages.error(request, _("The register has changed meanwhile: look again."))
            return redirect("exchange-import", pk)
        found.counts, found.reason = result.counts, form.cleaned_data["reason"]
        _close(found, ReferenceImport.State.TAKEN)
    messages.success(request, _("Taken: the history of each row names you and the reason."))
    return redirect("exchange-import", pk)


def _close(found: ReferenceImport, state: str) -> None:
    """The rows of a decided file are not kept: people's data stay in the registers alone."""
    found.state, found.decided_at, found.rows = state, timezone.now(), []
    found.save()
