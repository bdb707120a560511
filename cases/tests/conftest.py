"""What most tests of cases begin with."""

from collections.abc import Callable, Iterator
from datetime import datetime
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, User
from agencies.roles import Role
from tests.acting import NOW
from tests.factories import make_person


@pytest.fixture
def enter(client: Client) -> Callable[..., User]:
    """Sign in as the holder of a role on an agency."""

    def _enter(role: str, agency: Agency) -> User:
        person = make_person(role, agency)
        client.force_login(person)
        return person

    return _enter


@pytest.fixture
def curator(region: dict[str, Agency]) -> User:
    return make_person(Role.CURATOR, region["own"])


@pytest.fixture
def official(region: dict[str, Agency]) -> User:
    return make_person(Role.EXECUTOR, region["own"])


@pytest.fixture
def at() -> Iterator[Callable[[datetime], datetime]]:
    """Sets the clock of the actions; it stands at `NOW` first."""
    moment = [NOW]
    with patch.object(timezone, "now", lambda: moment[0]):

        def to(when: datetime) -> datetime:
            moment[0] = when
            return when

        yield to
