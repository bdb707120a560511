"""Agencies and people of the scenario, in the database of the place."""

from datetime import time
from typing import Any

from agencies.models import Agency, User
from agencies.roles import Role
from notices.models import MailSettings
from tests import factories

PASSWORD = "long enough to pass"
AGENCIES = 4


def make() -> dict[str, Any]:
    """Names of people by role: of the centre, and of each agency."""
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    factories.make_agency("cur", region, kind=Agency.Kind.CENTRE)
    people: dict[str, Any] = {
        role: _person(role, region).username
        for role in (
            Role.OPERATOR, Role.COORDINATOR, Role.QUALITY_SUPERVISOR, Role.HEAD_OFFICE,
            Role.IMPORT_SERVICE,
        )
    }  # fmt: skip
    people["second"] = _person(Role.OPERATOR, region).username
    people["agencies"] = {}
    for number in range(AGENCIES):
        agency = factories.make_agency(f"a{number}", region)
        people["agencies"][agency.code] = {
            "curator": _person(Role.CURATOR, agency).username,
            "executors": [_person(Role.EXECUTOR, agency).username for _ in range(2)],
            "approver": _person(Role.APPROVER, agency).username,
        }
    return people


def _person(role: str, agency: Agency) -> User:
    person = factories.make_person(role, agency)
    person.set_password(PASSWORD)
    person.email = f"{person.username}@example.org"
    person.save(update_fields=["password", "email"])
    # Everything by mail, at once, at any hour: the scenario counts letters.
    MailSettings.objects.create(
        person=person,
        quiet_from=time(0),
        quiet_until=time(0),
        quiet_days_off=False,
        choices=_at_once(),
    )
    return person


def _at_once() -> dict[str, str]:
    from notices.kinds import Delivery, Kind

    return {kind.value: Delivery.NOW.value for kind in Kind}
