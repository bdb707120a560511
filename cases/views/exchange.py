"""Registers out to a table and back: what a file would change is shown before it is taken."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.admin_confirm import ReasonForm
from agencies.models import User
from cases.errors import BadChange, CaseError
from cases.exchange import deciding, sheets, taking
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
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["table"].widget.attrs["class"] = "input"


def table_or_404(code: str) -> Table:
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
            made = deciding.looked_at(
                table_or_404(form.cleaned_data["table"]),
                *(uploaded.name, uploaded.read(), request.user),  # type: ignore[arg-type]
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


@administrator
@require_safe
def export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    return file_of(table_or_404(code), kind)


def file_of(table: Table, kind: str) -> HttpResponse:
    """The whole register; 404 for a kind of file it is not given as."""
    if kind not in KINDS:
        raise Http404
    body = sheets.write(kind, str(table.title), taking.exported(table))
    answer = HttpResponse(body, content_type=KINDS[kind])
    day = timezone.localdate()
    answer["Content-Disposition"] = f'attachment; filename="{table.code}-{day:%Y-%m-%d}.{kind}"'
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
    table = table_or_404(found.table)
    lines: list[taking.Line] = []
    unknown: list[str] = []
    if found.state == ReferenceImport.State.LOOKED:
        person: User = request.user  # type: ignore[assignment]
        lines = taking.told(deciding.seen_now(found, person))
        unknown = taking.unknown_columns(table, found.rows[0])
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
    person: User = request.user  # type: ignore[assignment]
    form = ReasonForm(request.POST)
    drops = "drop" in request.POST
    try:
        if drops:
            deciding.drop(pk)
            messages.success(request, _("Dropped, nothing has changed"))
            return redirect("exchange")
        if not form.is_valid():
            found = get_object_or_404(ReferenceImport.objects.select_related("made_by"), pk=pk)
            if found.state == ReferenceImport.State.LOOKED:
                return _page(request, found, form, status=422)
        deciding.take(
            pk, actor=person, reason=form.cleaned_data.get("reason", ""),
            digest=request.POST.get("digest", ""),
        )  # fmt: skip
    except ReferenceImport.DoesNotExist as missing:
        raise Http404 from missing
    except CaseError as refused:
        messages.error(request, word_change(refused.code))
    else:
        messages.success(request, _("Taken: the history of each row names you and the reason."))
    return redirect("exchange-import", pk)
