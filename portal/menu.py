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
    short: Promise  # under an icon at the foot of a phone's screen
    url: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Section:
    """A person sees it who holds one of its rights anywhere; `query`: a view of the route."""

    rights: tuple[str, ...]
    title: Promise
    short: Promise
    route: str
    icon: str
    query: str = ""

    def entry(self, request: HttpRequest) -> Entry:
        match = request.resolver_match
        here = match is not None and match.view_name == self.route
        if self.query or self.route == "case-list":
            here = here and (request.GET.get("control") == "true") is bool(self.query)
        url = reverse(self.route) + (f"?{self.query}" if self.query else "")
        return Entry(self.title, self.short, url, self.icon, here)


_SECTIONS: tuple[_Section, ...] = (
    _Section((Right.ANSWER_CASES,), _("My cases"), _("Mine"), "queue", "inbox"),
    _Section((Right.APPROVE_REPLIES,), _("For approval"), _("Approval"), "approval-queue", "check"),
    _Section((Right.MODERATE_CASES,), _("Moderation and routing"), _("Routing"), "desk", "route"),
    _Section((Right.REVIEW_REPLIES,), _("Review of replies"), _("Review"), "review", "scale"),
    _Section((Right.VIEW_CASES,), _("All cases"), _("All"), "case-list", "archive"),
    _Section(
        (Right.CONTROL_CASES,),
        _("Personal control"),
        _("Control"),
        "case-list",
        "shield-check",
        query="control=true",
    ),
    _Section((Right.IMPORT_MESSAGES,), _("Import"), _("Import"), "import-upload", "download"),
    _Section(
        (Right.MANAGE_AGENCIES, Right.REVIEW_REPLIES, Right.CONTROL_CASES),
        _("Administration"),
        _("Registers"),
        "admin:index",
        "wrench",
    ),
    _Section(
        (Right.VIEW_AUDIT,),
        _("Journal of cases"),
        _("Journal"),
        "admin:cases_caseevent_changelist",
        "history",
    ),
)


def menu_for(request: HttpRequest) -> list[Entry]:
    return [
        section.entry(request)
        for section in _SECTIONS
        if holds_anywhere(request.user, section.rights)
    ]
