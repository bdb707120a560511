"""The side menu: what this person's rights open, without counts (pages add their own)."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere
from agencies.roles import Right


@dataclass(frozen=True, slots=True)
class Entry:
    title: Promise
    url: str
    icon: str
    current: bool


# (right, title, route, icon): a person sees the entries one of whose rights he holds anywhere
_ENTRIES: tuple[tuple[tuple[str, ...], Promise, str, str], ...] = (
    ((Right.ANSWER_CASES,), _("My cases"), "queue", "inbox"),
    ((Right.APPROVE_REPLIES,), _("For approval"), "approval-queue", "check"),
    ((Right.MODERATE_CASES,), _("Moderation and routing"), "desk", "route"),
    ((Right.REVIEW_REPLIES,), _("Review of replies"), "review", "scale"),
    ((Right.VIEW_CASES,), _("All cases"), "case-list", "archive"),
    ((Right.IMPORT_MESSAGES,), _("Import"), "import-upload", "download"),
    ((Right.MANAGE_AGENCIES, Right.REVIEW_REPLIES), _("Administration"), "admin:index", "wrench"),
)


def menu_for(request: HttpRequest) -> list[Entry]:
    return [
        Entry(
            title=title,
            url=reverse(route),
            icon=icon,
            current=request.resolver_match is not None
            and request.resolver_match.view_name == route,
        )
        for rights, title, route, icon in _ENTRIES
        if holds_anywhere(request.user, rights)
    ]
