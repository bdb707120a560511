"""Two who change the tree of agencies at once, on two real connections.

Neither sees what the other has not committed: the second must wait, or the pairs say afterwards
what the tree was before the first. An agency put below another waits for the lock of the tree;
moves would also wait for the lock on facts.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from agencies.models import Agency
from cases.workflow import Status
from reports import branches, keeping
from reports.models import Branch
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

_IS_BLOCKED = "select cardinality(pg_blocking_pids(%s)) > 0"


@pytest.fixture
def tree() -> dict[str, Agency]:
    """region > own > middle; other beside own, with alone below it; a counted case in middle."""
    factories.load_reference()
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    own, other = (factories.make_agency(code, region) for code in ("own", "other"))
    middle = factories.make_agency("middle", own)
    alone = factories.make_agency("alone", other)
    factories.make_case(Status.CLOSED, agency=middle)
    keeping.catch_up()
    return {"own": own, "other": other, "middle": middle, "alone": alone}


@contextmanager
def _meanwhile(change: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Start `change` when asked and come back once it waits for somebody, or is through."""
    pids: list[int] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("select pg_backend_pid()")
                    pids.append(cursor.fetchone()[0])
                change()
        except Exception as error:  # noqa: BLE001  a deadlock is an outcome too
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)

    def start() -> None:
        thread.start()
        deadline = time.monotonic() + 20
        with connection.cursor() as cursor:
            while thread.is_alive():
                assert time.monotonic() < deadline, "neither waits nor ends"
                if pids:
                    cursor.execute(_IS_BLOCKED, pids)
                    if cursor.fetchone() == (True,):
                        return
                time.sleep(0.01)

    yield start
    thread.join(20)
    assert not thread.is_alive()
    assert errors == []


def _at_once(first: Callable[[], object], second: Callable[[], object]) -> None:
    """The second begins when the first has changed the tree and not yet committed it."""
    with _meanwhile(second) as start, transaction.atomic():
        first()
        start()


def _move(agency: Agency, to: Agency) -> Callable[[], object]:
    return lambda: Agency.objects.filter(pk=agency.pk).update(parent=to)


def _above(agency: Agency) -> set[str]:
    above = Branch.objects.filter(agency_id=agency.pk).values("above_id")
    return set(Agency.objects.filter(pk__in=above).values_list("code", flat=True))


def _nothing_differs() -> None:
    assert branches.differences() == 0
    found = keeping.verify()
    assert (found.facts, found.counters) == ([], {})


@pytest.mark.parametrize("moved_first", [True, False])
def test_an_agency_put_below_one_that_is_being_moved(
    moved_first: bool, tree: dict[str, Agency]
) -> None:
    acts = [
        _move(tree["middle"], tree["other"]),
        lambda: factories.make_agency("new", Agency.objects.get(code="middle")),
    ]
    _at_once(*(acts if moved_first else reversed(acts)))
    assert _above(Agency.objects.get(code="new")) == {"middle", "other"}
    assert _above(tree["middle"]) == {"other"}
    _nothing_differs()


@pytest.mark.parametrize("upper_first", [True, False])
def test_two_moves_of_which_one_ends_below_the_other(
    upper_first: bool, tree: dict[str, Agency]
) -> None:
    acts = [_move(tree["middle"], tree["other"]), _move(tree["alone"], tree["middle"])]
    _at_once(*(acts if upper_first else reversed(acts)))
    assert _above(tree["alone"]) == {"middle", "other"}
    assert _above(tree["middle"]) == {"other"}
    _nothing_differs()
