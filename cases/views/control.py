"""Personal control: the board for the head's office and supervisors, the weekly protocol."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import papers
from cases.masking import mask_text
from cases.models import Control
from cases.querysets import ControlQuerySet, may
from cases.sheets import addresses
from cases.workflow import ENDED, Status

# A board of more cards is no board: the rest stands in the list.
MOST = 300
WEEK = timedelta(days=7)
_DONE = ENDED | {Status.ANSWERED}


@dataclass(frozen=True, slots=True)
class Card:
    """A case under control as this reader may see it."""

    control: Control
    title: str
    reason: str
    late: bool


@dataclass(slots=True)
class Column:
    key: str
    title: Lazy
    cards: list[Card] = field(default_factory=list)


def _allowed(user: User) -> None:
    if not holds_anywhere(user, [Right.CONTROL_CASES]):
        raise PermissionDenied


def running_of(user: User) -> ControlQuerySet:
    """The controls `user` answers for, the nearest day first."""
    return Control.objects.visible_to(user, Right.CONTROL_CASES).running().for_board()


def _said(text: str, control: Control, user: User) -> str:
    case = control.case
    sees = may(user, Right.VIEW_CONTACTS, case)
    return text if sees else mask_text(text, case.citizen.hidden_name)


def column_of(control: Control, now: datetime) -> str:
    """By what has to happen next: a decision of the office, then by urgency and state."""
    case = control.case
    if control.proposed_at is not None:
        return "proposed"
    if case.status in _DONE:
        return "answered"
    today = timezone.localdate(now)
    if (control.until_on and control.until_on < today) or (case.due_at and case.due_at < now):
        return "late"
    ends = [control.until_on] if control.until_on else []
    if case.due_at:
        ends.append(timezone.localdate(case.due_at))
    return "week" if ends and min(ends) <= today + WEEK else "later"


def board_of(user: User, now: datetime) -> list[Column]:
    """The columns with their cards (one query)."""
    columns = [
        Column("late", _("Overdue")),
        Column("week", _("In seven days")),
        Column("later", _("Later")),
        Column("answered", _("Answered")),
        Column("proposed", _("To be lifted")),
    ]
    by_key = {column.key: column for column in columns}
    for control in running_of(user)[:MOST]:
        key = column_of(control, now)
        by_key[key].cards.append(
            Card(
                control,
                _said(control.case.title, control, user),
                _said(control.reason, control, user),
                key == "late",
            )
        )
    return columns


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    _allowed(request.user)
    now = timezone.now()
    columns = board_of(request.user, now)
    total = sum(len(column.cards) for column in columns)
    return render(
        request,
        "cases/control/board.html",
        {
            "columns": columns,
            "total": total,
            "more": total >= MOST,
            "now": now,
            "take": addresses("control-table"),
        },
    )


@dataclass(frozen=True, slots=True)
class Protocol:
    """What the weekly meeting speaks of. `lifted`: in the seven days before `on`."""

    on: date
    running: list[Control]
    lifted: list[Control]


def protocol_of(user: User, on: date) -> Protocol:
    """Controls that run, and those lifted in the week until `on` (two queries)."""
    lifted = Control.objects.visible_to(user, Right.CONTROL_CASES).lifted_between(on - WEEK, on)
    return Protocol(on, list(running_of(user)[:MOST]), list(lifted.for_board()[:MOST]))


def _values(found: Protocol, user: User) -> dict[str, Any]:
    now = timezone.now()

    def row(control: Control) -> dict[str, str]:
        case = control.case
        until = date_format(control.until_on, "j E Y") if control.until_on else "—"
        return {
            "number": case.number,
            "title": _said(case.title, control, user),
            "who": ", ".join(str(one) for one in (case.agency, case.executor) if one) or "—",
            "set": date_format(timezone.localtime(control.set_at), "j E Y"),
            "set_by": str(control.set_by or "—"),
            "until": until,
            "reason": _said(control.reason, control, user),
            "resolution": _said(control.resolution, control, user),
            "state": str(case.get_status_display()),
            "late": "да" if column_of(control, now) == "late" else "",
            "proposal": _said(control.proposal, control, user),
            "outcome": _said(control.outcome, control, user),
        }

    return {
        "on": date_format(found.on, "j E Y"),
        "running": [row(control) for control in found.running],
        "lifted": [row(control) for control in found.lifted],
        "printed": f"{date_format(timezone.localtime(now), 'j E Y, H:i')}, {user}",
    }


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return timezone.localdate()


@login_required
@require_safe
def protocol(request: HttpRequest) -> HttpResponse:
    """The protocol on screen; it prints as it stands."""
    _allowed(request.user)
    found = protocol_of(request.user, _day(request))
    values = _values(found, request.user)
    return render(request, "cases/control/protocol.html", {"protocol": values, "on": found.on})


@login_required
@require_safe
def protocol_pdf(request: HttpRequest) -> HttpResponse:
    _allowed(request.user)
    found = protocol_of(request.user, _day(request))
    body = papers.render("control.typ", _values(found, request.user))
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="control-{found.on:%Y-%m-%d}.pdf"'
    return answer
