"""One move for the chosen cases of a list: the preview with the form, then case by case."""

import logging
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.models import User
from agencies.roles import Right
from cases import lists, many, tasks, undoing
from cases.doors import Door
from cases.forms import word_change
from cases.many import AT_ONCE, LOOKED_AT, MOST, SHOWN, Line
from cases.masking import mask_text
from cases.models import BulkRun, Case
from cases.querysets import may
from cases.workflow import MOVES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as this reader may see it."""

    line: Line
    title: str
    why: str


def shown(user: User, lines: list[Line]) -> list[Shown]:
    """What cannot be done first."""
    some = sorted(lines, key=lambda line: line.possible)[:SHOWN]
    return [
        Shown(line, title_for(user, line.case), word_change(line.refusal) if line.refusal else "")
        for line in some
    ]


def title_for(user: User, case: Case) -> str:
    if may(user, Right.VIEW_CONTACTS, case):
        return case.title
    return mask_text(case.title, case.citizen.hidden_name)


def seen_as(raw: str) -> dict[str, int | None]:
    """«26-000001:3 26-000002:5» → number -> the version that was looked at."""
    found: dict[str, int | None] = {}
    for part in raw.split()[:MOST]:
        number, _sep, version = part.partition(":")
        is_number = version.isascii() and version.isdigit() and len(version) < 10
        found[number] = int(version) if is_number else None
    return found


def look_again(lines: list[Line], seen: dict[str, int | None]) -> None:
    """A case that went on since it was looked at is left out of what is done."""
    for line in lines:
        if line.possible and seen.get(line.case.number) not in (None, line.case.version):
            line.refusal = "bulk_changed"


def carry_out(made: BulkRun) -> None:
    """Some in this request, the rest by the worker; a database that fails leaves all to it."""
    try:
        many.carry_out(made, AT_ONCE)
    except OperationalError:
        log.exception("bulk move %s goes on in the worker", made.pk)
    tasks.queue_bulk(made)


def _list(request: HttpRequest) -> str:
    name = request.GET.get("list", "case-list")
    return name if name in lists.LISTS else "case-list"


def _kept(request: HttpRequest) -> str:
    """The list one came from, as an address has it."""
    name = _list(request)
    return f"list={name}&{lists.data_of(lists.conditions_of(name, request.GET)).urlencode()}"


def _back(request: HttpRequest) -> dict[str, Any]:
    name = _list(request)
    conditions = lists.data_of(lists.conditions_of(name, request.GET))
    return {
        "list_title": lists.LISTS[name].title,
        "kept": _kept(request),
        "back": f"{reverse(name)}?{conditions.urlencode()}",
    }


def _chosen(request: HttpRequest) -> tuple[list[Case], bool]:
    """What the list sent: its ticked rows, or all that match its conditions."""
    if "all" not in request.GET:
        return many.by_number(request.user, request.GET.getlist("case")), False
    name = _list(request)
    conditions = lists.conditions_of(name, request.GET)
    return many.matching(request.user, name, conditions)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    door = many.door_of(request.GET.get("move", ""), request.user)
    if request.method != "POST":
        cases, more = _chosen(request)
        lines = many.looked_at(door, cases, request.user)
        return _page(request, door, lines, more=more)
    seen = seen_as(request.POST.get("cases", ""))
    lines = many.looked_at(door, many.by_number(request.user, seen), request.user)
    values = many.values_of(door, request.POST)
    doing = request.POST.get("step") == "do"
    if doing:
        look_again(lines, seen)
    possible = any(line.possible for line in lines)
    many.try_values(door, lines, request.user, values)
    if doing and any(line.possible for line in lines):
        made = many.start(door, lines, request.user, values)
        carry_out(made)
        return redirect(f"{reverse('bulk-result', args=[made.pk])}?{_kept(request)}")
    wrong = possible and not any(line.possible for line in lines)
    if wrong:  # the values suit none of them: the form says why
        lines = many.looked_at(door, [line.case for line in lines], request.user)
    return _page(request, door, lines, values=values, wrong=wrong)


def _page(
    request: HttpRequest,
    door: Door,
    lines: list[Line],
    *,
    values: many.Values | None = None,
    more: bool = False,
    wrong: bool = False,
) -> HttpResponse:
    form = many.form_of(door, lines, request.user, values) if lines else None
    if form is not None and values is not None and not wrong:
        form.errors.clear()  # what suits some of them is no mistake; each row says its own
    possible = sum(line.possible for line in lines)
    context: dict[str, Any] = {
        "door": door,
        "form": form,
        "lines": shown(request.user, lines),
        "total": len(lines),
        "possible": possible,
        "impossible": len(lines) - possible,
        "cases": " ".join(f"{line.case.number}:{line.case.version}" for line in lines),
        "more": more,
        "most": MOST,
        "unlooked": values is not None and possible > LOOKED_AT,
        "later": possible > AT_ONCE,
        **_back(request),
    }
    status = 422 if wrong else 200
    return render(request, "cases/bulk/preview.html", context, status=status)


@login_required
@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    found = many.results_of(request.user, pk)
    if found is None:
        raise Http404
    made, counts, lines = found
    back = not counts["waiting"] and undoing.may_undo(made, request.user)
    context = {
        "made": made,
        "title": title_of(made),
        "undoable": undoing.undoable(made) if back else 0,
        "undo_until": made.at + undoing.WITHIN,
        "undo_ms": int((made.at + undoing.WITHIN - timezone.now()).total_seconds() * 1000),
        "undo_reason": undoing.REASON,
        "inverse": undoing.title_of(made),
        "counts": counts,
        "total": sum(counts.values()),
        "decided": counts["done"] + counts["refused"],
        "lines": shown(request.user, lines),
        **_back(request),
        "again": [line.case.number for line in lines if line.refusal and not made.undoes][:50],
    }
    template = "cases/bulk/_result.html" if request.htmx else "cases/bulk/result.html"
    return render(request, template, context)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own run back; each case by itself, told as those of the run were."""
    made = BulkRun.objects.filter(pk=pk, actor=request.user).first()
    if made is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()[: undoing.LONGEST_REASON]
    back = undoing.start(made, request.user, reason or str(undoing.REASON))
    carry_out(back)
    return redirect(f"{reverse('bulk-result', args=[back.pk])}?{_kept(request)}")


def title_of(made: BulkRun) -> str:
    """«Направить», or of a run that takes another one back: «Отмена: Направить»."""
    if made.undoes is None:
        return str(MOVES[made.move].title)
    return gettext("Undone: %(move)s") % {"move": MOVES[made.undoes.move].title}
