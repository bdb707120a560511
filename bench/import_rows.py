"""How fast a file becomes cases: `python -m bench.import_rows [--rows N] [--layout L] …`.

Writes an invented file that names agencies, topics and municipalities of the bench region, imports
it with `manage.py import_messages` in a process of its own, imports it again (nothing changes),
and prints rows a second by the clock and by processor time. Beside it, in the same run, the same
cells go by COPY into a plain table of text columns: what PostgreSQL alone needs to take them.

Needs a database of `bench_load` in DATABASE_URL (the application's role) and DATABASE_OWNER_URL,
on this machine: the server's processor time is read from /proc.
"""

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
import django  # noqa: E402

django.setup()

import psycopg  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from agencies.models import Agency  # noqa: E402
from bench.make_export import World, write  # noqa: E402
from bench.server import ROOT, children_of, cpu_of  # noqa: E402
from cases.models import Case, CaseEvent, Clock, Message, Reply, Territory, Topic  # noqa: E402
from intake.models import ImportBatch  # noqa: E402

_TICK = os.sysconf("SC_CLK_TCK")
_WRITTEN = (Message, Case, Clock, Reply, CaseEvent)


@dataclass(slots=True)
class Figure:
    title: str
    rows: int
    seconds: float
    client: float
    server: float

    def line(self) -> str:
        cpu = self.client + self.server
        return (
            f"| {self.title} | {self.rows / self.seconds:,.0f} | {self.rows / cpu:,.0f}"
            f" | {self.client / self.rows * 1000:.2f} | {self.server / self.rows * 1000:.2f}"
            f" | {self.seconds:.1f} |"
        ).replace(",", " ")


class ServerClock:
    """Processor time of a whole PostgreSQL: its living processes and those that have ended."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            backend = cursor.fetchone()[0]
        self.postmaster = int(_stat(backend)[1])

    def seconds(self) -> float:
        ended = sum(int(word) for word in _stat(self.postmaster)[13:15]) / _TICK
        living = sum(map(cpu_of, children_of(self.postmaster))) / 1e9
        return ended + living


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _world(first: int) -> World:
    centre = Agency.objects.filter(kind=Agency.Kind.CENTRE).first()
    region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
    assert region is not None, "no region: run bench_load first"
    if centre is None:  # whose calendar the moderation term follows
        Agency.objects.create(
            code="bench-centre",
            name="Центр управления регионом",
            short_name="ЦУР",
            kind=Agency.Kind.CENTRE,
            parent=region,
            calendar=region.calendar,
        )
    return World(
        places=list(Territory.objects.order_by("pk").values_list("name", "name")),
        topics=list(Topic.objects.order_by("pk").values_list("group__name", "name")),
        agencies=list(Agency.objects.filter(kind="institution").values_list("name", flat=True)),
        first=first,
    )


def _import(path: Path, title: str, rows: int, server: ServerClock) -> tuple[Figure, dict]:
    command = [sys.executable, "manage.py", "import_messages", str(path), "--json"]
    used, spent = resource.getrusage(resource.RUSAGE_CHILDREN), server.seconds()
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    seconds = time.perf_counter() - began
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    result = json.loads(done.stdout.splitlines()[-1])
    return Figure(title, rows, seconds, client, server.seconds() - spent), result


def _reference(path: Path, rows: int, server: ServerClock) -> Figure:
    """COPY of the same cells into a table of text columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter=";")
        header = next(lines)
        columns = ", ".join(f"c{n} text" for n in range(len(header)))
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("drop table if exists bench_import_rows")
            owner.execute(f"create table bench_import_rows (id bigserial primary key, {columns})")
            names = ", ".join(f"c{n}" for n in range(len(header)))
            used, spent = time.process_time(), server.seconds()
            began = time.perf_counter()
            with owner.cursor().copy(f"copy bench_import_rows ({names}) from stdin") as copy:
                for line in lines:
                    copy.write_row(line)
            seconds = time.perf_counter() - began
            figure = Figure(
                "reference: COPY of the cells",
                rows,
                seconds,
                time.process_time() - used,
                server.seconds() - spent,
            )
            owner.execute("drop table bench_import_rows")
    return figure


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in _WRITTEN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--layout", choices=["export", "plain"], default="export")
    parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
    options = parser.parse_args()
    server = ServerClock()
    before = _counts()
    first = int(timezone.now().timestamp() * 10_000)  # fresh ids: no run meets the rows of another
    world = _world(first)
    plain = options.layout == "plain"
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "import.csv"
        write(reference, options.rows, seed=first, plain=plain, world=world)
        path = reference
        if options.format == "xlsx":
            path = Path(folder) / "import.xlsx"
            write(path, options.rows, seed=first, plain=plain, world=world)
        megabytes = path.stat().st_size / 2**20
        figures = [_reference(reference, options.rows, server)]
        fresh, result = _import(path, "import", options.rows, server)
        assert result["created"] == options.rows, {k: v for k, v in result.items() if k != "x"}
        written = {name: count - before[name] for name, count in _counts().items()}
        again, result = _import(path, "the same file again", options.rows, server)
        assert result["unchanged"] == options.rows, result
        figures += [fresh, again]
    batch = ImportBatch.objects.order_by("-pk")[1]
    assert batch.finished_at is not None
    inside = (batch.finished_at - batch.created_at).total_seconds()
    print(
        f"{before['Case']} cases before; {options.rows} rows of the {options.layout} layout as"
        f" {options.format}, {megabytes:.1f} MB; {platform.machine()}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}; PostgreSQL"
        f" {connection.pg_version // 10000}. Written: "
        + ", ".join(f"{count} {name}" for name, count in written.items())
        + f". Without the start of the command: {options.rows / inside:,.0f} rows/s.\n".replace(
            ",", " "
        )
    )
    print("| What | rows/s by the clock | rows/s of CPU | client ms | server ms | s |")
    print("| --- | --: | --: | --: | --: | --: |")
    for figure in figures:
        print(figure.line())


if __name__ == "__main__":
    main()
