"""The search of copies at any size, on the index tables alone.

    eval "$(python -m bench.cluster start /var/tmp/reuse --fast)"
    python -m bench.reuse load --replies 1000000      # goes on where it stopped (SIGTERM stops it)
    python -m bench.reuse measure                     # prints a row for docs/benchmarks.md
    python -m bench.reuse drop

Texts are made from their number (`bench.replies`) wherever one is needed, so only the two
tables lie on the disk, in a schema of their own, with the trigger of the real ones. Times are
CPU of this process and of its database connection by the scheduler's counters, and wall time.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_ROLE", "owner")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402

from bench.replies import Replies  # noqa: E402
from bench.reuse_load import SCHEMA, load  # noqa: E402
from cases import reuse  # noqa: E402
from cases.tasks import BATCH  # noqa: E402
from portal import collector  # noqa: E402
from quality import DEFAULT, edits  # noqa: E402
from quality.masks import masked  # noqa: E402
from quality.prints import make_prints, prints_of  # noqa: E402
from quality.reuse import compare  # noqa: E402

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def _path(sender: Any, connection: Any, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set search_path = {SCHEMA}, public")
        cursor.execute("set synchronous_commit = off")


connection_created.connect(_path)


_COPY = (
    "copy cases_replyprint (reply_id, family, agency_id, sent_on, stems, version, keys, sketch)"
    " from stdin"
)
_COUNTS = reuse.texts_of


def rows_of(replies: Replies, numbers: Sequence[int]) -> Iterator[str]:
    """Lines of COPY for the prints of these replies, whose keys the trigger puts in."""
    made = [replies.made(number) for number in numbers]
    prints = make_prints([text for text, _ in made])
    for number, (_text, family), own in zip(numbers, made, prints, strict=True):
        keys = "{" + ",".join(map(str, own.keys)) + "}"
        yield (
            f"{number + 1}\t{family if family < 0 else -2_000_000_000 + family}"
            f"\t{replies.agency(number)}\t{replies.day(number)}\t{own.stems}\t{own.version}"
            f"\t{keys}\t\\\\x{own.sketch.hex()}\n"
        )


class Clock:
    """CPU of this process and of its database connection, and wall time, in ms."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            self._stat = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def now(self) -> tuple[float, float]:
        backend = int(self._stat.read_text().split()[0]) / 1e6
        return time.process_time() * 1e3 + backend, time.perf_counter() * 1e3


def _quantiles(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.1f} / {ordered[int(0.95 * len(ordered))]:.1f}"


Kind = Callable[[str, random.Random], str]


def _kinds(replies: Replies) -> dict[str, Kind]:
    def edit(share: float) -> Kind:
        return lambda text, dice: edits.edit_words(text, share, dice)

    def half(text: str, dice: random.Random) -> str:
        return edits.half_copied(text, replies.words.reply(dice) * 2, dice)

    return {
        "slots": edits.change_slots,
        "5 %": edit(0.05),
        "10 %": edit(0.1),
        "20 %": edit(0.2),
        "30 %": edit(0.3),
        "40 %": edit(0.4),
        "shuffled": edits.shuffle_sentences,
        "half": half,
    }


class Measure:
    """Queries of one size of the index."""

    def __init__(self, each: int, seed: int) -> None:
        self.replies = Replies()
        self.each, self.dice = each, random.Random(seed)
        with connection.cursor() as cursor:
            cursor.execute("select count(*), max(reply_id) from cases_replyprint")
            self.count, self.last = cursor.fetchone()
        reuse.texts_of = self._texts
        self.case: Any = SimpleNamespace(pk=0, agency_id=1, event_id=None)
        self.clock = Clock()

    def _texts(self, ids: Sequence[int], counted: reuse.Counted = ()) -> dict[int, tuple[Any, ...]]:
        """Texts are made, families are counted by the statement itself."""
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        made = {pk: (self.replies.text(pk - 1), 1, 1, moment, -1) for pk in ids}
        return made | (_COUNTS([], counted) if counted else {})

    def queries(self, kind: Kind) -> Iterator[tuple[str, int, int]]:
        """Edited text, number and family of its source; sources of 20 stems and more."""
        found = 0
        while found < self.each:
            number = self.dice.randrange(self.last)
            text, family = self.replies.made(number)
            text = kind(text, self.dice)
            if prints_of([masked(text)])[0].stems >= DEFAULT.short_stems:
                found += 1
                yield text, number, family

    def recall(self, kind: Kind) -> tuple[float, float]:
        """Share found with any source, and with one of the right family."""
        hits = right = 0
        for text, number, family in self.queries(kind):
            told = self.told(text)
            hits += told is not None
            keys = [int(match.key) - 1 for match in told.sources] if told else []
            right += any(key == number or self.replies.made(key)[1] == family for key in keys)
        return hits / self.each, right / self.each

    def told(self, text: str) -> Any:
        (known,) = reuse.look_up([reuse.Asked(self.case, text)], DEFAULT)
        return compare(text, known.earlier, DEFAULT, (), known.formulas).reuse

    def false_alarms(self) -> int:
        """New texts of 20 stems and more that are called copies."""
        wrong = seen = 0
        while seen < self.each:
            text = self.replies.fresh(self.dice)
            if prints_of([masked(text)])[0].stems >= DEFAULT.short_stems:
                seen += 1
                wrong += self.told(text) is not None
        return wrong

    def times(self, count: int) -> dict[str, list[tuple[float, float]]]:
        """CPU and wall of the steps of a check, half of the texts copies, half new ones."""
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in _STEPS}
        for at in range(count + 20):
            text = self.replies.fresh(self.dice)
            if at % 2:
                number = self.dice.randrange(self.last)
                text = edits.edit_words(self.replies.text(number), 0.1, self.dice)
            if at == 20:  # the first ones bring plans and pages in
                for rows in found.values():
                    rows.clear()
            marks = [self.clock.now()]
            form = masked(text)
            own = prints_of([form], probe=True)
            marks.append(self.clock.now())
            asked = [reuse.Asked(self.case, text)]
            keys = reuse._stored([form], own, DEFAULT)
            voted = reuse.vote_many(own, *reuse._keys(asked, [form], keys, [reuse.Found()]))
            reuse._prints(asked, voted)
            marks.append(self.clock.now())
            (known,) = reuse.look_up(asked, DEFAULT)
            first = self.clock.now()
            told = compare(text, known.earlier, DEFAULT)
            last = self.clock.now()
            for name, start, end in (
                ("mask and keys", marks[0], marks[1]),
                ("index", marks[1], marks[2]),
                ("comparison", first, last),
            ):
                found[name].append((end[0] - start[0], end[1] - start[1]))
            del told
        return found

    def bulk(self, count: int) -> tuple[float, float]:
        """Replies a second of CPU: checked for copies as the worker does, and put in."""
        texts = [
            self.replies.text(self.last + at)
            if at % 2
            else edits.change_slots(self.replies.text(self.dice.randrange(self.last)), self.dice)
            for at in range(count)
        ]
        reuse.texts_of, made = self._cached(), 0.0
        for at in range(0, count, BATCH):
            part = texts[at : at + BATCH]
            for known in reuse.look_up([reuse.Asked(self.case, t) for t in part], DEFAULT):
                for earlier in known.earlier:
                    earlier.text  # noqa: B018  made beforehand: making texts is not measured
        masked.cache_clear()
        start = self.clock.now()[0]
        for at in range(0, count, BATCH):
            part = texts[at : at + BATCH]
            looked = reuse.look_up([reuse.Asked(self.case, text) for text in part], DEFAULT)
            for text, known in zip(part, looked, strict=True):
                compare(text, known.earlier, DEFAULT, (), known.formulas)
        checked = count / (self.clock.now()[0] - start) * 1e3
        reuse.texts_of = self._texts
        numbers = range(self.last, self.last + count)
        lines = "".join(rows_of(self.replies, numbers))
        masked.cache_clear()
        start = self.clock.now()[0]
        make_prints([self.replies.text(number) for number in numbers])
        made = self.clock.now()[0] - start
        masked.cache_clear()
        with transaction.atomic(), connection.cursor() as cursor:
            start = self.clock.now()[0]
            with cursor.copy(_COPY) as copy:
                copy.write(lines.encode())
            put = self.clock.now()[0] - start
            transaction.set_rollback(True)
        return checked, count / (made + put) * 1e3

    def _cached(self) -> Callable[..., dict[int, tuple[Any, ...]]]:
        kept: dict[int, tuple[Any, ...]] = {}

        def texts(ids: Sequence[int], counted: reuse.Counted = ()) -> dict[int, tuple[Any, ...]]:
            kept.update(self._texts([pk for pk in ids if pk not in kept]))
            return {pk: kept[pk] for pk in ids} | _COUNTS([], counted)

        return texts

    def bytes_each(self) -> tuple[float, float]:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_total_relation_size('cases_replyprint'::regclass),"
                " pg_total_relation_size('cases_replykey'::regclass)"
            )
            prints, keys = cursor.fetchone()
            return prints / self.count, keys / self.count


_STEPS = ("mask and keys", "index", "comparison")


def measure(each: int, seed: int) -> None:
    one = Measure(each, seed)
    collector.settle()  # as web and worker do
    prints, keys = one.bytes_each()
    print(f"{one.count} replies; bytes a reply: prints {prints:.0f}, keys {keys:.0f}", flush=True)
    times = one.times(400)
    cells = [f"{one.count:,}", f"{prints + keys:.0f}"]
    for name in _STEPS:
        cpu, wall = zip(*times[name], strict=True)
        print(f"{name}: CPU p50/p95 {_quantiles(cpu)} ms, wall {_quantiles(wall)} ms", flush=True)
        cells += [_quantiles(cpu), _quantiles(wall)]
    checked, put = one.bulk(2000)
    print(f"bulk: {checked:.0f} checked, {put:.0f} put in a second of CPU", flush=True)
    cells += [f"{checked:.0f}", f"{put:.0f}"]
    for name, kind in _kinds(one.replies).items():
        hits, right = one.recall(kind)
        print(f"{name}: found {hits:.3f}, right family {right:.3f}", flush=True)
        cells.append(f"{right:.3f}")
    new = sum(
        compare(
            text, reuse.look_up([reuse.Asked(one.case, text)], DEFAULT)[0].earlier, DEFAULT
        ).reuse
        is not None
        for text in (one.replies.fresh(random.Random(f"new/{at}")) for at in range(each))
        if prints_of([masked(text)])[0].stems >= DEFAULT.short_stems
    )
    print(f"new texts called copies: {new} of {each}", flush=True)
    cells.append(f"{new}/{each}")
    print("| " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.reuse")
    parser.add_argument("what", choices=["load", "measure", "drop"])
    parser.add_argument("--replies", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--each", type=int, default=200, help="queries of a kind")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.what == "load":
        load(options.replies, options.jobs)
    elif options.what == "measure":
        measure(options.each, options.seed)
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"drop schema if exists {SCHEMA} cascade")


if __name__ == "__main__":
    sys.exit(main())
