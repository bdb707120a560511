"""Saved views: conditions of a list under a name, one's own or shared within one's agency.

A view holds no cases. Whoever opens it sees his own cases by its conditions; a condition that
names what he may not see is told to him as any other mistake of an address.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse

from agencies.access import holds
from agencies.models import User
from agencies.roles import Right
from cases import lists
from cases.counts import capped_counts
from cases.errors import BadChange, CaseNotFound
from cases.lists import Conditions
from cases.models import FirstView, SavedView
from cases.querysets import CaseQuerySet

MOST = 30  # of one person
PATIENCE_MS = 1500  # for the counts of all views together; beyond it names stand without counts
# Who leads others may lay out views for the agency.
SHARING = (
    Right.ASSIGN_CASES,
    Right.ROUTE_CASES,
    Right.APPROVE_REPLIES,
    Right.REVIEW_REPLIES,
    Right.CONTROL_CASES,
)


@dataclass(slots=True)
class Shown:
    """A view as this person has it. `count`: capped; None where it was not counted."""

    view: SavedView
    own: bool
    may_change: bool
    first: bool
    broken: bool = False
    count: int | None = None

    @property
    def url(self) -> str:
        return address_of(self.view)


def may_share(user: User) -> bool:
    """Whether the person may show a view to the people of his agency."""
    return user.agency_id is not None and any(
        holds(user, right, user.agency_id) for right in SHARING
    )


def address_of(view: SavedView) -> str:
    """The list under the view's conditions."""
    data = lists.data_of(view.conditions)
    return reverse(view.list_name) + (f"?{data.urlencode()}" if data else "")


def views_of(user: User) -> list[Shown]:
    """One's own, then those shared within one's agency (one query)."""
    reach = Q(owner=user)
    if user.agency_id is not None:
        reach |= Q(agency=user.agency_id)
    first = FirstView.objects.filter(person=user, view=OuterRef("pk"))
    found = SavedView.objects.filter(reach).select_related("owner").annotate(first=Exists(first))
    shares = may_share(user)
    shown = [
        Shown(view, view.owner_id == user.pk, view.owner_id == user.pk or shares, view.first)
        for view in found
    ]
    return sorted(shown, key=lambda one: (not one.own, one.view.position, one.view.pk))


def count(shown: Iterable[Shown], user: User) -> None:
    """How many cases this person has in each view, capped; all in one statement.

    Somebody's conditions may be slow (rare words over everything): the page does not wait for
    them longer than PATIENCE_MS.
    """
    wanted: dict[str, CaseQuerySet] = {}
    by_key: dict[str, Shown] = {}
    for one in shown:
        cases = lists.chosen(one.view.list_name, user, one.view.conditions)
        one.broken = cases is None
        if cases is not None:
            wanted[str(one.view.pk)] = cases
            by_key[str(one.view.pk)] = one
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"set local statement_timeout = {PATIENCE_MS}")
            counts = capped_counts(wanted)
    except OperationalError:  # it was cancelled
        return
    for key, number in counts.items():
        by_key[key].count = number


def view_of(user: User, pk: int, *, change: bool = False) -> Shown:
    """One view within the person's reach; CaseNotFound for any other.

    `change`: only one he may change.
    """
    for one in views_of(user):
        if one.view.pk == pk and (one.may_change or not change):
            return one
    raise CaseNotFound("view_not_found")


def _checked(user: User, list_name: str, conditions: Conditions) -> dict[str, list[str]]:
    if list_name not in lists.SAVABLE:
        raise BadChange("view_of_no_list", field="list")
    kept = lists.conditions_of(list_name, lists.data_of(conditions))
    if not lists.filter_of(list_name, user, kept).is_valid():
        raise BadChange("view_conditions", field="conditions")
    return kept


def _free_name(user: User, name: str, besides: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadChange("view_nameless", field="name")
    taken = SavedView.objects.filter(owner=user, name=name)
    if taken.exclude(pk=besides).exists():
        raise BadChange("view_name_taken", field="name")
    return name


def _ensure_shares(user: User) -> None:
    if not may_share(user):
        raise PermissionDenied


@transaction.atomic
def save(
    user: User, *, list_name: str, name: str, conditions: Conditions, shared: bool = False
) -> SavedView:
    """A new view, the last of one's own. BadChange: a name, list or conditions that will not do."""
    if shared:
        _ensure_shares(user)
    kept = _checked(user, list_name, conditions)
    User.objects.select_for_update().only("pk").get(pk=user.pk)  # the same name twice at once
    own = SavedView.objects.filter(owner=user)
    if own.count() >= MOST:
        raise BadChange("view_too_many")
    last = own.aggregate(last=Max("position"))["last"]
    return SavedView.objects.create(
        owner=user,
        agency=user.agency if shared else None,
        list_name=list_name,
        name=_free_name(user, name),
        conditions=kept,
        position=0 if last is None else last + 1,
    )


@transaction.atomic
def change(
    user: User,
    pk: int,
    *,
    name: str | None = None,
    shared: bool | None = None,
    conditions: Conditions | None = None,
) -> SavedView:
    """What is None stays. A shared view of a colleague is changed by who may share himself."""
    view = view_of(user, pk, change=True).view
    if name is not None:
        view.name = _free_name(view.owner, name, besides=view.pk)
    if conditions is not None:
        view.conditions = _checked(user, view.list_name, conditions)
    if shared is not None and shared is not (view.agency_id is not None):
        if shared:
            _ensure_shares(user)
        view.agency = user.agency if shared else None
    view.save(update_fields=["name", "agency", "conditions"])
    if not shared:
        _forget_unseen(view)
    return view


def _forget_unseen(view: SavedView) -> None:
    """Nobody begins with a view he no longer sees."""
    if view.agency_id is None:
        FirstView.objects.filter(view=view).exclude(person=view.owner_id).delete()


def remove(user: User, pk: int) -> None:
    view_of(user, pk, change=True).view.delete()


def hold_all(user: User) -> None:
    """Lock the views this person sees, always in one order, until the transaction ends."""
    keys = [one.view.pk for one in views_of(user)]
    list(SavedView.objects.select_for_update().filter(pk__in=keys).order_by("pk").only("pk"))


@transaction.atomic
def shift(user: User, pk: int, by: int) -> None:
    """Move a view up (-1) or down (1) among those it stands with."""
    hold_all(user)
    chosen = view_of(user, pk, change=True)
    beside = [one.view for one in views_of(user) if one.own is chosen.own]
    at = next(n for n, view in enumerate(beside) if view.pk == pk)
    to = min(max(at + by, 0), len(beside) - 1)
    beside.insert(to, beside.pop(at))
    for position, view in enumerate(beside):
        if view.position != position:
            SavedView.objects.filter(pk=view.pk).update(position=position)


def set_first(user: User, pk: int | None) -> None:
    """The view this person's work begins with; None: the usual first page."""
    if pk is None:
        FirstView.objects.filter(person=user).delete()
        return
    view = view_of(user, pk).view
    FirstView.objects.update_or_create(person=user, defaults={"view": view})


def first_address(user: User) -> str:
    """Where the person's work begins, if he has chosen it and still sees the view (one query)."""
    reach = Q(view__owner=user)
    if user.agency_id is not None:
        reach |= Q(view__agency=user.agency_id)
    found = FirstView.objects.filter(reach, person=user).select_related("view").first()
    return address_of(found.view) if found else ""
