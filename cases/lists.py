"""The lists of cases by name: what each begins with and how it is ordered.

A page, a saved view, a choice of «all that match» and an export of the same list take their rows
from here, so they can never speak of different cases. Conditions are kept as a query string has
them: name -> values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere, persons_of
from agencies.models import User
from agencies.roles import Right
from cases.counts import queue_views
from cases.filters import CaseFilter
from cases.models import Case
from cases.querysets import CaseQuerySet
from cases.workflow import Status

Conditions = Mapping[str, Sequence[str]]
# Of an address beside the conditions of CaseFilter: the tab, and whose cases.
_BESIDE = ("scope", "view")
# What an address without them means too.
_USUAL = {"scope": "mine", "view": "all"}


@dataclass(frozen=True, slots=True)
class CaseList:
    """`beside`: what its address may say besides the conditions of CaseFilter."""

    title: Promise
    begin: Callable[[User, Conditions], CaseQuerySet]
    order: tuple[str, ...] = ("-received_at", "-id")
    beside: tuple[str, ...] = ()


def is_whole(conditions: Conditions) -> bool:
    """Whether a queue shows the whole agency."""
    return "agency" in conditions.get("scope", ())


def _queue(user: User, conditions: Conditions) -> CaseQuerySet:
    """What I must answer: mine, of those I stand in for, and what nobody has taken yet."""
    base = Case.objects.visible_to(user, Right.ANSWER_CASES).open()
    if not is_whole(conditions):
        base = base.filter(Q(executor__in=persons_of(user)) | Q(executor=None))
    view = queue_views().get(next(iter(conditions.get("view", ())), ""))
    return base if view is None else base.filter(view.condition)


def _approval(user: User, _conditions: Conditions) -> CaseQuerySet:
    return Case.objects.visible_to(user, Right.APPROVE_REPLIES).filter(
        status=Status.APPROVAL, is_open=True
    )


def _desk(user: User, conditions: Conditions) -> CaseQuerySet:
    waiting = Case.objects.visible_to(user, Right.MODERATE_CASES)
    match next(iter(conditions.get("view", ())), ""):
        case "disputes":
            return waiting.filter(status=Status.REDIRECT_ASKED, is_open=True)
        case "rejecting":
            return waiting.filter(rejection_by__isnull=False, status=Status.MODERATION)
    return waiting.in_moderation()


def _review(user: User, _conditions: Conditions) -> CaseQuerySet:
    return Case.objects.visible_to(user, Right.REVIEW_REPLIES).in_review()


def _all(user: User, _conditions: Conditions) -> CaseQuerySet:
    return Case.objects.visible_to(user)


def _search(user: User, conditions: Conditions) -> CaseQuerySet:
    """Without words a search finds nothing, not everything."""
    found = Case.objects.visible_to(user)
    reads = holds_anywhere(user, [Right.VIEW_CASES])
    return found if reads and any(conditions.get("q", ())) else found.none()


_DUE = ("due_at", "id")
_OLDEST = ("received_at", "id")
LISTS: dict[str, CaseList] = {
    "queue": CaseList(_("My cases"), _queue, _DUE, _BESIDE),
    "approval-queue": CaseList(_("For approval"), _approval, _DUE),
    "case-list": CaseList(_("All cases"), _all),
    "search": CaseList(_("Search"), _search),
    "desk": CaseList(_("Moderation and routing"), _desk, _OLDEST, ("view",)),
    "review": CaseList(_("Review of replies"), _review, _OLDEST),
}
NAMES = tuple(LISTS)
# Lists with conditions of their own on the page; the desks have only their views.
FILTERED = ("queue", "approval-queue", "case-list", "search")
# A search with its words is «All cases» with the condition «Words».
SAVED_AS = {"search": "case-list"}
SAVABLE = tuple(name for name in FILTERED if name not in SAVED_AS)


def conditions_of(name: str, data: QueryDict) -> dict[str, list[str]]:
    """What an address says of this list, without the page, empty values and foreign names."""
    known = {*CaseFilter.base_filters, *LISTS[name].beside}
    given = {
        key: [one for one in values if one and one != _USUAL.get(key)]
        for key, values in data.lists()
        if key in known
    }
    return {key: given[key] for key in sorted(given) if given[key]}


def data_of(conditions: Conditions) -> QueryDict:
    """The conditions as a query string; its order is always the same."""
    data = QueryDict(mutable=True)
    for key in sorted(conditions):
        data.setlist(key, list(conditions[key]))
    return data


def filter_of(name: str, user: User, conditions: Conditions) -> CaseFilter:
    """The list under its conditions; whether they are valid is the filter's to say."""
    # The filters ask a request for its person only.
    asking: Any = SimpleNamespace(user=user)
    request: HttpRequest = asking
    return CaseFilter(
        data_of(conditions), queryset=LISTS[name].begin(user, conditions), request=request
    )


def chosen(name: str, user: User, conditions: Conditions) -> CaseQuerySet | None:
    """The cases of the list that `user` sees, in its order; None: the conditions are wrong."""
    found = filter_of(name, user, conditions)
    if not found.is_valid():
        return None
    cases: CaseQuerySet = found.filter_queryset(found.queryset)
    return cases.order_by(*LISTS[name].order)
