"""The side menu: what this person's rights open, without counts (pages add their own)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.access import role_reach
from agencies.roles import HOLDERS, Right


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

    def entry(self, here: str, controlled: bool) -> Entry:
        current = here == self.route or here in _INSIDE.get(self.route, ())
        if self.query or self.route == "case-list":
            current = current and controlled is bool(self.query)
        url = reverse(self.route) + (f"?{self.query}" if self.query else "")
        return Entry(self.title, self.short, url, self.icon, current)


_SECTIONS: tuple[_Section, ...] = (
    _Section((Right.ANSWER_CASES,), _("My cases"), _("Mine"), "queue", "inbox"),
    _Section(
        (Right.APPROVE_REPLIES,),
        _("For approval"),
        pgettext_lazy("foot of a phone", "Approval"),
        "approval-queue",
        "check",
    ),
    _Section((Right.MODERATE_CASES,), _("Moderation and routing"), _("Routing"), "desk", "route"),
    _Section(
        (Right.REVIEW_REPLIES, Right.APPROVE_REPLIES, Right.CONTROL_CASES, Right.MANAGE_AGENCIES),
        _("Dashboard"),
        _("Dashboard"),
        "dashboard",
        "layout-dashboard",
    ),
    _Section(
        (Right.REVIEW_REPLIES, Right.APPROVE_REPLIES, Right.CONTROL_CASES, Right.MANAGE_AGENCIES),
        _("Reports"),
        _("Reports"),
        "report-list",
        "file-text",
    ),
    _Section((Right.REVIEW_REPLIES,), _("Review of replies"), _("Review"), "review", "scale"),
    _Section((Right.ASSIGN_CASES,), _("Copied replies"), _("Copies"), "families", "copy"),
    _Section(
        (Right.ROUTE_CASES, Right.CLOSE_CASES, Right.CONTROL_CASES, Right.ASSIGN_CASES),
        _("Mass events"),
        _("Mass"),
        "event-list",
        "users-round",
    ),
    _Section(
        (Right.ROUTE_CASES, Right.REVIEW_REPLIES, Right.ASSIGN_CASES),
        _("Repeats"),
        _("Repeats"),
        "repeats",
        "repeat-2",
    ),
    _Section((Right.VIEW_CASES,), _("All cases"), _("All"), "case-list", "archive"),
    _Section(
        (Right.CONTROL_CASES,),
        _("Personal control"),
        _("Control"),
        "control-board",
        "shield-check",
    ),
    _Section((Right.VIEW_CASES,), _("Promises"), _("Promises"), "promise-list", "calendar-days"),
    _Section((Right.CONTRIBUTE,), _("Contributions"), _("Parts"), "parts", "users-round"),
    _Section(
        (Right.REVIEW_REPLIES, Right.ASSIGN_CASES, Right.APPROVE_REPLIES, Right.MANAGE_AGENCIES),
        _("Reply templates"),
        _("Templates"),
        "template-list",
        "scroll-text",
    ),
    _Section(
        (Right.ASSIGN_CASES, Right.DECIDE_DISPUTES, Right.MANAGE_AGENCIES),
        _("Handing over"),
        _("Hand over"),
        "handover",
        "user-round-x",
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


# Pages that belong to an entry besides its own.
_INSIDE: dict[str, tuple[str, ...]] = {
    "promise-list": ("promise-calendar",),
    "parts": ("part",),
    "event-list": (
        "event",
        "event-offer",
        "event-edit",
        "event-new",
        "event-replies",
        "event-order",
        "spikes",
    ),
    "control-board": ("control-protocol",),
    "template-list": ("template-detail",),
    "report-list": ("report", "snapshot", "report-schedules", "digest-list", "digest"),
}


class Menu:
    """The entries, made when asked for; the same `key` in one language means the same entries."""

    def __init__(self, shown: tuple[int, ...], here: str, controlled: bool) -> None:
        self.key = (shown, here, controlled)

    def __iter__(self) -> Iterator[Entry]:
        shown, here, controlled = self.key
        return (_SECTIONS[at].entry(here, controlled) for at in shown)

    @property
    def first(self) -> str:
        """The title of the first page: where crumbs lead back to."""
        shown = self.key[0]
        return str(_SECTIONS[shown[0]].title) if shown else ""


@lru_cache(maxsize=1000)
def _shown(roles: frozenset[str]) -> tuple[int, ...]:
    """Positions in _SECTIONS of what these roles open; there are few combinations of roles."""
    return tuple(
        at
        for at, section in enumerate(_SECTIONS)
        if any(not HOLDERS[right].isdisjoint(roles) for right in section.rights)
    )


def menu_for(request: HttpRequest) -> Menu:
    here = request.resolver_match.view_name if request.resolver_match else ""
    controlled = request.GET.get("control") == "true"
    return Menu(_shown(frozenset(role_reach(request.user))), here, controlled)
