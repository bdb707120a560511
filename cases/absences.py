"""Naming and ending a deputy, with the news of it for the two people."""

from datetime import date
from typing import Any

from django.db import transaction

from agencies import absence
from agencies.models import Deputy, User
from cases import news


def _facts(row: Deputy) -> dict[str, Any]:
    first, last = absence.days_of(row)
    return {
        "person_name": str(row.person),
        "deputy_name": str(row.deputy),
        "from_on": first.isoformat(),
        "until_on": last.isoformat(),
    }


@transaction.atomic
def name(
    person: User, deputy: User, *, actor: User, first: date, last: date, reason: str
) -> Deputy:
    """absence.name_deputy; the deputy hears of it, and the absent one if another said so."""
    row = absence.name_deputy(person, deputy, actor=actor, first=first, last=last, reason=reason)
    key, facts = f"deputy:{row.pk}", _facts(row)
    if deputy.pk != actor.pk:
        news.tell("deputy", key=f"{key}:named", person=deputy, state="named", **facts)
    if person.pk != actor.pk:
        news.tell("deputy", key=f"{key}:given", person=person, state="given", **facts)
    return row


@transaction.atomic
def end(row: Deputy, *, actor: User) -> bool:
    """absence.end_deputy; the one of the two who did not end it hears of it."""
    key, facts = f"deputy:{row.pk}", _facts(row)
    if not absence.end_deputy(row, actor=actor):
        return False
    if row.deputy_id != actor.pk:
        news.tell("deputy", key=f"{key}:ended", person=row.deputy, state="ended", **facts)
    if row.person_id != actor.pk:
        news.tell("deputy", key=f"{key}:gone", person=row.person, state="gone", **facts)
    return True
