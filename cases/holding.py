"""One process at a thing at a time: a lock of the database session, let go of by dying."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

# First keys of the locks that say "a process is at this".
BATCH = 0x1A7C
EXPORT = 0x1A7D
SNAPSHOT = 0x1A7E


@contextmanager
def held(kind: int, pk: int) -> Iterator[bool]:
    """Whether the thing is ours until the end of the block; no other process then has it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [kind, pk])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [kind, pk])


def is_lost(kind: int, pk: int) -> bool:
    """Whether the session that took the thing is gone and the lock with it.

    How an error looks does not tell: the server's last words may come before the closed socket
    is noticed, and Django may have connected anew meanwhile.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select not exists(select from pg_locks where locktype = 'advisory' and granted"
                " and pid = pg_backend_pid() and classid = %s and objid = %s)",
                [kind, pk],
            )
            return bool(cursor.fetchone()[0])
    except (OperationalError, InterfaceError):
        return True


def is_held(kind: int, pk: int) -> bool:
    """Whether a process works on the thing now, without taking the lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
            " and classid = %s and objid = %s)",
            [kind, pk],
        )
        return bool(cursor.fetchone()[0])
