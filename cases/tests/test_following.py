"""Readers of events: each row once, none left out, whatever order transactions end in."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction

from cases import following
from cases.models import Case, CaseEvent, Position
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _bound_of_this_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server runs other tests at the same time: only transactions of this database count,
    and not those in which it gathers statistics by itself.

    The real bound is tried by the fault test, which has a server to itself.
    """
    monkeypatch.setattr(
        following,
        "_BOUND",
        "and tx::text::bigint < (select coalesce(min(backend_xid::text::bigint), 2^62)"
        " from pg_stat_activity where datname = current_database() and backend_xid is not null"
        " and backend_type = 'client backend' and pid <> pg_backend_pid())",
    )


@pytest.fixture
def case() -> Case:
    return factories.make_case()


def write(case: Case, *names: str) -> list[int]:
    return [CaseEvent.objects.create(case=case, move=name).pk for name in names]


def read(reader: str = "somebody", limit: int = 100) -> list[int]:
    with following.unread(reader, CaseEvent, limit=limit) as ids:
        return ids


class Writer:
    """A transaction of its own that stays open until it is told to end."""

    def __init__(self, case: Case, name: str) -> None:
        self.case, self.name = case, name
        self.written, self.end = threading.Event(), threading.Event()
        self.keep = True
        self.pk = 0
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.written.wait(20)

    def _run(self) -> None:
        try:
            with transaction.atomic():
                (self.pk,) = write(self.case, self.name)
                self.written.set()
                self.end.wait(20)
                transaction.set_rollback(not self.keep)
        finally:
            connections.close_all()

    def finish(self, *, keep: bool = True) -> None:
        self.keep = keep
        self.end.set()
        self.thread.join(20)


def test_what_is_written_is_read_once(case: Case) -> None:
    following.skip("somebody", CaseEvent)
    assert read() == []
    new = write(case, "new")
    assert read() == new
    assert read() == []


def test_a_slow_transaction_holds_back_and_loses_nothing(case: Case) -> None:
    read()
    slow = Writer(case, "slow")
    quick = write(case, "quick")
    assert slow.pk < quick[0]
    # Were the quick one read now, the place would lie behind the slow one for ever.
    assert read() == []
    assert not following.waiting("somebody", CaseEvent)
    slow.finish()
    assert following.waiting("somebody", CaseEvent)
    assert read() == [slow.pk, *quick]
    assert read() == []


def test_a_transaction_taken_back_leaves_no_gap(case: Case) -> None:
    read()
    slow = Writer(case, "slow")
    quick = write(case, "quick")
    slow.finish(keep=False)
    assert read() == quick


def test_the_place_moves_with_the_readers_own_transaction(case: Case) -> None:
    read()
    new = write(case, "new")

    def fail() -> None:
        with following.unread("somebody", CaseEvent, limit=9) as ids:
            assert ids == new
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert read() == new


def test_pages_and_readers_are_independent(case: Case) -> None:
    read()
    read("another")
    new = write(case, "one", "two", "three")
    assert read(limit=2) == new[:2]
    assert read(limit=2) == new[2:]
    assert read("another") == new


def test_skipping_counts_also_what_this_transaction_wrote(case: Case) -> None:
    read()
    with transaction.atomic():
        write(case, "history")
        following.skip("somebody", CaseEvent)
    assert read() == []
    new = write(case, "new")
    assert read() == new


@pytest.fixture
def restored(case: Case) -> Iterator[list[int]]:
    """Unread and read rows as a dump of a server with many more transactions would bring them."""
    read()
    known = write(case, "read before the dump")
    read()
    unread = write(case, "unread at the dump")
    with connection.cursor() as cursor:
        cursor.execute(
            "update cases_caseevent set tx = (tx::text::bigint + 1000000000)::text::xid8"
        )
        cursor.execute("update cases_position set tx = (tx::text::bigint + 1000000000)::text::xid8")
    assert known != unread
    yield unread
    Position.objects.all().delete()


def test_after_a_restore_the_unread_are_read_and_then_the_new_ones(
    case: Case, restored: list[int]
) -> None:
    new = write(case, "after the restore")
    assert following.waiting("somebody", CaseEvent)
    assert read() == restored
    got = read() + read()
    assert got == new
    assert read() == []
    later = write(case, "later")
    assert read() == later
