"""People and cases as tests of moves take them up; the moment their clock begins at."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Session, User
from cases.models import Case
from tests import factories

MOSCOW = ZoneInfo("Europe/Moscow")
# A Monday noon in Moscow; work ends at six (the fixture `at`).
NOW = datetime(2026, 6, 8, 9, tzinfo=UTC)


def client_of(person: User) -> Client:
    """Signed in for as long as a test may move its clock: the database's own stays."""
    client = Client()
    client.force_login(person)
    Session.objects.update(expire_date=timezone.now() + timedelta(days=3650))
    return client


def signed_in(role: str, agency: Agency) -> Client:
    """As a new holder of the role."""
    return client_of(factories.make_person(role, agency))


def reloaded(case: Case) -> Case:
    """The case as it stands now."""
    return Case.objects.defer("search").get(pk=case.pk)
