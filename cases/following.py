"""Reading rows in the order of their commits, each once, none left out.

A row's `id` says nothing of when it became visible: a slow transaction commits smaller ids
later. Its `tx` does: below the oldest transaction that still runs, nothing can appear any more
(PostgreSQL manual, 9.27: pg_snapshot_xmin). So a reader takes rows with `tx` below that, in the
order (tx, id), and keeps its place in the transaction of what it makes of them. The price: a
transaction that writes for a minute delays all readers by that minute. Reading alone (a dump, a
report) delays nobody.

After a restore from a dump the rows carry numbers of the old server, higher than those the new
one gives. A place ahead of the server's own numbers says so: what was unread is read out, and
from then on only rows above the highest restored id count.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction

from cases.models import Position

_LAST = 2**62
_UNREAD = """
select id, tx::text from {table}
where tx is not null and (tx, id) > (%s::xid8, %s) and id > %s {bound}
order by tx, id limit %s
"""
_BOUND = "and tx < pg_snapshot_xmin(pg_current_snapshot())"
_WAITING = """
select not exists (select 1 from cases_position where reader = %s and source = %s)
    or exists (
        select 1 from cases_position p where p.reader = %s and p.source = %s
            and (p.tx > pg_snapshot_xmax(pg_current_snapshot()) or exists (
                select 1 from {table} r
                where r.tx is not null and (r.tx, r.id) > (p.tx, p.row_id) and r.id > p.floor_id
                {bound}
            ))
    )
"""


def waiting(reader: str, model: type[models.Model]) -> bool:
    """Whether there is anything to read: one statement, nothing locked."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(_WAITING.format(table=table, bound=_BOUND), [reader, table, reader, table])
        return bool(cursor.fetchone()[0])


@contextmanager
def unread(reader: str, model: type[models.Model], *, limit: int) -> Iterator[list[int]]:
    """Ids of the next rows; they are read when the block ends without an error.

    One reader at a time: another one waits for the transaction of this block. A reader that
    asks for the first time begins with what is written from now on.
    """
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        tx, row_id, floor_id, foreign = _place(reader, table)
        cursor.execute(
            _UNREAD.format(table=table, bound="" if foreign else _BOUND),
            [tx, row_id, floor_id, limit],
        )
        rows = cursor.fetchall()
        yield [row[0] for row in rows]
        if rows:
            _move(reader, table, tx=rows[-1][1], row_id=rows[-1][0])
        elif foreign:
            _come_home(reader, table)


def _place(reader: str, table: str) -> tuple[str, int, int, bool]:
    """The reader's locked place, and whether it is one of another server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into cases_position (reader, source, tx, row_id, floor_id)"
            " select %s, %s, pg_snapshot_xmin(pg_current_snapshot()), 0, 0"
            " where not exists (select 1 from cases_position where reader = %s and source = %s)"
            " on conflict do nothing",
            [reader, table, reader, table],
        )
        cursor.execute(
            "select tx::text, row_id, floor_id, tx > pg_snapshot_xmax(pg_current_snapshot())"
            " from cases_position where reader = %s and source = %s for update",
            [reader, table],
        )
        found: tuple[str, int, int, bool] = cursor.fetchone()
    return found


def _move(reader: str, table: str, *, tx: str, row_id: int) -> None:
    Position.objects.filter(reader=reader, source=table).update(tx=tx, row_id=row_id)


def _come_home(reader: str, table: str) -> None:
    """All rows of the old server are read: go on with those this server writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select coalesce(max(id), 0) from {table}"  # noqa: S608  a model's own table
            " where tx > pg_snapshot_xmax(pg_current_snapshot())"
        )
        floor = cursor.fetchone()[0]
    Position.objects.filter(reader=reader, source=table).update(tx="0", row_id=0, floor_id=floor)


def begin(reader: str, model: type[models.Model]) -> None:
    """Put the reader at what everybody sees by now, for one who then looks at all of it himself.

    A transaction that still runs is read when it ends, whatever it wrote before.
    """
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        _place(reader, table)
        _come_home(reader, table)
        cursor.execute(
            "update cases_position set tx = pg_snapshot_xmin(pg_current_snapshot()), row_id = 0"
            " where reader = %s and source = %s",
            [reader, table],
        )


def skip(reader: str, model: type[models.Model]) -> None:
    """Count everything written so far as read, this transaction's rows included."""
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        _place(reader, table)
        cursor.execute(
            "update cases_position set tx = pg_current_xact_id(), row_id = %s"
            " where reader = %s and source = %s",
            [_LAST, reader, table],
        )
