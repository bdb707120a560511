"""What verdicts tell about the automatic flags, and verdicts as labelled data."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import lessons as kept
from cases.models import Review

RIGHTS = (Right.REVIEW_REPLIES, Right.MANAGE_AGENCIES)
PERIODS = (30, 90, 365)
_REASON = 10


def days_of(text: str) -> int:
    return int(text) if text in {str(days) for days in PERIODS} else PERIODS[1]


def since_of(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def ensure_may(user: User) -> None:
    if not holds_anywhere(user, RIGHTS):
        raise PermissionDenied


@login_required
@require_safe
def lessons(request: HttpRequest) -> HttpResponse:
    ensure_may(request.user)
    return _page(request, days_of(request.GET.get("days", "")))


def _page(request: HttpRequest, days: int, *, error: bool = False) -> HttpResponse:
    context = {
        "found": kept.lessons(request.user, since_of(days)),
        "days": days,
        "periods": PERIODS,
        "error": error,
        "reason": request.POST.get("reason", ""),
        "may_export": holds_anywhere(request.user, (Right.REVIEW_REPLIES,)),
    }
    return render(request, "cases/lessons.html", context, status=422 if error else 200)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Verdicts as JSONL for whoever tells what for; the reason stays in the journal.

    Texts, even masked ones, are not for administrators.
    """
    if not holds_anywhere(request.user, (Right.REVIEW_REPLIES,)):
        raise PermissionDenied
    days = days_of(request.POST.get("days", ""))
    reason = " ".join(request.POST.get("reason", "").split())[:300]
    if len(reason) < _REASON:
        return _page(request, days, error=True)
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(Review),
        object_repr=f"JSONL, {days}",
        action_flag=CHANGE,
        change_message=reason,
    )

    def lines() -> Iterator[str]:
        for row in kept.labelled(request.user, since_of(days)):
            yield json.dumps(row, ensure_ascii=False) + "\n"

    response = StreamingHttpResponse(lines(), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="verdicts-{days}.jsonl"'
    return response
