"""A region from a description: agencies, territories, calendars, people, roles, routing.

The description is what `init_region` read from YAML or XLSX (docs/init_region.md). Everything
or nothing: the caller holds the transaction.
"""

from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from agencies.actions import grant_role
from agencies.models import Agency, CalendarDay, User, WorkingCalendar
from agencies.roles import Role
from cases.models import RoutingRule, Territory, Topic, TopicGroup


class RegionError(ValueError):
    """A mistake in the description: says which entry and field."""


def _need(row: dict[str, Any], where: str, *names: str) -> None:
    for name in names:
        if row.get(name) in (None, ""):
            raise RegionError(f"{where}: не заполнено поле «{name}»")


def _pick(table: dict[str, Any], code: Any, where: str, name: str) -> Any:
    if code not in table:
        raise RegionError(f"{where}: {name} «{code}» не описано")
    return table[code]


def load_calendars(rows: list[dict[str, Any]]) -> dict[str, WorkingCalendar]:
    made = {}
    for at, row in enumerate(rows, start=1):
        _need(row, f"calendars, запись {at}", "code", "name", "week")
        calendar, created = WorkingCalendar.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "week": row["week"],
                "follows_production": row.get("follows_production", True),
            },
        )
        made[calendar.code] = calendar
        if created:
            CalendarDay.objects.bulk_create(
                CalendarDay(
                    calendar=calendar,
                    day=day["day"]
                    if isinstance(day["day"], date)
                    else date.fromisoformat(day["day"]),
                    kind=day.get("kind", "regional"),
                    intervals=day.get("intervals"),
                    title=day.get("title", ""),
                    source=day.get("source", ""),
                )
                for day in row.get("regional_days", [])
            )
    return made


def load_territories(rows: list[dict[str, Any]], zone: str) -> None:
    for at, row in enumerate(rows, start=1):
        _need(row, f"territories, запись {at}", "code", "name")
        Territory.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "population": row.get("population") or 0,
                "time_zone": row.get("time_zone") or zone,
            },
        )


def load_agencies(
    rows: list[dict[str, Any]], calendars: dict[str, WorkingCalendar], zone: str
) -> dict[str, Agency]:
    """Agencies in any order; a parent may stand after its children."""
    made: dict[str, Agency] = {}
    for at, row in enumerate(rows, start=1):
        where = f"agencies, запись {at} ({row.get('code')})"
        _need(row, where, "code", "name", "kind")
        if row["kind"] not in Agency.Kind.values:
            raise RegionError(f"{where}: неизвестный вид «{row['kind']}»")
        calendar = _pick(
            calendars, row.get("calendar") or next(iter(calendars), ""), where, "расписание"
        )
        agency = Agency(
            code=row["code"],
            name=row["name"],
            short_name=row.get("short_name") or row["name"][:80],
            kind=row["kind"],
            time_zone=row.get("time_zone") or zone,
            calendar=calendar,
            phone=row.get("phone") or "",
            email=row.get("email") or "",
            publish_own=bool(row.get("publish_own_score") or row.get("publish_own")),
        )
        agency.full_clean(exclude=["sort_name"])
        agency.save()
        made[agency.code] = agency
    for row in rows:
        if row.get("parent"):
            agency = made[row["code"]]
            agency.parent = _pick(made, row["parent"], f"agencies ({row['code']})", "ведомство")
            agency.clean()
            agency.save(update_fields=["parent"])
    if not any(agency.kind == Agency.Kind.REGION for agency in made.values()):
        raise RegionError("agencies: нет записи вида region — корня области")
    return made


def load_people(
    rows: list[dict[str, Any]], agencies: dict[str, Agency], *, password: str | None, demo: bool
) -> dict[str, User]:
    """Accounts with their roles. Without a password an account cannot sign in until one is set."""
    hashed = make_password(password)
    made: dict[str, User] = {}
    for at, row in enumerate(rows, start=1):
        where = f"people, запись {at} ({row.get('username')})"
        _need(row, where, "username", "surname")
        user = User(
            username=row["username"],
            last_name=row["surname"],
            first_name=row.get("name") or "",
            patronymic=row.get("patronymic") or "",
            position=row.get("position") or "",
            email=row.get("email") or "",
            phone=row.get("phone") or "",
            agency=_pick(agencies, row["agency"], where, "ведомство")
            if row.get("agency")
            else None,
            password=hashed,
            is_demo=demo,
        )
        user.save()
        made[user.username] = user
        for grant in row.get("roles", []):
            if grant["role"] not in Role.values:
                raise RegionError(f"{where}: неизвестная роль «{grant['role']}»")
            held = _pick(agencies, grant["agency"], where, "ведомство")
            grant_role(user, grant["role"], held)
    return made


def load_routing(rows: list[dict[str, Any]], agencies: dict[str, Agency]) -> None:
    topics = {topic.code: topic for topic in Topic.objects.all()}
    groups = {group.code: group for group in TopicGroup.objects.all()}
    places = {place.code: place for place in Territory.objects.all()}
    rules = []
    for at, row in enumerate(rows, start=1):
        where = f"routing, запись {at}"
        _need(row, where, "agency")
        rules.append(
            RoutingRule(
                topic=_pick(topics, row["topic"], where, "тема") if row.get("topic") else None,
                group=_pick(groups, row["group"], where, "группа") if row.get("group") else None,
                territory=_pick(places, row["territory"], where, "муниципалитет")
                if row.get("territory")
                else None,
                from_on=row.get("from") or None,
                until_on=row.get("until") or None,
                agency=_pick(agencies, row["agency"], where, "ведомство"),
                note=row.get("note") or "",
            )
        )
    RoutingRule.objects.bulk_create(rules)


def load_region(
    data: dict[str, Any], *, password: str | None = None, demo: bool = False
) -> dict[str, User]:
    """Create everything the description names; the people by account name."""
    if not isinstance(data, dict) or "region" not in data:
        raise RegionError("нет раздела region")
    zone = data["region"].get("time_zone") or "Europe/Moscow"
    calendars = load_calendars(data.get("calendars", []))
    if not calendars:
        raise RegionError("calendars: нужно хотя бы одно расписание")
    load_territories(data.get("territories", []), zone)
    agencies = load_agencies(data.get("agencies", []), calendars, zone)
    people = load_people(data.get("people", []), agencies, password=password, demo=demo)
    for row in data.get("agencies", []):
        found = [people[name] for name in row.get("curators") or [] if name in people]
        if found:
            agencies[row["code"]].curators.set(found)
    load_routing(data.get("routing", []), agencies)
    first = data.get("first_administrator")
    if first is not None and first not in people:
        raise RegionError(f"first_administrator: «{first}» нет в списке people")
    return people
