"""Filling the tables of `bench.reuse`: what the trigger keeps, without its probe for each key.

Processes make texts and prints; this one counts how many replies of each key are stored (a byte
a key: 4 GB) and copies both tables in the order of the replies. Indexes and trigger are dropped
first and made at the end, so a load that was stopped goes on, and one that ended grows on.
"""

import shutil
import signal
import struct
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from bench.replies import Replies
from quality.masks import PRINT_VERSION
from quality.prints import PER_KEY, make_prints

SCHEMA = "bench_reuse"
CHUNK = 2000
_TABLES = ("cases_replyprint", "cases_replykey")
_LEAST_DISK = 12 << 30
_EPOCH = date(2000, 1, 1)  # PostgreSQL counts days from here
_COPY_PRINTS = (
    "copy cases_replyprint (reply_id, family, agency_id, sent_on, stems, version, keys, sketch)"
    " from stdin (format binary)"
)
_COPY_KEYS = "copy cases_replykey (h, reply_id) from stdin (format binary)"
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_FIXED = struct.Struct(">h iq ii ii ii ih ih")
_ARRAY = struct.Struct(">i iii ii")
_EMPTY = struct.Struct(">i iii")
_LENGTH = struct.Struct(">i")
_INT4 = 23  # oid
_KEY_ROW = np.dtype(
    [("fields", ">i2"), ("a", ">i4"), ("h", ">i4"), ("b", ">i4"), ("reply_id", ">i4")]
)
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i4")])
Column = np.ndarray[Any, Any]


@dataclass(slots=True)
class Batch:
    """Prints of replies that follow each other, from `first` on; `keys` of all in one array."""

    first: int
    rows: list[tuple[int, int, int, int, bytes]]  # family, agency, day, stems, sketch
    keys: Column
    sizes: Column


_replies: list[Replies] = []


def _start() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the parent ends it when a chunk is done
    _replies.append(Replies())


def make(chunk: int, until: int) -> Batch:
    """The prints of a chunk; texts are made from their number."""
    replies = _replies[0]
    numbers = range(chunk * CHUNK, min((chunk + 1) * CHUNK, until))
    made = [replies.made(number) for number in numbers]
    prints = make_prints([text for text, _ in made])
    rows = [
        (
            family if family < 0 else -2_000_000_000 + family,
            replies.agency(number),
            (replies.day(number) - _EPOCH).days,
            own.stems,
            own.sketch,
        )
        for number, (_, family), own in zip(numbers, made, prints, strict=True)
    ]
    keys = np.array([key for own in prints for key in own.keys], dtype=np.int32)
    sizes = np.array([len(own.keys) for own in prints], dtype=np.int64)
    return Batch(numbers.start, rows, keys, sizes)


class Caps:
    """How many replies of each key are stored: the oldest `PER_KEY`, as the trigger counts."""

    def __init__(self, size: int = 1 << 32) -> None:
        self._stored = np.zeros(size, dtype=np.uint8)

    def take(self, keys: Column) -> Column:
        """Which of these are to be stored, given in the order of their replies."""
        if not len(keys):
            return np.zeros(0, dtype=bool)
        order = np.argsort(keys, kind="stable")
        ordered = keys[order].view(np.uint32)
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        sizes = np.diff(np.r_[starts, len(ordered)])
        before = np.arange(len(ordered)) - np.repeat(starts, sizes)
        kept = before + self._stored[ordered] < PER_KEY
        self._stored[ordered[starts]] += np.add.reduceat(kept, starts, dtype=np.uint8)
        flags = np.empty(len(keys), dtype=bool)
        flags[order] = kept
        return flags

    def read(self) -> None:
        """Count what is stored."""
        statement = "copy (select keys from cases_replyprint) to stdout (format binary)"
        with connection.cursor() as cursor, cursor.copy(statement) as rows:
            for keys in _arrays(rows):
                np.add.at(self._stored, keys, 1)


def _arrays(rows: Any) -> Iterator[Column]:
    """Elements of many one-column rows of arrays at once, out of their binary form."""
    parts: list[bytes] = []
    for block in rows:
        row = bytes(block).removeprefix(_HEADER)
        parts.append(row[26:])  # behind the row's and the array's head; nothing of an empty one
        if len(parts) == 20_000:
            yield np.frombuffer(b"".join(parts), dtype=_ELEMENT)["value"].astype("<i4").view("<u4")
            parts.clear()
    yield np.frombuffer(b"".join(parts), dtype=_ELEMENT)["value"].astype("<i4").view("<u4")


def rows_of(batch: Batch, kept: Column) -> tuple[bytes, bytes]:
    """Both tables' rows for COPY in binary form."""
    ends = np.cumsum(batch.sizes)
    sums = np.r_[0, np.cumsum(kept)]
    bounds = sums[np.r_[0, ends]].tolist()
    keys = batch.keys[kept]
    elements = np.empty(len(keys), dtype=_ELEMENT)
    elements["length"], elements["value"] = 4, keys
    packed = elements.tobytes()
    pieces = [_HEADER]
    for at, (family, agency, day, stems, sketch) in enumerate(batch.rows):
        start, end = bounds[at], bounds[at + 1]
        count, number = end - start, batch.first + at + 1
        pieces.append(
            _FIXED.pack(8, 8, number, 4, family, 4, agency, 4, day, 2, stems, 2, PRINT_VERSION)
        )
        if count:
            pieces.append(_ARRAY.pack(20 + 8 * count, 1, 0, _INT4, count, 1))
            pieces.append(packed[8 * start : 8 * end])
        else:
            pieces.append(_EMPTY.pack(12, 0, 0, _INT4))
        pieces += (_LENGTH.pack(len(sketch)), sketch)
    pieces.append(_TRAILER)
    rows = np.empty(len(keys), dtype=_KEY_ROW)
    rows["fields"], rows["a"], rows["h"], rows["b"] = 2, 4, keys, 4
    numbers = np.repeat(np.arange(len(batch.rows)) + batch.first + 1, np.diff(bounds))
    rows["reply_id"] = numbers
    return b"".join(pieces), _HEADER + rows.tobytes() + _TRAILER


def prepare() -> None:
    """Empty tables like the real ones, in a schema of their own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute("select to_regclass(%s)", [f"{SCHEMA}.loaded"])
        if cursor.fetchone()[0]:
            return
        for table in _TABLES:
            # `index` makes the indexes; what is only copied in needs no vacuum on the way.
            cursor.execute(
                f"create table {SCHEMA}.{table} (like public.{table} including all"
                " excluding indexes) with (autovacuum_enabled = off)"
            )
        cursor.execute(f"create table {SCHEMA}.loaded (chunk int primary key)")


def _indexes(schema: str) -> dict[str, str]:
    """Definitions of the tables' indexes by their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select indexname, indexdef from pg_indexes where schemaname = %s"
            " and tablename = any(%s)",
            [schema, list(_TABLES)],
        )
        return dict(cursor.fetchall())


def bare() -> None:
    """Without indexes and trigger."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"drop trigger if exists keys on {SCHEMA}.cases_replyprint")
        for table in _TABLES:
            cursor.execute(
                "select conname from pg_constraint where contype = 'p' and conrelid = %s::regclass",
                [f"{SCHEMA}.{table}"],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'alter table {SCHEMA}.{table} drop constraint "{name}"')
        for name in _indexes(SCHEMA):
            cursor.execute(f'drop index {SCHEMA}."{name}"')


def index() -> None:
    """Indexes as the real tables have them, the trigger, statistics."""
    there = _indexes(SCHEMA)
    with connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '1GB'")
        for name, made in _indexes("public").items():
            if name not in there:
                cursor.execute(made.replace(" ON public.", f" ON {SCHEMA}."))
        cursor.execute(f"drop trigger if exists keys on {SCHEMA}.cases_replyprint")
        cursor.execute(
            "create trigger keys before insert or delete or update of keys on"
            f" {SCHEMA}.cases_replyprint for each row execute function cases_replyprint_keys()"
        )
        for table in _TABLES:
            cursor.execute(f"vacuum (analyze) {SCHEMA}.{table}")


def _write(batch: Batch, caps: Caps) -> None:
    prints, keys = rows_of(batch, caps.take(batch.keys))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("insert into loaded values (%s)", [batch.first // CHUNK])
        for statement, rows in ((_COPY_PRINTS, prints), (_COPY_KEYS, keys)):
            with cursor.copy(statement) as copy:
                copy.write(rows)


def _batches(chunks: Sequence[int], total: int, jobs: int, stop: list[int]) -> Iterator[Batch]:
    """Batches in order, made by processes that are a few ahead."""
    waiting: deque[Future[Batch]] = deque()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start) as pool:
        for chunk in chunks:
            if stop:
                break
            waiting.append(pool.submit(make, chunk, total))
            if len(waiting) > 2 * jobs + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def load(total: int, jobs: int) -> None:
    """Fill the tables up to `total`; ended by SIGTERM the indexes of what is there are made."""
    stop: list[int] = []
    prepare()
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(chunk) + 1, 0) from loaded")
        first = cursor.fetchone()[0]
    Replies()  # the vocabulary is made once, read by every process
    chunks = range(first, (total + CHUNK - 1) // CHUNK)
    if chunks:
        bare()
        caps = Caps()
        caps.read()
        signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
        began, made = time.monotonic(), 0
        for batch in _batches(chunks, total, jobs, stop):
            _write(batch, caps)
            made += len(batch.rows)
            if made % 50_000 < CHUNK:
                rate = made / (time.monotonic() - began)
                at = batch.first + len(batch.rows)
                print(f"{datetime.now(UTC):%H:%M:%S} {at} there, {rate:.0f}/s", flush=True)
                if shutil.disk_usage(settings.DATA_DIR).free < _LEAST_DISK and not stop:
                    print("stopped: the disk is nearly full", flush=True)
                    stop.append(0)
        del caps
    print(f"{datetime.now(UTC):%H:%M:%S} making the indexes", flush=True)
    index()
    print(f"{datetime.now(UTC):%H:%M:%S} done", flush=True)
