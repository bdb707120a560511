"""A region from a description: agencies, territories, calendars, people, roles, routing.

The description is what `init_region` read from YAML or XLSX (docs/init_region.md). Everything
or nothing: the caller holds the transaction.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models

from agencies.actions import grant_role
from agencies.models import Agency, CalendarDay, User, WorkingCalendar
from agencies.roles import Role
from cases.models import RoutingRule, Territory, Topic, TopicGroup

CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


class RegionError(ValueError):
    """A mistake in the description: says which entry and field."""


@contextmanager
def _entry(where: str) -> Iterator[None]:
    """Whatever an entry breaks on is said with its place; the transaction is lost anyway."""
    try:
        yield
    except RegionError:
        raise
    except ValidationError as error:
        fields = getattr(error, "message_dict", {"": error.messages})
        words = "; ".join(
            f"поле «{name}»: {' '.join(found)}" if name.strip("_") else " ".join(found)
            for name, found in fields.items()
        )
        raise RegionError(f"{where}: {words}") from None
    except KeyError as error:
        raise RegionError(f"{where}: не заполнено поле {error}") from None
    except (TypeError, AttributeError, ValueError, DataError, IntegrityError) as error:
        raise RegionError(f"{where}: {str(error).splitlines()[0]}") from None


# Fields of an entry. What stands in brackets in docs/init_region.md is known and not read.
FIELDS: dict[str, frozenset[str]] = {
    "calendars": frozenset({"code", "name", "week", "follows_production", "regional_days"}),
    "territories": frozenset(
        {"code", "name", "population", "time_zone"}
        | {"kind", "lat", "lon", "settlements", "streets"}
    ),
    "agencies": frozenset(
        {"code", "name", "short_name", "kind", "parent", "time_zone", "calendar", "curators"}
        | {"publish_own_score", "publish_own", "phone", "email", "head"}
    ),
    "people": frozenset(
        {"username", "surname", "name", "patronymic", "position", "email", "phone", "agency"}
        | {"roles"}
    ),
    "routing": frozenset({"topic", "group", "territory", "from", "until", "agency", "note"}),
    "region": frozenset({"code", "name", "short_name", "time_zone"}),
    "regional_days": frozenset({"day", "kind", "title", "source", "intervals"}),
    "roles": frozenset({"role", "agency"}),
    "topic groups": frozenset({"code", "name", "topics"}),
    "topics": frozenset(
        {"code", "name", "severity", "photo_required", "kind", "belongs"}
        | {"season", "responsible"}
    ),
}
SECTIONS = ("calendars", "territories", "agencies", "people", "routing")
KEYS = ("format", "region", "topics", "first_administrator", *SECTIONS)


def refuse_strange(names: Iterable[Any], known: Iterable[str], where: str, what: str) -> None:
    """A misspelt name would be lost without a word, and what stands under it."""
    known = tuple(known)
    if strange := sorted({str(name) for name in names} - set(known)):
        raise RegionError(f"{where}: {what} «{strange[0]}»; бывают: {', '.join(known)}")


def _known(row: Any, kind: str, where: str) -> None:
    if not isinstance(row, dict):
        raise RegionError(f"{where}: ожидались поля с именами")
    refuse_strange(row, sorted(FIELDS[kind]), where, "нет такого поля")


def _rows(data: dict[str, Any], section: str) -> list[dict[str, Any]]:
    rows = data.get(section) or []
    if not isinstance(rows, list):
        raise RegionError(f"{section}: ожидался список записей")
    for at, row in enumerate(rows, start=1):
        _known(row, section, f"{section}, запись {at}")
    return rows


def _checked(row: models.Model, *left_out: str) -> None:
    row.full_clean(exclude=list(left_out))
    row.save()


def _zone(name: Any, where: str) -> str:
    if name not in available_timezones():
        raise RegionError(f"{where}: нет часового пояса «{name}» (time_zone)")
    return str(name)


def _week(week: Any, where: str) -> Any:
    """Seven days of [start, end] pairs in order, "09:00" each."""
    good = isinstance(week, list) and len(week) == 7
    for day in week if good else ():
        last = ""
        for pair in day if isinstance(day, list) else [None]:
            if not (isinstance(pair, list) and len(pair) == 2):
                good = False
                break
            for clock in pair:
                good = good and isinstance(clock, str) and bool(CLOCK.fullmatch(clock))
                good = good and clock > last
                last = clock if good else last
    if not good:
        raise RegionError(f'{where}: поле «week» — семь дней пар ["09:00", "13:00"] по порядку')
    return week


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
        where = f"calendars, запись {at} ({row.get('code')})"
        _need(row, where, "code", "name", "week")
        with _entry(where):
            calendar, created = WorkingCalendar.objects.get_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "week": _week(row["week"], where),
                    "follows_production": row.get("follows_production", True),
                },
            )
        made[calendar.code] = calendar
        for day in row.get("regional_days") or [] if created else []:
            with _entry(f"{where}, regional_days"):
                _known(day, "regional_days", f"{where}, regional_days")
                _checked(
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
                )
    return made


def load_territories(rows: list[dict[str, Any]], zone: str) -> None:
    for at, row in enumerate(rows, start=1):
        where = f"territories, запись {at} ({row.get('code')})"
        _need(row, where, "code", "name")
        with _entry(where):
            Territory.objects.get_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "population": int(row.get("population") or 0),
                    "time_zone": _zone(row.get("time_zone") or zone, where),
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
            time_zone=_zone(row.get("time_zone") or zone, where),
            calendar=calendar,
            phone=row.get("phone") or "",
            email=row.get("email") or "",
            publish_own=bool(row.get("publish_own_score") or row.get("publish_own")),
        )
        with _entry(where):
            _checked(agency, "sort_name")
        made[agency.code] = agency
    for row in rows:
        if row.get("parent"):
            agency = made[row["code"]]
            where = f"agencies ({row['code']})"
            agency.parent = _pick(made, row["parent"], where, "ведомство")
            with _entry(where):
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
        with _entry(where):
            _checked(user, "password")
        made[user.username] = user
        for grant in row.get("roles") or []:
            with _entry(f"{where}, roles"):
                _known(grant, "roles", f"{where}, roles")
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
        rule = RoutingRule(
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
        with _entry(where):
            rule.clean_fields(exclude=["topic", "group", "territory", "agency"])
            rule.validate_constraints()
        rules.append(rule)
    RoutingRule.objects.bulk_create(rules)


def load_topics(groups: Any) -> None:
    """The region's own topics: a code that is known takes the words and values given here."""
    if not isinstance(groups, list):
        raise RegionError("topics: ожидался список групп с темами")
    for at, given in enumerate(groups, start=1):
        where = f"topics, группа {at}"
        _known(given, "topic groups", where)
        _need(given, where, "code")
        where = f"{where} ({given['code']})"
        with _entry(where):
            group = TopicGroup.objects.filter(code=given["code"]).first()
            group = group or TopicGroup(code=given["code"])
            group.name = given.get("name") or group.name
            _checked(group)
            topics = given.get("topics") or []
            if not isinstance(topics, list):
                raise RegionError(f"{where}: topics — список тем")
        for number, row in enumerate(topics, start=1):
            _load_topic(group, row, f"{where}, тема {number}")


def _load_topic(group: TopicGroup, row: Any, where: str) -> None:
    _known(row, "topics", where)
    _need(row, where, "code", "name")
    where = f"{where} ({row['code']})"
    with _entry(where):
        topic = Topic.objects.filter(code=row["code"]).first() or Topic(code=row["code"])
        topic.group = group
        topic.name = row["name"]
        # What the row does not give stays as it is, the default for a new topic.
        for name in ("severity", "kind", "photo_required", "belongs"):
            if row.get(name) is not None:
                setattr(topic, name, row[name])
        _checked(topic)


def load_region(
    data: dict[str, Any], *, password: str | None = None, demo: bool = False
) -> dict[str, User]:
    """Create everything the description names; the people by account name."""
    if not isinstance(data, dict) or not isinstance(data.get("region"), dict):
        raise RegionError("нет раздела region")
    refuse_strange(data, KEYS, "описание области", "нет такого раздела")
    _known(data["region"], "region", "region")
    zone = _zone(data["region"].get("time_zone") or "Europe/Moscow", "region")
    calendars = load_calendars(_rows(data, "calendars"))
    if not calendars:
        raise RegionError("calendars: нужно хотя бы одно расписание")
    load_territories(_rows(data, "territories"), zone)
    agencies = load_agencies(_rows(data, "agencies"), calendars, zone)
    people = load_people(_rows(data, "people"), agencies, password=password, demo=demo)
    for row in _rows(data, "agencies"):
        where = f"agencies ({row['code']}), curators"
        names = row.get("curators") or []
        if not isinstance(names, list):
            raise RegionError(f"{where}: ожидался список имён учётных записей")
        if names:
            found = [_pick(people, name, where, "учётная запись") for name in names]
            agencies[row["code"]].curators.set(found)
    load_routing(_rows(data, "routing"), agencies)
    first = data.get("first_administrator")
    if first is not None and first not in people:
        raise RegionError(f"first_administrator: «{first}» нет в списке people")
    return people
