"""What is made ready while the server takes rows asks the database nothing."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from agencies.models import Agency
from intake.ahead import Ahead, Beside
from intake.refs import Asks
from tests import factories

pytestmark = pytest.mark.django_db


def test_only_the_writing_thread_uses_the_connection() -> None:
    factories.make_agency("one")
    found: list[Any] = []

    class Curious:
        def work(self, done: Callable[[], bool]) -> None:
            with pytest.raises(Asks):
                Agency.objects.count()

    with Beside(cast(Ahead, Curious())) as beside:
        beside(lambda: found.append(Agency.objects.count()))
    assert found == [1]
    assert Agency.objects.count() == 1  # and afterwards it is everybody's again


def test_what_breaks_the_writing_is_raised_here() -> None:
    class Idle:
        def work(self, done: Callable[[], bool]) -> None:
            pass

    def broken() -> None:
        raise ValueError("no")

    with Beside(cast(Ahead, Idle())) as beside, pytest.raises(ValueError, match="no"):
        beside(broken)
