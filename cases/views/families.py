"""Families of copied replies: the list, and one family with its replies and what differs."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.roles import Right
from cases import families
from cases.masking import mask_text
from cases.models import Reply
from cases.querysets import may
from cases.sheets import addresses
from cases.views.differences import DiffRow, difference

PERIODS = (30, 90, 365)
DAYS = 90
_SALT = "families"


@dataclass(frozen=True, slots=True)
class Row:
    """A reply of the family as its page shows it."""

    member: families.Member
    diff: list[DiffRow]

    @property
    def reply(self) -> Reply:
        return self.member.reply


def days_of(value: str | None) -> int:
    return int(value) if value in map(str, PERIODS) else DAYS


def cursor_of(value: str | None) -> families.Cursor:
    """Where a page begins; a broken cursor gives the first page."""
    try:
        size, last = signing.loads(value or "", salt=_SALT)
        return int(size), int(last)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def as_cursor(after: families.Cursor) -> str:
    return signing.dumps(list(after), salt=_SALT) if after else ""


def shown_text(reply: Reply, user: Any) -> str:
    """The reply's words, the citizen's name and contacts hidden from who may not see them."""
    if may(user, Right.VIEW_CONTACTS, reply.case):
        return reply.text
    return mask_text(reply.text, reply.case.citizen.hidden_name)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 19


def ensure_reader(request: HttpRequest) -> None:
    if not holds_anywhere(request.user, families.READERS):
        raise PermissionDenied


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    ensure_reader(request)
    days = days_of(request.GET.get("days"))
    rows, after = families.listed(
        request.user, days=days, after=cursor_of(request.GET.get("after"))
    )
    context = {
        "rows": [(row, shown_text(row.first, request.user) if row.first else "") for row in rows],
        "days": days,
        "take": addresses("copies-table", f"days={days}"),
        "periods": PERIODS,
        "next": as_cursor(after),
        "first_page": not request.GET.get("after"),
        "agencies": families.copying_agencies(request.user),
        "is_whole": families.scope_of(request.user) is None,
        "reviews": holds_anywhere(request.user, (Right.REVIEW_REPLIES,)),
    }
    return render(request, "cases/families.html", context)


@login_required
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    ensure_reader(request)
    family = families.one(request.user, pk)
    if family is None:
        raise Http404
    after = request.GET.get("after", "")
    found: list[families.Member] = []
    more = None
    if family.first is not None:
        found, more = families.members(
            request.user, pk, family.first, int(after) if _is_number(after) else 0
        )
    first = shown_text(family.first, request.user) if family.first else ""
    rows = [
        Row(
            member,
            difference(first, shown_text(member.reply, request.user))
            if member.reply != family.first
            else [],
        )
        for member in found
    ]
    context = {
        "family": family,
        "first": first,
        "rows": rows,
        "shares": families.shares_of(request.user, pk),
        "more": more,
        "first_page": not after,
    }
    return render(request, "cases/family.html", context)
