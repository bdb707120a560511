"""What stands in the tables people's actions may change, and whether it still does.

Hashing the rows of forty tables after each of some thousand requests took most of the access
test's time. PostgreSQL counts what a transaction writes anyway: rows are hashed again only
after something was written since the last look (undone writes are counted too).
"""

from collections.abc import Iterator, Mapping
from functools import cache

from django.apps import apps
from django.db import connection

WATCHED = ("cases", "agencies", "intake", "notices", "reports", "authtoken", "procrastinate")


@cache
def _tables() -> list[str]:
    have = set(connection.introspection.table_names())
    wanted = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in WATCHED and model._meta.managed
    }
    return sorted(wanted & have)


class Snapshot(Mapping[str, tuple[int, str]]):
    """Table -> (rows, hash of all rows); the moment of a person's last sign-in is no change."""

    def __init__(self) -> None:
        self._rows = _hashes()
        self._written = _written()

    def __getitem__(self, table: str) -> tuple[int, str]:
        return self._rows[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def changed(self) -> list[str]:
        written = _written()
        if written == self._written:
            return []
        self._written = written
        return [table for table, now in _hashes().items() if self._rows.get(table) != now]


def snapshot() -> Snapshot:
    return Snapshot()


def changed(before: Snapshot) -> list[str]:
    """Tables whose rows differ from `before`; both inside one outer transaction."""
    return before.changed()


def _written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables"
            " where schemaname = 'public'"
        )
        counted = dict(cursor.fetchall())
    return {table: counted.get(table, 0) for table in _tables()}


def _hashes() -> dict[str, tuple[int, str]]:
    parts = " union all ".join(
        f"select '{table}', count(*), md5(coalesce(string_agg(md5(t::text), '' order by t::text),"
        f" '')) from {_source(table)} t"
        for table in _tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(parts)
        return {table: (rows, digest) for table, rows, digest in cursor.fetchall()}


def _source(table: str) -> str:
    if table == "agencies_user":
        return "(select to_jsonb(u) - 'last_login' as row from agencies_user u)"
    return f'"{table}"'
