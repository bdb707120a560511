"""The first page of the administration: what waits in the reader's own scope, and how it goes."""

from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.access import holds, holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.counts import capped_counts
from cases.directory import directory_of
from cases.filters import today_bounds
from cases.keeping import calendar_warnings
from cases.models import Case, ReplyTemplate
from cases.querysets import COUNT_CAP
from portal.jobs import worker_state
from reports import board
from reports.figures import Scope
from reports.periods import Period, region_today

_READERS = (Right.REVIEW_REPLIES, Right.CONTROL_CASES)
# code, title, address of the list, what is urgent is shown so
_CASES: tuple[tuple[str, Promise, dict[str, str], bool], ...] = (
    ("overdue", _("Overdue"), {"due": "overdue"}, True),
    ("today", _("Due today"), {"due": "today"}, False),
    ("review", _("Wait for review"), {"status": "review"}, False),
    ("flagged", _("Open and flagged"), {"flagged": "yes", "due": "open"}, False),
    ("control", _("Under control"), {"control": "yes"}, False),
)
_STATES = ("overdue", "today")


def waiting(user: User) -> list[dict[str, Any]]:
    """How many open cases of one's own scope wait for what, each with its list (one query).

    Administrators see the two numbers their list of states can show.
    """
    reads = holds_anywhere(user, _READERS)
    if not reads and not holds_anywhere(user, (Right.MANAGE_AGENCIES,)):
        return []
    cases = Case.objects.visible_to(user, Right.VIEW_CASES if reads else Right.MANAGE_AGENCIES)
    lists = {
        "overdue": cases.overdue(),
        "today": cases.due_between(*today_bounds()),
        "review": cases.open().in_review(),
        "flagged": cases.open().filter(flagged=True),
        "control": cases.under_control(),
    }
    shown = [row for row in _CASES if reads or row[0] in _STATES]
    counts = capped_counts({code: lists[code] for code, *_rest in shown})
    page = reverse(f"admin:cases_{'case' if reads else 'casestate'}_changelist")
    return [
        {
            "code": code,
            "title": title,
            "count": min(counts[code], COUNT_CAP),
            "more": counts[code] > COUNT_CAP,
            "url": f"{page}?{urlencode(query)}",
            "urgent": urgent and bool(counts[code]),
        }
        for code, title, query, urgent in shown
    ]


def numbers(user: User) -> list[dict[str, Any]]:
    """The five numbers of the dashboard for this week, with their lines."""
    today = region_today()
    return board.numbers(
        board.Asked(
            user=user,
            scope=Scope.of(user),
            period=Period.week(today),
            today=today,
            directory=directory_of(user),
            links=holds_anywhere(user, (Right.VIEW_CASES,)),
        )
    )


def service(user: User) -> dict[str, Any]:
    """What the region's administrator has to look at; nothing for anybody else."""
    if not holds(user, Right.MANAGE_AGENCIES, None):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from procrastinate_jobs where status = 'failed'),"
            " (select count(*) from notices_letter where state in ('failed', 'refused'))"
        )
        jobs, letters = cursor.fetchone()
    templates = ReplyTemplate.objects.to_mind(timezone.localdate())
    page = reverse("admin:cases_replytemplate_changelist")
    return {
        "service_open": True,
        "service_warnings": calendar_warnings(),
        "worker_silent": worker_state()["silent"],
        "service_counts": [
            {"title": _("Failed jobs"), "count": jobs, "url": reverse("jobs")},
            {
                "title": _("Letters that did not leave"),
                "count": letters,
                "url": f"{reverse('admin:notices_letter_changelist')}?state__exact=failed",
            },
            {
                "title": _("Templates that expire"),
                "count": templates["expiring"],
                "url": f"{page}?term=soon",
            },
            {
                "title": _("Templates past their day"),
                "count": templates["expired"],
                "url": f"{page}?term=past",
            },
            {
                "title": _("Templates without approval"),
                "count": templates["unapproved"],
                "url": f"{page}?approved_at__isempty=1",
            },
        ],
    }


def first_page(user: User) -> dict[str, Any]:
    figures = numbers(user) if holds_anywhere(user, (Right.VIEW_STATES,)) else []
    return {"waiting": waiting(user), "numbers": figures, **service(user)}
