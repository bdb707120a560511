"""The quarantine's pages: look at what waits, mend a row, take or drop it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.access import holds
from agencies.roles import Right
from cases.models import Case, Message
from intake.columns import Mapping
from intake.forms import MendForm, channel_choices
from intake.importing import take
from intake.incoming import Line
from intake.models import ImportBatch, QuarantinedRow
from intake.problems import ROW_RULES
from intake.reading import from_cells
from intake.refs import channel_words, zones
from intake.views import CONTACTS, importer, shown

_PAGE = 50
_AT_ONCE = 2000  # rows taken or dropped by one press
SOURCE_CODES = frozenset({"unknown_source", "missing_source"})
State = QuarantinedRow.State


@importer
@require_http_methods(["GET", "HEAD", "POST"])
def quarantine(request: HttpRequest) -> HttpResponse:
    """Waiting rows of all files, of one, of one reason; many may be dropped or taken at once."""
    all_rows = QuarantinedRow.objects.filter(state=State.WAITING).select_related("batch")
    chosen = request.GET.get("batch", "")
    if chosen.isdecimal():
        all_rows = all_rows.filter(batch_id=int(chosen))
    code = request.GET.get("code", "")
    rows = all_rows.filter(problems__contains=[{"code": code}]) if code in ROW_RULES else all_rows
    if request.method == "POST":
        return _decide_many(request, rows)
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
        "everything": all_rows.count(),
        "codes": _codes(all_rows),
        "code": code,
        "channels": channel_choices() if code in SOURCE_CODES else (),
        "chosen": ImportBatch.objects.filter(pk=int(chosen)).first()
        if chosen.isdecimal()
        else None,
    }
    return render(request, "intake/quarantine.html", context)


def _codes(rows: QuerySet[QuarantinedRow]) -> list[tuple[str, int]]:
    """What keeps the rows here, the most frequent first."""
    found: Counter[str] = Counter()
    for problems in rows.values_list("problems", flat=True)[:_AT_ONCE]:
        found.update({p["code"] for p in problems if p["action"] == "quarantined"})
    return found.most_common()


def _text_of(cells: dict[str, str], columns: dict[str, str]) -> str:
    text = next((cells.get(h, "") for h, name in columns.items() if name == "text"), "")
    return text.removeprefix("'")


def _decide_many(request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> HttpResponse:
    if request.POST.get("which") != "all":
        picked = [int(pk) for pk in request.POST.getlist("row") if pk.isdecimal()]
        rows = rows.filter(pk__in=picked)
    channel = request.POST.get("channel", "")
    if "drop" in request.POST:
        dropped = _drop(rows, request)
        messages.success(request, _("Rows dropped: %(count)s") % {"count": dropped})
    elif channel in dict(channel_choices()):
        taken, left = _take_many(rows, request, channel)
        words = _("Rows taken: %(taken)s, still to be mended: %(left)s")
        messages.success(request, words % {"taken": taken, "left": left})
    else:
        messages.error(request, _("Choose a channel"))
    return redirect(request.get_full_path())


@transaction.atomic
def _drop(rows: QuerySet[QuarantinedRow], request: HttpRequest) -> int:
    locked = list(rows.select_for_update(of=("self",)).order_by("pk")[:_AT_ONCE])
    for row in locked:
        _decide(row, request, State.DROPPED)
    return len(locked)


@transaction.atomic
def _take_many(
    rows: QuerySet[QuarantinedRow], request: HttpRequest, channel: str
) -> tuple[int, int]:
    """(rows taken, rows with something else to mend); each file in one go."""
    by_batch: dict[int, list[QuarantinedRow]] = defaultdict(list)
    for row in rows.select_for_update(of=("self",)).order_by("pk")[:_AT_ONCE]:
        by_batch[row.batch_id].append(row)
    taken = left = 0
    for waiting in by_batch.values():
        good: list[tuple[QuarantinedRow, Line]] = []
        seen: set[tuple[str, str]] = set()
        for row in waiting:
            line = _read(row, row.cells, channel)
            key = (line.row.channel, line.row.external_id) if line.row else ("", "")
            if line.row is None or line.verdict != "accepted" or key in seen:
                left += 1
                continue
            seen.add(key)
            good.append((row, line))
        if good:
            cases = take(waiting[0].batch, [line for _row, line in good])
            for (row, _line), case in zip(good, cases, strict=True):
                row.case = case
                _decide(row, request, State.ACCEPTED)
        taken += len(good)
    return taken, left


def _read(row: QuarantinedRow, cells: dict[str, str], channel: str = "") -> Line:
    """The row as its file would be read, with a channel chosen by a person."""
    mapping = Mapping.from_json(row.batch.mapping)
    if channel:
        word = cells.get(mapping.header_of("source"), "").lower()
        mapping = replace(
            mapping, default_source=channel, sources={**mapping.sources, word: channel}
        )
    return from_cells(
        cells,
        mapping,
        zone=zones(row.batch.zone),
        now=timezone.now(),
        line=row.line,
        words=channel_words(),
    )


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
        problems = row.problems
        form = MendForm(_open_cells(cells, mapping, request), _bad(problems), request.POST or None)
        form.ask_channel(_asks_channel(problems))
        if request.method == "POST" and row.state == State.WAITING and form.is_valid():
            if "drop" in request.POST:
                _decide(row, request, State.DROPPED)
                messages.success(request, _("The row is dropped"))
                return _next(row)
            line = _read(row, cells | form.cells(), form.cleaned_data.get("channel", ""))
            if line.row is not None and line.verdict == "accepted":
                (row.case,) = take(row.batch, [line])
                _decide(row, request, State.ACCEPTED)
                words = _("The row is accepted: case %(number)s")
                messages.success(request, words % {"number": row.case.number})
                return _next(row)
            problems = [problem.to_json() for problem in line.problems]
            form.mark(_bad(problems))
            form.ask_channel(_asks_channel(problems) or "channel" in form.fields)
    open_cells = shown(row.cells, mapping.columns, request)
    context = {
        "row": row,
        "form": form,
        "problems": [p for p in problems if p["action"] != "repaired"],
        "text": _text_of(open_cells, mapping.columns),
        "twin": _twin(row),
        "before": _neighbour(row, "<", "-pk"),
        "after": _neighbour(row, ">", "pk"),
        "left": _waiting_of(row).count(),
    }
    return render(request, "intake/quarantined.html", context)


def _twin(row: QuarantinedRow) -> Case | None:
    """The case that has the id this row repeats with other content."""
    if not any(problem["code"] == "duplicate_id" for problem in row.problems):
        return None
    found = _read(row, row.cells).row
    if found is None:
        return None
    message = Message.objects.filter(
        channel__code=found.channel, external_id=found.external_id, is_current=True
    )
    first = message.select_related("case").first()
    return first.case if first else None


def _asks_channel(problems: Sequence[dict[str, Any]]) -> bool:
    return any(problem["code"] in SOURCE_CODES for problem in problems)


def _open_cells(cells: dict[str, str], mapping: Mapping, request: HttpRequest) -> dict[str, str]:
    """Who may not read a name may not edit it either: the row keeps its own."""
    if holds(request.user, Right.VIEW_CONTACTS, None):
        return cells
    hidden = {header for header, name in mapping.columns.items() if name in CONTACTS}
    return {header: value for header, value in cells.items() if header not in hidden}


def _bad(problems: list[dict[str, Any]]) -> set[str]:
    return {problem["column"] for problem in problems if problem["action"] != "repaired"}


def _waiting_of(row: QuarantinedRow) -> QuerySet[QuarantinedRow]:
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
