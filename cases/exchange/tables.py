"""The registers that go out to a table and come back, each with its columns and its key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from agencies import actions
from agencies.admin_forms import WEEKDAYS
from agencies.models import Agency, AgencyUserPermission, CalendarDay, User, WorkingCalendar
from agencies.roles import Role
from cases.exchange.columns import (
    Choice,
    Column,
    Day,
    Hours,
    Known,
    Link,
    Number,
    Several,
    Unknown,
    Weekday,
    Yes,
    Zone,
)
from cases.models import CaseKind, ReplyTemplate, RoutingRule, Territory, Topic, TopicGroup

After = Callable[[Any, Mapping[str, str], Known, User], None]


def _nothing(row: Any, cells: Mapping[str, str], known: Known, actor: User) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Table:
    """`key`: columns that name a row; `left_out`: fields nobody checks here. `before` and `after`
    do what a row needs besides its columns."""

    code: str
    title: Any
    model: type[models.Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("code",)
    related: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    before: Callable[[Any, bool, frozenset[str]], None] = lambda _row, _new, _changed: None
    after: After = field(default=_nothing)

    def rows(self) -> list[Any]:
        found = self.model._default_manager.select_related(*self.related).order_by("pk")
        return list(found)

    def key_of(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(cells.get(name, "") for name in self.key)


def _curators(agency: Agency) -> list[str]:
    return [person.username for person in agency.curators.all()]


def _put_curators(row: Any, cells: Mapping[str, str], known: Known, actor: User) -> None:
    if "curators" not in cells:
        return
    people = []
    for name in filter(None, (part.strip() for part in cells["curators"].split(","))):
        person = known.find(User, "username", name)
        if person is None:
            raise Unknown(name)
        people.append(person)
    row.curators.set(people)


def _roles(person: User) -> list[str]:
    rows = getattr(person, "role_rows", None)
    if rows is None:
        rows = AgencyUserPermission.objects.filter(user=person).select_related(
            "permission", "content_object"
        )
    return [
        f"{row.permission.codename.removeprefix('hold_')}@{row.content_object.code}"
        for row in rows
        if row.permission.codename.startswith("hold_")
    ]


def _put_roles(row: Any, cells: Mapping[str, str], known: Known, actor: User) -> None:
    if not row.is_active:
        actions.end_tokens(row)
    if "roles" not in cells:
        return
    wanted = {part.strip() for part in cells["roles"].split(",") if part.strip()}
    held = set(_roles(row))
    if wanted == held:
        return
    if row.pk == actor.pk:
        raise ValidationError({"roles": _("One's own roles are another administrator's to give.")})
    for text in sorted(wanted - held):
        role, agency = _role(text, known)
        actions.grant_role(row, role, agency, actor=actor)
    for text in sorted(held - wanted):
        role, agency = _role(text, known)
        actions.revoke_role(row, role, agency, actor=actor)


def _role(text: str, known: Known) -> tuple[str, Agency]:
    role, _at, code = text.partition("@")
    if role not in Role.values:
        raise ValidationError({"roles": _("No such role: “%(role)s”.") % {"role": text}})
    agency = known.find(Agency, "code", code)
    if agency is None:
        raise Unknown(code)
    return role, agency


def _new_person(row: Any, new: bool, changed: frozenset[str]) -> None:
    if new:
        row.set_unusable_password()  # an administrator sets the first one


def _week(row: Any, new: bool, changed: frozenset[str]) -> None:
    if not any(row.week or []):
        raise ValidationError({"mon": _("A week needs at least one working day.")})


def _own_week(row: Any, new: bool, changed: frozenset[str]) -> None:
    if row.kind == CalendarDay.Kind.SPECIAL and not row.intervals:
        raise ValidationError({"intervals": _("Name the hours of this day.")})
    if row.kind != CalendarDay.Kind.SPECIAL and row.intervals:
        raise ValidationError(
            {"intervals": _("Only a day with special hours has hours of its own.")}
        )
    if row.kind == CalendarDay.Kind.MOVED_WORK and not row.replaces:
        raise ValidationError({"replaces": _("Name the day whose hours this day has.")})


def _changed_text(row: Any, new: bool, changed: frozenset[str]) -> None:
    """As in the registers: what is changed must be approved again."""
    if changed & {"text", "agency", "group", "topic"}:
        row.approved_at = row.approved_by = None


_CODE = Column("code", _lazy("Code"), needed=True)
_NAME = Column("name", _lazy("Title of the row"), needed=True)
_ZONE = Zone("time_zone", _lazy("Time zone"))
TABLES: dict[str, Table] = {
    table.code: table
    for table in (
        Table(
            "agencies",
            _lazy("Agencies"),
            Agency,
            (
                _CODE,
                _NAME,
                Column("short_name", _lazy("Short name"), needed=True),
                Choice("kind", _lazy("Kind"), needed=True, choices=dict(Agency.Kind.choices)),
                Link("parent", _lazy("Superior"), model=Agency),
                _ZONE,
                Link("calendar", _lazy("Calendar"), needed=True, model=WorkingCalendar),
                Column("phone", _lazy("Phone")),
                Column("email", _lazy("E-mail")),
                Yes("publish_own", _lazy("Authors publish from 60 points")),
                Yes("is_active", _lazy("Works")),
                Several("curators", _lazy("Curators"), shown=_curators),
            ),
            related=("parent", "calendar"),
            left_out=("sort_name",),
            after=_put_curators,
        ),
        Table(
            "people",
            _lazy("People"),
            User,
            (
                Column("username", _lazy("Account"), needed=True),
                Column("last_name", _lazy("Surname"), needed=True),
                Column("first_name", _lazy("First name")),
                Column("patronymic", _lazy("Patronymic")),
                Column("position", _lazy("Position")),
                Link("agency", _lazy("Agency"), model=Agency),
                Column("email", _lazy("E-mail")),
                Column("phone", _lazy("Phone")),
                Yes("is_active", _lazy("Active")),
                Several("roles", _lazy("Roles"), shown=_roles),
            ),
            key=("username",),
            related=("agency",),
            left_out=("password",),
            before=_new_person,
            after=_put_roles,
        ),
        Table(
            "groups",
            _lazy("Topic groups"),
            TopicGroup,
            (_CODE, _NAME),
        ),
        Table(
            "topics",
            _lazy("Topics"),
            Topic,
            (
                _CODE,
                _NAME,
                Link("group", _lazy("Group"), needed=True, model=TopicGroup),
                Number("severity", _lazy("Severity")),
                Choice("kind", _lazy("Kind of case"), choices=dict(CaseKind.choices)),
                Yes("photo_required", _lazy("Photo required when solved")),
                Column("belongs", _lazy("What belongs here")),
                Yes("is_active", _lazy("In use")),
            ),
            related=("group",),
        ),
        Table(
            "territories",
            _lazy("Territories"),
            Territory,
            (_CODE, _NAME, Number("population", _lazy("Residents")), _ZONE),
        ),
        Table(
            "routing",
            _lazy("Routing rules"),
            RoutingRule,
            (
                Number("id", "№"),
                Link("topic", _lazy("Topic"), model=Topic),
                Link("group", _lazy("Group"), model=TopicGroup),
                Link("territory", _lazy("Territory"), model=Territory),
                Day("from_on", _lazy("From the day")),
                Day("until_on", _lazy("To the day")),
                Link("agency", _lazy("Agency"), needed=True, model=Agency),
                Column("note", _lazy("Note")),
                Yes("is_active", _lazy("In force")),
            ),
            key=("id",),
            related=("topic", "group", "territory", "agency"),
        ),
        Table(
            "calendars",
            _lazy("Calendars"),
            WorkingCalendar,
            (
                _CODE,
                _NAME,
                Yes("follows_production", _lazy("Follows the production calendar")),
                *(Weekday(name, title, at=at) for at, (name, title) in enumerate(WEEKDAYS)),
            ),
            before=_week,
        ),
        Table(
            "days",
            _lazy("Calendar days"),
            CalendarDay,
            (
                Link("calendar", _lazy("Calendar"), model=WorkingCalendar),
                Day("day", _lazy("Day"), needed=True),
                Choice("kind", _lazy("Kind"), needed=True, choices=dict(CalendarDay.Kind.choices)),
                Hours("intervals", _lazy("Hours")),
                Day("replaces", _lazy("Works as")),
                Number("shorter_by", _lazy("Shorter by, minutes")),
                Column("title", _lazy("Title of the row")),
                Column("source", _lazy("Source")),
                Yes("confirmed", _lazy("Confirmed")),
            ),
            key=("calendar", "day"),
            related=("calendar",),
            before=_own_week,
        ),
        Table(
            "templates",
            _lazy("Reply templates"),
            ReplyTemplate,
            (
                Number("id", "№"),
                _NAME,
                Column("text", _lazy("Text"), needed=True),
                Link("agency", _lazy("Agency"), model=Agency),
                Link("group", _lazy("Group"), model=TopicGroup),
                Link("topic", _lazy("Topic"), model=Topic),
                Link("owner", _lazy("Owner"), model=User, key="username"),
                Day("expires_on", _lazy("Offered until")),
                Yes("is_active", _lazy("In use")),
            ),
            key=("id",),
            related=("agency", "group", "topic", "owner"),
            before=_changed_text,
        ),
    )
}
