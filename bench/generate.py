# ruff: noqa: SIM905
"""Many cases for measurements: `bench_load --cases N --seed S` writes them here.

A chunk is one transaction of CHUNK cases that lie next to each other in time; its dice come
from seed and chunk number and its ids from its place, so an interrupted load goes on where it
stopped and gives the same rows with any number of processes. What was planned and which chunks
are there stands in bench_load and bench_chunk. Big loads drop secondary indexes and foreign
keys and make them again at the end (their definitions wait in bench_dropped, so this too goes
on after an interruption).
"""

import json
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from bench.ground import lay_ground
from bench.making import CHUNK, CITIZENS, CLOCKS, EVENTS, Plan
from bench.words import vocabulary
from cases.models import Reply
from cases.reuse import FILL_KEYS, Asked, look_up
from quality import Thresholds
from quality.reuse import compare

BIG = 100_000  # from here on indexes are dropped first
SAMPLE = 400  # replies whose copies are looked for
_TABLES = (
    "cases_case cases_message cases_clock cases_reply cases_finding cases_replyprint"
    " cases_replykey cases_caseevent cases_citizen cases_assignment cases_appeal"
).split()
# Kept with ids of chunk and place; the rest of the ids a table has used lie below the first.
_ROOM = {
    "case": ("cases_case", CHUNK),
    "message": ("cases_message", CHUNK),
    "assignment": ("cases_assignment", CHUNK),
    "clock": ("cases_clock", CHUNK * CLOCKS),
    "reply": ("cases_reply", CHUNK),
    "finding": ("cases_finding", CHUNK),
    "event": ("cases_caseevent", CHUNK * EVENTS),
    "citizen": ("cases_citizen", CITIZENS),
}
_DROP = """
select format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
       format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
from pg_constraint
where conrelid::regclass::text = any(%s)
  and (contype in ('f', 'u') or conname = 'cases_replykey_pkey')
union all
select format('drop index %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid::regclass::text = any(%s)
  and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
"""
# The longest first: what is left at the end is short, and no process waits for another.
_LONG = (
    "insert into cases_replykey",
    "cases_replykey",
    "gin",
    "cases_caseevent",
    "cases_message",
    "cases_replyprint",
)


def drop_indexes() -> None:
    """Set the big tables' secondary indexes and foreign keys aside; remembers each.

    And the trigger that puts a print's keys in: they are filled in one go at the end.
    """
    trigger = "alter table cases_replyprint {} trigger cases_replyprint_keys"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("create table if not exists bench_dropped (at serial, remake text)")
        for remake in (FILL_KEYS, trigger.format("enable")):
            cursor.execute("insert into bench_dropped (remake) values (%s)", [remake])
        cursor.execute(trigger.format("disable"))
        cursor.execute(_DROP, [_TABLES, _TABLES])
        for drop, remake in cursor.fetchall():
            cursor.execute("insert into bench_dropped (remake) values (%s)", [remake])
            cursor.execute(drop)


def _remake(at: int, statement: str) -> None:
    """In a connection of its own, for a thread of its own."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local maintenance_work_mem = '768MB'")
            cursor.execute("set local max_parallel_maintenance_workers = 0")
            cursor.execute(statement)
            cursor.execute("delete from bench_dropped where at = %s", [at])
    finally:
        connection.close()


def _in_threads(jobs: int, work: Callable[..., None], rows: list[Any]) -> None:
    with ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(work, *row) for row in rows]:
            future.result()


def _length(statement: str) -> int:
    found = [place for place, word in enumerate(_LONG) if word in statement]
    return min(found, default=len(_LONG))


def remake_indexes(jobs: int, say: Callable[[str], None]) -> None:
    """Make again what was dropped; foreign keys last, as their check reads both sides."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('bench_dropped') is not null")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("select at, remake from bench_dropped order by at")
        rows = cursor.fetchall()
    began = timezone.now()
    keys = [row for row in rows if "FOREIGN KEY" in row[1]]
    rest = sorted((row for row in rows if row not in keys), key=lambda row: _length(row[1]))
    # «add constraint» locks its table alone, an index shares it: constraints one at a time.
    constraints = [row for row in rest if row[1].startswith("alter table")]
    _in_threads(jobs, _remake, [row for row in rest if row not in constraints])
    for row in constraints + keys:
        _remake(*row)
    with connection.cursor() as cursor:
        cursor.execute("drop table bench_dropped")
    say(f"{len(rows)} indexes and foreign keys: {_since(began)} s")


def _vacuum(table: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"vacuum (analyze) {table}")
    finally:
        connection.close()


def _plan(cases: int, seed: int, indexed: float) -> Plan:
    """The plan of this seed: the one kept from an interrupted load, or a new one.

    Takes the ids the load may use out of the sequences at once, so that nothing else gets them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "create table if not exists bench_load (seed int primary key, cases int,"
            " indexed float, now timestamptz, first jsonb)"
        )
        cursor.execute(
            "create table if not exists bench_chunk (seed int, number int,"
            " primary key (seed, number))"
        )
        cursor.execute("select cases, indexed, now, first from bench_load where seed=%s", [seed])
        known = cursor.fetchone()
        if known is not None:
            if (known[0], known[1]) != (cases, indexed):
                raise CommandError(
                    f"Seed {seed} was loaded with --cases {known[0]} --indexed {known[1]}:"
                    " say the same, or take another seed."
                )
            return Plan(cases, seed, indexed, known[2], json.loads(known[3]))
        first = {}
        chunks = (cases + CHUNK - 1) // CHUNK
        for name, (table, room) in _ROOM.items():
            cursor.execute(
                f"select coalesce(max(id), 0),"  # noqa: S608  own names
                f" setval(pg_get_serial_sequence('{table}', 'id'),"
                f" coalesce(max(id), 0) + %s) from {table}",
                [chunks * room],
            )
            first[name] = cursor.fetchone()[0]
        cursor.execute("select nextval('cases_case_number')")
        first["number"] = cursor.fetchone()[0] - 1
        cursor.execute("select setval('cases_case_number', %s)", [first["number"] + cases])
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        cursor.execute(
            "insert into bench_load values (%s, %s, %s, %s, %s)",
            [seed, cases, indexed, now, json.dumps(first)],
        )
    return Plan(cases, seed, indexed, now, first)


def _since(moment: Any) -> int:
    return round((timezone.now() - moment).total_seconds())


def load(*, cases: int, seed: int, indexed: float, jobs: int, say: Callable[[str], None]) -> int:
    """Bring the database to `cases` generated cases; returns how many were new."""
    from bench import work  # noqa: PLC0415  imports this module

    began = timezone.now()
    # Every thread has a connection to itself for minutes: the web's pool is too small for it.
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()
        del connection.settings_dict["OPTIONS"]["pool"]
    lay_ground()
    vocabulary()  # built once, read by every process
    plan = _plan(cases, seed, indexed)
    with connection.cursor() as cursor:
        cursor.execute("select number from bench_chunk where seed = %s", [seed])
        there = {row[0] for row in cursor.fetchall()}
    chunks = [number for number in range((cases + CHUNK - 1) // CHUNK) if number not in there]
    if cases >= BIG and chunks:
        drop_indexes()
    connection.close()
    made = 0
    if chunks:
        say(f"ground and vocabulary: {_since(began)} s; {len(chunks)} chunks to write")
        with ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=work.start, initargs=(plan,)
        ) as pool:
            waiting = [pool.submit(work.write, number) for number in chunks]
            for done, future in enumerate(as_completed(waiting), start=1):
                made += future.result()
                if done % 25 == 0 or done == len(waiting):
                    say(f"{made} cases, {_since(began)} s")
    remake_indexes(jobs, say)
    _in_threads(jobs, _vacuum, [(table,) for table in ("cases_replykey", *_TABLES)])
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    say(f"in all {_since(began)} s")
    return made


def share_of_near_copies(seed: int, size: int = SAMPLE) -> tuple[int, int]:
    """Of a sample of this load's indexed replies: how many `quality` finds copied, and its size.

    Asked as the check of a reply asks: candidates from the index of all replies, then the exact
    comparison. An original counts as well as its copies.
    """
    dice = random.Random(seed)
    with connection.cursor() as cursor:
        cursor.execute("select min(reply_id), max(reply_id) from cases_replyprint")
        low, high = cursor.fetchone()
    found = seen = 0
    for _ in range(size if low is not None else 0):
        reply = (
            Reply.objects.filter(print__pk__gte=dice.randint(low, high))
            .select_related("case")
            .defer("case__search")
            .order_by("print__pk")
            .first()
        )
        assert reply is not None
        (known,) = look_up([Asked(reply.case, reply.text)], Thresholds())
        seen += 1
        told = compare(reply.text, known.earlier, Thresholds(), known.approved, known.formulas)
        found += told.reuse is not None
    return found, seen
