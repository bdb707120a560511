"""Django's PostgreSQL backend with a cheaper look at pooled connections and planned statements.

Named in DATABASES["default"]["ENGINE"]; a subclass, as Django documents backends to be extended.
"""

import select
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.backends.utils import CursorWrapper
from psycopg._queries import PostgresQuery, _query2pg_nocache
from psycopg_pool import ConnectionPool

if not is_psycopg3:
    raise ImportError("the portal needs psycopg 3")


class _PlannedQuery(PostgresQuery):
    """A statement asked again and again is read once, however long it is.

    psycopg remembers what it has read of short ones only; of the page of a case and of a new
    message it read twenty kilobytes each time, a tenth of the processor's time of the latter.
    """

    __slots__ = ()

    def convert(self, query: Any, vars: Any) -> None:  # noqa: A002  psycopg's name
        if vars is None:
            super().convert(query, vars)
            return
        read = _read(self._ensure_bytes(query), self._tx.encoding)
        self.query, self._want_formats, self._order, self._parts = read
        self.dump(vars)


_read = lru_cache(maxsize=500)(_query2pg_nocache)


class PlannedCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Values travel apart from the statement, whose plan the server keeps for this connection.

    Rows come in binary form: Django reads moments from text in Python, three times as slowly.
    """

    plans = True
    _query_cls = _PlannedQuery

    def execute(self, query: Any, params: Any = None, **_: Any) -> "PlannedCursor":
        return super().execute(query, params, prepare=self.plans, binary=True)


def look_alive(connection: psycopg.Connection[Any]) -> None:
    """Ask a pooled connection for a sign of life only when something has happened to it.

    A server that stopped, or ended this session, has closed the socket: there is something to
    read on a connection nobody uses. One system call instead of a round trip for each request.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """For logs and counts of queries: a planned statement is shown without its values."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    # Django's own attributes, which the stubs do not know.
    _connection_pools: dict[str, ConnectionPool[Any]]
    _configure_connection: Callable[[Any], None]
    _prepare_cursor: Callable[[Any], CursorWrapper]

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """Django's own pool but for `check`, which it does not let settings choose."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        pools = self._connection_pools
        if self.alias not in pools:
            made: ConnectionPool[Any] = ConnectionPool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                open=False,
                configure=self._configure_connection,
                check=look_alive,
                **options,
            )
            pools.setdefault(self.alias, made)
        return pools[self.alias]

    def get_connection_params(self) -> dict[str, Any]:
        # None switches plans off for PlannedCursor too; no other cursor reaches this number.
        params: dict[str, Any] = super().get_connection_params()
        params["prepare_threshold"] = sys.maxsize
        if self.settings_dict.get("PLANS", True):
            # One plan for all values from the first time on. Left to itself the server plans the
            # first five anew on each connection, and those of arrays for ever.
            mode = "-c plan_cache_mode=force_generic_plan"
            params["options"] = f"{params.get('options', '')} {mode}".strip()
        return params

    def planned(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """Rows of a statement asked again and again: parsed and planned once a connection.

        For reads by key. A plan kept for all values must not serve lists, whose best index
        depends on the values. With DATABASE_PLANS=false (an old pgbouncer in transaction mode)
        it is planned each time.
        """
        self.ensure_connection()
        planned = PlannedCursor(self.connection)
        planned.plans = self.settings_dict.get("PLANS", True)
        rows: list[tuple[Any, ...]]
        if self.queries_logged or self.execute_wrappers:
            with self._prepare_cursor(planned) as cursor:
                cursor.execute(sql, params)
                rows = cursor.fetchall()
            return rows
        # What Django's cursor checks, without the cursor: its layers were a third of a statement.
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            rows = planned.execute(sql, params).fetchall()
        return rows
