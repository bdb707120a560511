"""Pages of the reports: choose one, freeze it, read, compare, print, carry off."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.directory import directory_of
from cases.errors import BadChange
from cases.forms import word_change
from reports import digests, files, snapshots
from reports.comparing import compare
from reports.definitions import PERIODS, Report
from reports.figures import Scope
from reports.forms import MakeForm, WordsForm
from reports.made.all import REPORTS
from reports.models import Snapshot
from reports.periods import region_today
from reports.showing import Reading, matrix
from reports.views import _offered

WRITERS = (Right.REVIEW_REPLIES, Right.CONTROL_CASES)
_RECENT = 15


def _person(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    if not snapshots.offered(user):
        raise PermissionDenied
    return user


def report_of(user: User, code: str) -> Report:
    found = REPORTS.get(code)
    if found is None:
        raise Http404
    if snapshots.reach_of(user, found) == frozenset():
        raise PermissionDenied
    return found


def _opened(request: HttpRequest, pk: int) -> tuple[User, Snapshot]:
    """404 for what counts others' cases, as for what is not there."""
    user = _person(request)
    return user, get_object_or_404(snapshots.visible_to(user), pk=pk)


def _form(user: User, report: Report, data: Any = None) -> MakeForm:
    scope = Scope(snapshots.reach_of(user, report))
    return MakeForm(
        data,
        agencies=_offered(scope, directory_of(user)),
        today=region_today(),
        initial={"period": report.usual},
    )


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """The reports of this person, each with what it says, and the newest frozen ones."""
    user = _person(request)
    recent = list(snapshots.visible_to(user).defer("content")[:_RECENT])
    context = {
        "reports": snapshots.offered(user),
        "weekly": REPORTS["r1"] if snapshots.reach_of(user, REPORTS["r1"]) != frozenset() else None,
        "recent": [_listed(one, user) for one in recent],
        "edits": digests.may_edit(user),
    }
    return render(request, "reports/list.html", context)


def _listed(snapshot: Snapshot, user: User) -> dict[str, Any]:
    known = directory_of(user).agencies
    return {
        "snapshot": snapshot,
        "report": REPORTS[snapshot.report],
        "period": files.period_words((snapshot.first, snapshot.last)),
        "agency": known.get(snapshot.agency_id) if snapshot.agency_id else None,
    }


@login_required
@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    """What the report says, the days and the agency to make it of, those made before."""
    user = _person(request)
    found = report_of(user, code)
    return _report_page(request, user, found, _form(user, found))


def _report_page(
    request: HttpRequest, user: User, found: Report, form: MakeForm, error: str = ""
) -> HttpResponse:
    before = request.GET.get("before", "")
    made = snapshots.visible_to(user).filter(report=found.code).defer("content")
    if before.isascii() and before.isdigit() and len(before) < 10:
        made = made.filter(pk__lt=int(before))
    page = list(made[: snapshots.PAGE + 1])
    context = {
        "report": found,
        "form": form,
        "error": error,
        "made": [_listed(one, user) for one in page[: snapshots.PAGE]],
        "further": page[snapshots.PAGE - 1].pk if len(page) > snapshots.PAGE else None,
        "export": found.code == "r15",
    }
    return render(request, "reports/report.html", context)


@login_required
@require_POST
def make(request: HttpRequest, code: str) -> HttpResponse:
    """Freeze the report; without values of its usual period: one click."""
    user = _person(request)
    found = report_of(user, code)
    if "period" not in request.POST:
        period, agency = PERIODS[found.usual](region_today()), None
    else:
        form = _form(user, found, request.POST)
        if not form.is_valid():
            return _report_page(request, user, found, form)
        period, agency = form.cleaned_data["days"], form.cleaned_data.get("agency")
    try:
        made = snapshots.ask(user, found, period, agency=agency)
    except BadChange as refusal:
        return _report_page(request, user, found, _form(user, found), word_change(refusal.code))
    return redirect("snapshot", pk=made.pk)


@login_required
@require_safe
def snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen report; `with`: another one of the same agencies it is compared with."""
    user, found = _opened(request, pk)
    context: dict[str, Any] = {
        "snapshot": found,
        "report": REPORTS[found.report],
        "agency": directory_of(user).agencies.get(found.agency_id or 0),
    }
    if found.state != Snapshot.State.DONE:
        return render(request, "reports/unfinished.html", context | _progress(found))
    reading = Reading(found, user, links=True)
    others = list(snapshots.comparable(user, found).defer("content")[:20])
    other = _other(request, user, found)
    context |= {
        "reading": reading,
        "tables": reading.tables(),
        "period_words": files.period_words(reading.period),
        "before_words": files.period_words(reading.before),
        "scope_words": files.scope_words(reading),
        "others": [(one, files.period_words((one.first, one.last))) for one in others],
        "other": other,
        "compared": compare(reading, Reading(other, user)) if other else None,
        "other_words": files.period_words((other.first, other.last)) if other else "",
        "may_write": holds_anywhere(user, WRITERS),
        "footer": files.footer_words(found),
        "has_json": _has_json(reading),
    }
    if found.report == "r6" and "heat" in reading.data["tables"]:
        heat = next(one for one in context["tables"] if one.code == "heat")
        context["heat"] = matrix(heat, reading.data["tables"]["heat"]["rows"], reading.directory)
    if found.report == "r1" and not other:
        context |= {
            "region": files.region_name(),
            "numbers": files.numbers(reading),
            **files.texts(reading),
            "days": files.days(reading),
            "events": files.events(reading),
            "promises": files.promises(reading),
            "by_code": {one.code: one for one in context["tables"]},
        }
        return render(request, "reports/slice.html", context)
    return render(request, "reports/snapshot.html", context)


def _other(request: HttpRequest, user: User, found: Snapshot) -> Snapshot | None:
    given = request.GET.get("with", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        return None
    return snapshots.comparable(user, found).filter(pk=int(given)).first()


def _progress(found: Snapshot) -> dict[str, Any]:
    total = len(REPORTS[found.report].made)
    return {
        "total": total,
        "percent": round(100 * found.tables_done / total) if total else 0,
        "running": found.state in (Snapshot.State.WAITING, Snapshot.State.RUNNING),
    }


@login_required
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the worker is; a browser that watches goes to the report when it is there."""
    _user, found = _opened(request, pk)
    if found.state == Snapshot.State.DONE:
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = request.build_absolute_uri(f"/snapshots/{found.pk}/")
        return answer
    context = {"snapshot": found, "report": REPORTS[found.report], **_progress(found)}
    return render(request, "reports/_progress.html", context)


def _has_json(reading: Reading) -> bool:
    """The content itself is for everyone but where it names executors."""
    named = [table for table in reading.report.tables if table.heads_only]
    rows = any(reading.data["tables"].get(one.code, {}).get("rows") for one in named)
    return reading.leads or not rows


@login_required
@require_safe
def file(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """The report as a paper, a workbook, or the canonical text its hash is of."""
    return file_answer(*_opened(request, pk), file_format)


def file_answer(user: User, found: Snapshot, file_format: str) -> HttpResponse:
    """404 while it is not ready; 403 for content that names executors, but for their head."""
    if file_format not in files.FORMATS or found.state != Snapshot.State.DONE:
        raise Http404
    if file_format == "json" and not _has_json(Reading(found, user)):
        raise PermissionDenied
    name, media_type, body = files.file_of(found, user, file_format)
    answer = HttpResponse(body, content_type=media_type)
    shown = "inline" if file_format == "pdf" else "attachment"
    answer["Content-Disposition"] = f'{shown}; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    snapshots.log.info("report %s as %s is taken by user %s", found.pk, file_format, user.pk)
    return answer


@login_required
@require_POST
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """Put own words in place of those the rules wrote; the figures and the hash stay."""
    user, found = _opened(request, pk)
    if not holds_anywhere(user, WRITERS) or found.report != "r1":
        raise PermissionDenied
    form = WordsForm(request.POST)
    if not form.is_valid():
        context = {"snapshot": found, "report": REPORTS[found.report], "form": form}
        return render(request, "reports/words.html", context)
    found.words = {name: lines for name, lines in form.cleaned_data.items() if lines}
    found.save(update_fields=["words"])
    return redirect("snapshot", pk=found.pk)
