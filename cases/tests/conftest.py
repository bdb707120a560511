"""What most tests of cases begin with."""

from collections.abc import Callable

import pytest
from django.test import Client

from agencies.models import Agency, User
from tests import factories


@pytest.fixture
def region() -> dict[str, Agency]:
    factories.load_reference()
    return factories.make_region()


@pytest.fixture
def enter(client: Client) -> Callable[..., User]:
    """Sign in as the holder of a role on an agency."""

    def _enter(role: str, agency: Agency) -> User:
        person = factories.make_person(role, agency)
        client.force_login(person)
        return person

    return _enter
