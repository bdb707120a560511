"""Who stands in for an absent person: who may say so, and saying it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.utils import timezone

from agencies.access import Reach, own_reach
from agencies.actions import record
from agencies.models import AgencyUserPermission, Deputy, User
from agencies.roles import Role

# By the namer's own role: for whose roles he may name a deputy, on the agencies he reaches.
NAMES: Mapping[str, frozenset[str]] = {
    Role.CURATOR: frozenset({Role.EXECUTOR, Role.CO_EXECUTOR, Role.CURATOR}),
    Role.APPROVER: frozenset({Role.EXECUTOR, Role.CO_EXECUTOR, Role.CURATOR, Role.APPROVER}),
    Role.COORDINATOR: frozenset({Role.OPERATOR, Role.COORDINATOR}),
    Role.ADMINISTRATOR: frozenset(Role.values),
}
LONGEST = timedelta(days=366)
MOST_PEOPLE = 500


class BadAbsence(Exception):
    """A refused naming; `code` is worded by cases.refusals, `field` is the form's."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class Held:
    role: str
    agency_id: int


def _held_by(people: Iterable[int]) -> dict[int, list[Held]]:
    """Grants of these people (one query)."""
    found: dict[int, list[Held]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select g.user_id, p.codename, g.content_object_id"
            " from agencies_agencyuserpermission g"
            " join auth_permission p on p.id = g.permission_id where g.user_id = any(%s)",
            [list(people)],
        )
        for user, codename, agency in cursor.fetchall():
            found.setdefault(user, []).append(Held(codename.removeprefix("hold_"), agency))
    return found


def covers(reach: Reach, held: Iterable[Held]) -> bool:
    """Whether one with these own roles leads everything the other holds: plain values."""
    return all(
        any(
            one.role in NAMES[role] and (ids is None or one.agency_id in ids)
            for role, ids in reach.items()
            if role in NAMES
        )
        for one in held
    )


def may_name(actor: User, person: User) -> bool:
    """The person himself, or who leads him in everything he does (one query)."""
    if actor.pk == person.pk:
        return True
    held = _held_by([person.pk]).get(person.pk)
    return bool(held) and covers(own_reach(actor), held or ())


def led_by(actor: User) -> list[User]:
    """Active people the actor may name deputies for, at most MOST_PEOPLE (two queries)."""
    reach = {role: ids for role, ids in own_reach(actor).items() if role in NAMES}
    if not reach:
        return []
    people = User.objects.filter(is_active=True).exclude(pk=actor.pk)
    if None not in reach.values():
        agencies = frozenset[int]().union(*(ids or () for ids in reach.values()))
        people = people.filter(agency__in=sorted(agencies))
    some = list(people.select_related("agency").order_by("last_name", "pk")[: 4 * MOST_PEOPLE])
    held = _held_by(person.pk for person in some)
    return [p for p in some if p.pk in held and covers(reach, held[p.pk])][:MOST_PEOPLE]


_KIN = """
with recursive up as (
    select id, parent_id from agencies_agency where id = any(%(ids)s)
    union select a.id, a.parent_id from agencies_agency a join up on a.id = up.parent_id
), down as (
    select id from agencies_agency where id = any(%(ids)s)
    union select a.id from agencies_agency a join down on a.parent_id = down.id
)
select id from up union select id from down
union select s.id from agencies_agency s join agencies_agency own on own.parent_id = s.parent_id
    and own.id = any(%(ids)s) and s.kind in ('department', 'institution')
"""


def kin_of(agencies: Iterable[int]) -> set[int]:
    """These agencies, those above and below them, and departments beside them (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_KIN, {"ids": list(agencies)})
        return {row[0] for row in cursor.fetchall()}


def possible_deputies(agencies: Iterable[int | None]) -> "models.QuerySet[User]":
    """Active colleagues of people of these agencies who hold any role (one query inside)."""
    kin = kin_of({pk for pk in agencies if pk is not None})
    held = AgencyUserPermission.objects.filter(user=models.OuterRef("pk"))
    services = held.filter(permission__codename="hold_import_service")
    return (
        User.objects.filter(
            models.Exists(held), ~models.Exists(services), is_active=True, agency__in=kin
        )
        .select_related("agency")
        .order_by("last_name", "first_name", "pk")
    )


def is_away(person: User, begins: datetime, ends: datetime) -> bool:
    """Whether others stand in for him on any of these days (one query)."""
    return Deputy.objects.filter(person=person, starts_at__lt=ends, ends_at__gt=begins).exists()


def _is_replaced(person: User, begins: datetime, ends: datetime) -> bool:
    """Whether whom he stands in for has somebody else on these days, too (a query or two)."""
    for row in Deputy.objects.filter(deputy=person, starts_at__lt=ends, ends_at__gt=begins):
        others = Deputy.objects.filter(
            person=row.person_id,
            starts_at__lte=max(begins, row.starts_at),
            ends_at__gte=min(ends, row.ends_at),
        ).exclude(deputy=person)
        if not others.exists():
            return False
    return True


def zone_of(person: User) -> ZoneInfo:
    return person.agency.zone if person.agency else ZoneInfo(settings.TIME_ZONE)


def period(person: User, first: date, last: date) -> tuple[datetime, datetime]:
    """Whole days of the person's own zone, the last one included."""
    zone = zone_of(person)
    return (
        datetime.combine(first, time(0), zone),
        datetime.combine(last + timedelta(days=1), time(0), zone),
    )


def days_of(row: Deputy) -> tuple[date, date]:
    """First and last day of it in the absent person's zone."""
    zone = zone_of(row.person)
    last = row.ends_at.astimezone(zone) - timedelta(microseconds=1)
    return row.starts_at.astimezone(zone).date(), last.date()


@transaction.atomic
def name_deputy(
    person: User, deputy: User, *, actor: User, first: date, last: date, reason: str
) -> Deputy:
    """Let `deputy` stand in for `person` from the day `first` to the day `last`.

    Raises PermissionDenied, BadAbsence. The same two people have one period at a time.
    """
    if not may_name(actor, person):
        raise PermissionDenied
    starts_at, ends_at = period(person, first, last)
    now = timezone.now()
    if last < first:
        raise BadAbsence("absence_backwards", "last")
    if ends_at <= now:
        raise BadAbsence("absence_over", "last")
    if ends_at - starts_at > LONGEST:
        raise BadAbsence("absence_too_long", "last")
    if deputy.pk == person.pk or not deputy.is_active:
        raise BadAbsence("deputy_unfit", "deputy")
    if not possible_deputies([person.agency_id]).filter(pk=deputy.pk).exists():
        raise BadAbsence("deputy_unfit", "deputy")
    # One after another: two presses at once make one row, and two who name each other one of them.
    both = User.objects.filter(pk__in=(person.pk, deputy.pk)).order_by("pk")
    list(both.select_for_update(of=("self",), no_key=True))
    if is_away(deputy, starts_at, ends_at):
        raise BadAbsence("deputy_away", "deputy")
    if not _is_replaced(person, starts_at, ends_at):
        raise BadAbsence("stands_in", "person")
    known = Deputy.objects.filter(person=person, deputy=deputy)
    if known.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise BadAbsence("deputy_already", "deputy")
    row = Deputy.objects.create(
        person=person,
        deputy=deputy,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        named_by=actor,
    )
    record(
        person,
        "name_deputy",
        actor=actor,
        agency=person.agency,
        deputy=deputy.username,
        first=first.isoformat(),
        last=last.isoformat(),
        reason=reason,
    )
    return row


def may_end(actor: User, row: Deputy) -> bool:
    """Who may name it, and the deputy himself: nobody stands in against his will."""
    return actor.pk == row.deputy_id or may_name(actor, row.person)


@transaction.atomic
def end_deputy(row: Deputy, *, actor: User) -> bool:
    """End it now, or take back what has not begun; False where it is over already."""
    row = (
        Deputy.objects.select_related("person__agency", "deputy")
        .select_for_update(of=("self",))
        .get(pk=row.pk)
    )
    if not may_end(actor, row):
        raise PermissionDenied
    now = timezone.now()
    if row.ends_at <= now:
        return False
    if row.starts_at >= now:
        row.delete()
    else:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    record(
        row.person, "end_deputy", actor=actor, agency=row.person.agency, deputy=row.deputy.username
    )
    return True


def current(people: Iterable[int], *, now: datetime | None = None) -> "models.QuerySet[Deputy]":
    """Running and coming rows of these absent people."""
    return (
        Deputy.objects.filter(person__in=list(people), ends_at__gt=now or timezone.now())
        .select_related("person__agency", "deputy__agency", "named_by")
        .order_by("starts_at", "pk")
    )


def standing_now(people: Iterable[int]) -> dict[int, list[int]]:
    """Absent person -> who stands in for him at this moment (one query)."""
    now = timezone.now()
    found: dict[int, list[int]] = {}
    rows = Deputy.objects.filter(
        person__in=list(people),
        person__is_active=True,
        deputy__is_active=True,
        starts_at__lte=now,
        ends_at__gt=now,
    ).order_by("pk")
    for person, deputy in rows.values_list("person_id", "deputy_id"):
        found.setdefault(person, []).append(deputy)
    return found
