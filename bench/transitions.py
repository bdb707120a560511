"""Moves of cases a second: through the actions, through HTTP, and the same rows by plain SQL.

    eval "$(python -m bench.cluster start /var/tmp/bench-moves)"
    python -m bench.transitions [--cases 1200] [--seconds 10] [--append]

The move is `take` (lock, right, state, version, change, event, commit; fsync as the server has it),
each case once a round and put back after it. The clients of the first two are processes, those of
HTTP are threads against one web server as script/run starts it. The reference writes in each of its
transactions the row of the case and that of the event, and nothing is asked or checked.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPConnection
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["DATABASE_POOL"] = "0"
django.setup()

import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402

from agencies.models import User  # noqa: E402
from bench.server import CSRF, Server  # noqa: E402
from cases import actions  # noqa: E402
from cases.models import Assignment, Case, CaseEvent  # noqa: E402
from cases.workflow import Status  # noqa: E402
from tests import factories  # noqa: E402

CLIENTS = (1, 2, 4)
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_ROW = (
    "update cases_case set status = 'in_work', executor_id = %s, version = version + 1"
    " where id = %s"
)
_EVENT = (
    "insert into cases_caseevent (case_id, at, actor_id, move, before, after, data)"
    " values (%s, now(), %s, 'take', 'routed', 'in_work', '{}')"
)
Share = tuple[list[int], float]  # cases of one client, seconds
Span = tuple[int, float, float]  # moves made, the moments of the first and the last


def ground(count: int) -> list[int]:
    """Cases at one agency that wait to be taken, made once."""
    if not User.objects.filter(username="mover").exists():
        factories.load_reference()
        region = factories.make_region()
        factories.make_person("executor", region["own"], "mover")
        for _ in range(count):
            factories.make_case(Status.ROUTED, region["own"])
    put_back()
    return list(Case.objects.order_by("pk").values_list("pk", flat=True)[:count])


def put_back() -> None:
    Case.objects.update(status=Status.ROUTED, executor=None)
    Assignment.objects.update(executor=None)
    CaseEvent.objects.filter(move="take").delete()
    with connection.cursor() as cursor:
        cursor.execute("vacuum (analyze) cases_case, cases_caseevent, cases_assignment")


def each(share: Share, move: Callable[[int], None]) -> Span:
    """Make the move for the cases of a share, one after the other, while there is time."""
    cases, seconds = share
    began, done = time.monotonic(), 0
    for case in cases:
        if time.monotonic() > began + seconds:
            break
        move(case)
        done += 1
    return done, began, time.monotonic()


def by_sql(share: Share) -> Span:
    actor = User.objects.get(username="mover").pk
    with psycopg.connect(os.environ["DATABASE_URL"]) as plain:

        def move(case: int) -> None:
            plain.execute(_ROW, [actor, case])
            plain.execute(_EVENT, [case, actor])
            plain.commit()

        return each(share, move)


def by_action(share: Share) -> Span:
    rows = Case.objects.defer("search").in_bulk(share[0])

    def move(case: int) -> None:
        # As a request does: the person is read anew, with his roles.
        actor = User.objects.get(username="mover")
        actions.take(rows[case], actor=actor, version=rows[case].version)

    return each(share, move)


def in_processes(work: Callable[[Share], Span], shares: Sequence[Share]) -> list[Span]:
    connections.close_all()
    with get_context("spawn").Pool(len(shares)) as pool:
        pool.map(by_nothing, range(len(shares)))  # they are started and have the portal loaded
        return pool.map(work, shares, chunksize=1)


def by_nothing(_number: int) -> None:
    connection.ensure_connection()


class Web:
    """One web server, and a signed-in client for each thread."""

    def __init__(self) -> None:
        call_command("collectstatic", interactive=False, verbosity=0)
        env = {"DATABASE_POOL": "8", "DEBUG": "false", "PORTAL_ROLE": "app", "LOG_LEVEL": "ERROR"}
        self.server = Server("portal.wsgi:application", env)
        self.server.wait("/health/live/")
        client = Client()
        client.force_login(User.objects.get(username="mover"), settings.AUTHENTICATION_BACKENDS[-1])
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookies = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"

    def moves(self, shares: Sequence[Share]) -> list[Span]:
        known = dict(Case.objects.values_list("pk", "number"))
        versions = dict(Case.objects.values_list("pk", "version"))

        def one(share: Share) -> Span:
            door = HTTPConnection("127.0.0.1", self.server.port, timeout=60)

            def move(case: int) -> None:
                headers = {
                    "Cookie": self.cookies,
                    "X-CSRFToken": CSRF,
                    "Content-Type": "application/json",
                    "If-Match": f'"{versions[case]}"',
                }
                door.request("POST", f"/api/cases/{known[case]}/take/", b"{}", headers)
                answer = door.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise SystemExit(f"{answer.status} {body[:300].decode()}")

            return each(share, move)

        with ThreadPoolExecutor(len(shares)) as pool:
            return list(pool.map(one, shares))


def shares_of(cases: list[int], clients: int, seconds: float) -> list[Share]:
    each = len(cases) // clients
    bounds = range(0, each * clients + 1, each)
    return [(cases[start:end], seconds) for start, end in pairwise(bounds)]


def rate(spans: Sequence[Span]) -> float:
    """Moves a second from the first that began to the last that ended."""
    moves = sum(done for done, _began, _ended in spans)
    return moves / (max(ended for *_, ended in spans) - min(began for _, began, _ in spans))


def measure(cases: list[int], seconds: float) -> dict[str, list[float]]:
    """Moves a second of each way, by the number of clients."""
    web = Web()
    ways: dict[str, Callable[[Sequence[Share]], list[Span]]] = {
        "plain SQL: the row and the event": lambda s: in_processes(by_sql, s),
        "action layer": lambda s: in_processes(by_action, s),
        "HTTP, one web server": web.moves,
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    try:
        web.moves(shares_of(cases[:40], 4, seconds))  # every thread has its connection and plans
        for clients in CLIENTS:
            for name, way in ways.items():
                put_back()
                found[name].append(rate(way(shares_of(cases, clients, seconds))))
                print(f"{name}, {clients}: {found[name][-1]:.0f}/s", flush=True)
    finally:
        web.server.stop()
        put_back()
    return found


def report(found: dict[str, list[float]]) -> str:
    now = datetime.now(ZoneInfo("Europe/Moscow"))
    heads = " | ".join(f"{n} {'client' if n == 1 else 'clients'}" for n in CLIENTS)
    plain = next(iter(found.values()))
    lines = [
        f"## {now:%d.%m.%Y %H:%M}, `python -m bench.transitions`",
        "",
        f"Moves a second by the clock: `take`, each in a transaction of its own. {os.cpu_count()}"
        f" cores, load {os.getloadavg()[0]:.1f} at the end; Python {platform.python_version()};"
        f" PostgreSQL {connection.pg_version // 10000}, fsync on. In brackets: of the reference.",
        "",
        f"| Way | {heads} |",
        f"| --- {'| --: ' * len(CLIENTS)}|",
    ]
    for name, rates in found.items():
        cells = (f"{r:.0f} ({r / p:.0%})" for r, p in zip(rates, plain, strict=True))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.transitions")
    parser.add_argument("--cases", type=int, default=1200)
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round, at most")
    parser.add_argument("--append", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    text = report(measure(ground(options.cases), options.seconds))
    print(text)
    if options.append:
        PAGE.write_text(PAGE.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main()
