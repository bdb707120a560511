"""The region of the measurements: reference data, agencies, people, routing."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import transaction

from agencies.models import Agency, AgencyUserPermission, User, WorkingCalendar
from agencies.roles import Role
from cases import reference_data
from cases.models import MassEvent, RoutingRule, Territory, TopicGroup

AGENCIES, PEOPLE, TERRITORIES = 200, 5000, 30
PASSWORD = "bench-region-2026"


def _role(user: User, agency: Agency, role: str, permissions: dict[str, Permission]) -> Any:
    return AgencyUserPermission(
        user=user, content_object=agency, permission=permissions[f"hold_{role}"]
    )


def lay_ground() -> None:
    """Reference data, agencies, people, routing: once for a database."""
    if Agency.objects.filter(code="bench-region").exists():
        return
    with transaction.atomic():
        reference_data.load_all()
        work = [["09:00", "13:00"], ["14:00", "18:00"]]
        calendar = WorkingCalendar.objects.create(
            code="bench", name="Пятидневка", week=[work] * 5 + [[], []]
        )
        Territory.objects.bulk_create(
            Territory(code=f"bench-{n}", name=f"Район {n}", population=1000 * n)
            for n in range(1, TERRITORIES + 1)
        )
        _agencies(calendar)
        _people()
        _routing()
        MassEvent.objects.bulk_create(
            MassEvent(
                code=f"bench-{n}", title=f"Событие {n}", approved_text="", starts_on="2026-01-01"
            )
            for n in range(5)
        )


def _agencies(calendar: WorkingCalendar) -> None:
    region = Agency.objects.create(
        code="bench-region", name="Область", short_name="Область", kind="region", calendar=calendar
    )
    heads = [
        Agency.objects.create(
            code=f"bench-m{n}",
            name=f"Министерство {n}",
            short_name=f"Мин {n}",
            kind="ministry",
            parent=region,
            calendar=calendar,
        )
        for n in range(1, 20)
    ]
    Agency.objects.bulk_create(
        Agency(
            code=f"bench-i{n}",
            name=f"Учреждение {n}",
            short_name=f"Учр. {n}",
            kind="institution",
            parent=heads[n % len(heads)],
            calendar=calendar,
            publish_own=n % 2 == 0,
        )
        for n in range(AGENCIES - 20)
    )


def _people() -> None:
    """One password hash for all: nobody waits for five thousand."""
    hashed = make_password(PASSWORD)
    agencies = list(Agency.objects.filter(code__startswith="bench-").order_by("pk"))
    region, working = agencies[0], agencies[1:]
    special = [role.value for role in Role]
    people = [
        User(
            username=f"bench-{role}",
            last_name=role,
            first_name="Анна",
            password=hashed,
            agency=working[5] if role in _AT_AGENCY else region,
        )
        for role in special
    ]
    people += [
        User(
            username=f"bench-{n}",
            last_name=f"Сотрудник{n}",
            first_name="Пётр",
            password=hashed,
            agency=working[n % len(working)],
        )
        for n in range(PEOPLE - len(people))
    ]
    User.objects.bulk_create(people)
    permissions = {
        p.codename: p for p in Permission.objects.filter(content_type__app_label="agencies")
    }
    rows = []
    for role, user in zip(special, people, strict=False):
        rows.append(_role(user, user.agency, role, permissions))
    for at, user in enumerate(people[len(special) :]):
        role = "approver" if at % 10 == 0 else "curator" if at % 10 == 1 else "executor"
        rows.append(_role(user, user.agency, role, permissions))
    AgencyUserPermission.objects.bulk_create(rows)


_AT_AGENCY = {"executor", "approver", "co_executor", "curator"}


def _routing() -> None:
    agencies = list(Agency.objects.filter(code__startswith="bench-i").order_by("pk"))
    places = list(Territory.objects.order_by("pk")[:5])
    RoutingRule.objects.bulk_create(
        RoutingRule(group=group, territory=place, agency=agencies[(7 * at + n) % len(agencies)])
        for at, group in enumerate(TopicGroup.objects.order_by("pk"))
        for n, place in enumerate([None, *places])
    )
