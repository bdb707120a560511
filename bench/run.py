"""Measure the portal on databases of different sizes, in one command and side by side:

    python -m bench.run URL [URL …] [--note …] [--only WORDS]

URL: a superuser's, of a database of bench_load on this machine (bench/cluster.py prints it);
the portal itself is measured as the application's role. CPU of a request is what the server's
processes and their database connections ran, in multiples of the floor: the two-byte view of
bench/floor on the same server, asked before and after every round. The databases take turns
row by row, so that a busy moment of the machine falls on all of them. A row is asked in rounds
until the middle half of them lies within 10 %, nine at most (then the table says how far apart
they lay). A whole run is appended to docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parent.parent
FEWEST, MOST, WITHIN = 3, 9, 0.10
GROWTH = 1.2  # from the smallest to the next database, at most


@dataclass(slots=True)
class Row:
    """What was measured of one request on one database."""

    rounds: list[dict[str, Any]] = field(default_factory=list)
    queries: int | None = None

    @property
    def times(self) -> list[float]:
        return sorted((one["web"] + one["database"]) / one["floor"] for one in self.rounds)

    @property
    def middle(self) -> float:
        return statistics.median(self.times)

    @property
    def spread(self) -> float:
        """Of the middle half of the rounds, as a share of the middle."""
        quarter = len(self.times) // 4
        kept = self.times[quarter : len(self.times) - quarter]
        return (kept[-1] - kept[0]) / self.middle

    def mean(self, name: str) -> float:
        return statistics.median(one[name] for one in self.rounds)

    def wall(self, share: float) -> float:
        walls = sorted(wall for one in self.rounds for wall in one["walls"])
        return walls[min(len(walls) - 1, int(len(walls) * share))]

    def is_settled(self) -> bool:
        return len(self.rounds) >= MOST or (len(self.rounds) >= FEWEST and self.spread <= WITHIN)


class Measured:
    """A process of bench.measure on one database."""

    def __init__(self, url: str, role: str) -> None:
        env = os.environ | {
            "BENCH_ADMIN_URL": url,
            "DATABASE_URL": as_role(url, role),
            "SECRET_KEY": os.environ.get("SECRET_KEY", "of-the-measurements-" * 3),
            "DEMO": "true",
            "TLS": "false",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.measure"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.described = self._answer()
        self.rows = [Row() for _ in self.described["rows"]]
        self.light = 0

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench.measure ended: see above")
        return json.loads(line)

    def ask(self, do: str, **values: Any) -> Any:
        assert self.process.stdin is not None
        print(json.dumps({"do": do, **values}), file=self.process.stdin, flush=True)
        return self._answer()

    def stop(self) -> None:
        if self.process.poll() is None and self.process.stdin is not None:
            print('{"do": "stop"}', file=self.process.stdin, flush=True)
        self.process.wait(60)


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    # An empty host is kept as postgresql://user@/name.
    return urlunsplit(parts._replace(netloc=f"{role}@{place}"))


def measure(databases: list[Measured], only: str) -> None:
    """Every row on every database, a round each in turn."""
    described = databases[0].described
    for number, row in enumerate(described["rows"]):
        if only not in row["title"]:
            continue
        if number == described["reads"]:
            for one in databases:
                one.light = one.ask("facts")["memory"]
        while not all(one.rows[number].is_settled() for one in databases):
            for one in databases:
                one.rows[number].rounds.append(one.ask("round", row=number))
        for one in databases:
            one.rows[number].queries = one.ask("queries", row=number)
        told = "  ".join(
            f"x{one.rows[number].middle:6.1f} {one.rows[number].mean('web'):6.1f} +"
            f" {one.rows[number].mean('database'):5.1f} ms, q {one.rows[number].queries}"
            for one in databases
        )
        print(f"{row['title']:42} {told}", flush=True)


def _share_of_database(row: Row) -> float:
    return row.mean("database") / (row.mean("web") + row.mean("database"))


def table(one: Measured) -> list[str]:
    lines = [
        "| What | × floor | aim | CPU ms | of it database | queries | aim | p50 ms | p95 ms |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for ask, row in zip(one.described["rows"], one.rows, strict=True):
        if not row.rounds:
            continue
        missed = " **missed**" if ask["aim"] and row.middle > ask["aim"] else ""
        apart = f" ±{row.spread / 2:.0%}" if row.spread > WITHIN else ""
        many = ask["most_queries"] and row.queries and row.queries > ask["most_queries"]
        slow = ask["slowest"] and row.wall(0.95) > ask["slowest"]
        lines.append(
            f"| {ask['title']} | {row.middle:.1f}{apart}{missed} | {ask['aim'] or ''}"
            f" | {row.mean('web') + row.mean('database'):.1f} | {_share_of_database(row):.0%}"
            f" | {'' if row.queries is None else row.queries}{' **missed**' if many else ''}"
            f" | {ask['most_queries'] or ''} | {row.wall(0.5):.0f}"
            f" | {row.wall(0.95):.0f}{' **missed**' if slow else ''} |"
        )
    return lines


def growth(databases: list[Measured], sizes: list[int]) -> list[str]:
    """CPU of each database in multiples of the smallest, the rounds of one row being neighbours."""
    names = " | ".join(f"{size:,}".replace(",", " ") for size in sizes)
    lines = [
        "",
        f"Growth: multiples of the floor by number of cases, and each in those of the first"
        f" (aim {GROWTH}).",
        "",
        f"| What | {names} | {' | '.join('growth' for _ in sizes[1:])} |",
        f"| --- {'| --: ' * (2 * len(sizes) - 1)}|",
    ]
    for number, ask in enumerate(databases[0].described["rows"]):
        rows = [one.rows[number] for one in databases]
        if not all(row.rounds for row in rows):
            continue
        first = rows[0].middle
        grown = [row.middle / first for row in rows[1:]]
        cells = [f"{row.middle:.1f}" for row in rows]
        cells += [f"{times:.2f}{' **missed**' if times > GROWTH else ''}" for times in grown]
        lines.append(f"| {ask['title']} | {' | '.join(cells)} |")
    return lines


def report(databases: list[Measured], note: str, command: str) -> str:
    facts = [one.ask("facts") for one in databases]
    floors = [r["floor"] for one in databases for row in one.rows for r in row.rounds]
    now = datetime.now(ZoneInfo("Europe/Moscow"))
    lines = [
        f"## {now:%d.%m.%Y %H:%M}, `{command}`",
        "",
        f"{platform.machine()}, {os.cpu_count()} cores, load"
        f" {os.getloadavg()[0]:.1f} at the end; Python {facts[0]['python']}; PostgreSQL"
        f" {facts[0]['postgresql']}. Floor {statistics.median(floors):.3f} ms of CPU"
        f" ({min(floors):.3f}–{max(floors):.3f}). {note}".rstrip(),
    ]
    for one, fact in zip(databases, facts, strict=True):
        engine = f", {fact['memory']} MB with the quality engine" if one.light else ""
        lines += [
            "",
            f"### {fact['cases']:,} cases".replace(",", " "),
            "",
            f"{fact['replies']} replies, {fact['gigabytes']:.1f} GB. Web worker:"
            f" {one.light or fact['memory']} MB after the pages{engine}. New database connections:"
            f" {fact['connections']} in {fact['requests']} requests.",
            "",
            *table(one),
        ]
    if len(databases) > 1:
        lines += growth(databases, [fact["cases"] for fact in facts])
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--role", default="portal_app", help="the application's role")
    parser.add_argument("--note", default="")
    parser.add_argument("--only", default="", help="rows whose title contains this; not appended")
    options = parser.parse_args()
    databases: list[Measured] = []
    try:
        databases += [Measured(url, options.role) for url in options.urls]
        measure(databases, options.only)
        command = f"python -m bench.run {'URL ' * len(databases)}".strip()
        text = report(databases, options.note, command)
    finally:
        for one in databases:
            one.stop()
    print(text)
    if not options.only:
        page = ROOT / "docs" / "benchmarks.md"
        page.write_text(page.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main()
