"""bench_load: its COPY lines are the rows the models would write; killed, it goes on."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from bench import generate
from bench.making import CHUNK, Writer
from bench.reuse_load import Caps
from bench.sheets import Sheet, written
from cases.models import Case, CaseEvent, Citizen, Reply, ReplyKey, ReplyPrint
from quality.prints import PER_KEY, make_print
from tests import factories

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Ольга", "a\tb\\n\nc\rd", "«\\N»", ""])
def test_a_line_of_copy_is_the_row_a_model_writes(name: str) -> None:
    channel = factories.make_channel()
    by_model = Citizen.objects.create(channel=channel, handle="model", name=name)
    sheet = Sheet(Citizen, "id channel_id handle name")
    sheet.add(written(by_model.pk + 1), written(channel.pk), "sheet", written(name))
    with connection.cursor() as cursor:
        sheet.copy(cursor)
    row, other = (
        Citizen.objects.filter(handle=handle).values().get() for handle in ("sheet", "model")
    )
    del row["id"], row["handle"], other["id"], other["handle"]
    assert row == other


def test_a_load_of_prints_keeps_the_oldest_replies_of_a_key_as_the_trigger_does() -> None:
    dice, caps = random.Random(3), Caps(1 << 8)
    stored: Counter[int] = Counter()
    for _ in range(20):
        keys = [dice.randrange(200) for _ in range(400)]
        kept = []
        for key in keys:
            kept.append(stored[key] < PER_KEY)
            stored[key] += kept[-1]
        assert caps.take(np.array(keys, dtype=np.int32)).tolist() == kept
    assert set(stored.values()) == {PER_KEY}


def _environment() -> dict[str, str]:
    found = connection.settings_dict
    host, port = quote(found["HOST"], safe=""), found["PORT"]
    url = f"postgresql://{found['USER']}:{found['PASSWORD']}@/{found['NAME']}?host={host}"
    url += f"&port={port}" if port else ""
    kept = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "PORTAL_ROLE": "owner"}
    return os.environ | kept | {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_POOL": "0"}


def _start(cases: int) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "bench_load", "--cases", str(cases), "--jobs", "2"]
    return subprocess.Popen(
        command, cwd=ROOT, env=_environment(), start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _chunks_there() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('bench_chunk') is not null")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("select count(*) from bench_chunk")
        return cursor.fetchone()[0]


_CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")


def _indexes() -> set[str]:
    """Indexes and constraints as PostgreSQL tells them, but for casts: made again from its own
    words, `status in (…)` casts each value instead of the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select indexdef from pg_indexes where schemaname = 'public' union all"
            " select conname || pg_get_constraintdef(oid) from pg_constraint"
        )
        return {_CASTS.sub("", row[0]) for row in cursor.fetchall() if "bench_" not in row[0]}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_goes_on_and_ends_with_the_rows_it_was_to_make() -> None:
    cases = generate.BIG  # with it indexes are dropped and made again
    before = _indexes()
    try:
        first = _start(cases)
        deadline = time.monotonic() + 300
        while _chunks_there() < 3:
            assert first.poll() is None, first.stdout and first.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        assert 3 <= _chunks_there() < cases // CHUNK
        assert before - _indexes()
        second = _start(cases)
        told, _ = second.communicate(timeout=900)
        assert second.returncode == 0, told
        assert _indexes() == before
        assert Case.objects.count() == cases
        assert "with a near-copy: " in told
        copied, sample = told.rpartition("with a near-copy: ")[2].split(" of a sample of ")
        assert int(copied) <= int(sample.split()[0]) / 10
        _compare_with_the_plan(cases)
        with pytest.raises(CommandError):
            call_command("bench_load", cases=CHUNK, jobs=1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists bench_load, bench_chunk, bench_dropped")


def _compare_with_the_plan(cases: int) -> None:
    """A chunk made here, in another process, has the words and ids of the one in the database."""
    plan = generate._plan(cases, 1, 1.0)
    assert plan.now < timezone.now()
    writer = Writer(plan)
    writer._make(7, CHUNK)
    rows = [line.split("\t") for line in writer.replies.lines]
    there = dict(Reply.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "text"))
    assert {int(row[0]): row[6] for row in rows} == there
    for pk, text in list(there.items())[:50]:
        stored = ReplyPrint.objects.filter(pk=pk).first()
        made = make_print(text)
        if stored is None:
            assert Reply.objects.get(pk=pk).state == Reply.State.RETURNED
            continue
        assert bytes(stored.sketch) == made.sketch
        assert sorted(stored.keys) == list(made.keys)
        keys = set(ReplyKey.objects.filter(reply_id=pk).values_list("h", flat=True))
        assert keys <= set(made.keys)
        # Of a key only the oldest are kept.
        assert all(
            ReplyKey.objects.filter(h=key).count() == PER_KEY for key in set(made.keys) - keys
        )
    # Nothing a later case, event or number of the portal could run into.
    with transaction.atomic():
        case = factories.make_case("in_work", factories.make_agency())
        assert CaseEvent.objects.create(case=case, move="take").pk
    states = Counter(Case.objects.values_list("status", flat=True))
    assert states["closed"] > 0.8 * cases
    assert min(states[name] for name in ("routed", "in_work", "review", "answered")) > 50
