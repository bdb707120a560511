"""Pages of templates: their figures, one of them with its text and the replies it began."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import holds, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.directory import directory_of
from cases.models import ReplyTemplate
from reports import template_figures as templates
from reports import wording
from reports.figures import Scope
from reports.periods import KINDS, region_today
from reports.views import _kept, _offered, _reach, asked_period, whole

_SALT = "templates"


def read_cursor(value: str) -> tuple[str, int] | None:
    try:
        name, pk = signing.loads(value, salt=_SALT)
        return str(name), int(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def write_cursor(after: tuple[str, int] | None) -> str:
    return signing.dumps(list(after), salt=_SALT) if after else ""


def word_state(template: ReplyTemplate) -> tuple[str, str]:
    """(what stands between the template and an official, tone)."""
    today = timezone.localdate()
    if not template.is_active:
        return _("out of use"), ""
    if template.expires_on is not None and template.expires_on < today:
        return _("past its day"), "danger"
    if template.approved_at is None:
        return _("waits for approval"), "warn"
    if template.expires_on is not None and (template.expires_on - today).days <= 14:
        return _("expires soon"), "warn"
    return _("offered"), "good"


def _asked(request: HttpRequest) -> dict[str, Any]:
    user: User = request.user  # type: ignore[assignment]
    if not templates.may_look(user):
        raise PermissionDenied
    today = region_today()
    kind, period, valid = asked_period(request.GET, today)
    agency = whole(request.GET, "agency")
    directory = directory_of(user)
    return {
        "today": today,
        "kind": kind,
        "kinds": KINDS[:-1],
        "period": period,
        "valid": valid,
        "period_words": wording.period_words(period),
        "scope": _reach(user, Right.VIEW_STATES, agency),
        "offered": _offered(Scope.of(user), directory),
        "agency": directory.agencies.get(agency) if agency is not None else None,
        "query": _kept(request, "period", "from", "to", "agency"),
        "edits": holds(user, Right.MANAGE_AGENCIES, None),
    }


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Templates by name with their figures over a period (about ten queries)."""
    asked = _asked(request)
    user: User = request.user  # type: ignore[assignment]
    state = request.GET.get("state", "")
    rows = templates.in_state(templates.seen_by(user), state, asked["today"])
    if asked["agency"] is not None:
        rows = rows.filter(agency__in=[asked["agency"].pk]) | rows.filter(agency=None)
    page, after = templates.page_of(rows, read_cursor(request.GET.get("cursor", "")))
    figures = templates.figures_of(page, asked["scope"], asked["period"], asked["today"])
    context = {
        **asked,
        "state": state,
        "states": _states(),
        "rows": [(one, figures[one.pk], *word_state(one)) for one in page],
        "next": write_cursor(after),
    }
    return render(request, "reports/templates.html", context)


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("approved", _("Offered")),
        ("waiting", _("Wait for approval")),
        ("expiring", _("Expire soon")),
        ("expired", _("Past their day")),
        ("off", _("Out of use")),
    ]


@login_required
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """A template with its text and figures, and the replies behind them one may read."""
    asked = _asked(request)
    user: User = request.user  # type: ignore[assignment]
    template = get_object_or_404(templates.seen_by(user), pk=pk)
    figures = templates.figures_of([template], asked["scope"], asked["period"], asked["today"])
    reads = holds_anywhere(user, (Right.VIEW_CASES,))
    uses, after = (
        templates.uses_of(
            template, user, asked["scope"], asked["period"], whole(request.GET, "after")
        )
        if reads
        else ([], None)
    )
    state, tone = word_state(template)
    context = {
        **asked,
        "template": template,
        "pieces": template.pieces,
        "figures": figures[pk],
        "state": state,
        "tone": tone,
        "reads": reads,
        "uses": uses,
        "after": after,
        "edit": reverse("admin:cases_replytemplate_change", args=[pk]) if asked["edits"] else "",
        "history": reverse("admin:cases_replytemplate_history", args=[pk])
        if asked["edits"]
        else "",
    }
    return render(request, "reports/template.html", context)
