"""Measures one database for bench.run, which talks to it line by line: `python -m bench.measure`.

Reads a JSON object a line from standard input, answers with one: {"do": "round", "row": 3}
-> CPU of the floor and of so many requests. The sender's own work is not counted.
"""

import json
import os
import platform
import statistics
import sys
import time
from typing import Any

os.environ["DATABASE_POOL"] = "0"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from agencies.models import User  # noqa: E402
from bench.asks import Ask, Asked, plain_asks, prepare, read_asks, write_asks  # noqa: E402
from bench.server import CSRF, Backends, Server, cpu_of  # noqa: E402
from cases.models import Case, Reply  # noqa: E402

FLOOR_REQUESTS = 200


class Bench:
    def __init__(self) -> None:
        prepare()
        settings.ROOT_URLCONF = "bench.pages"
        url = os.environ["DATABASE_URL"]
        url += ("&" if "?" in url else "?") + "application_name=bench"
        env = {"DATABASE_URL": url, "DATABASE_POOL": "4", "DEMO": "true", "TLS": "false"}
        env |= {"DEBUG": "false", "PORTAL_ROLE": "app"}
        call_command("collectstatic", interactive=False, verbosity=0)
        self.backends = Backends(os.environ["BENCH_ADMIN_URL"])
        # As autovacuum leaves them; the rounds before may have touched more than it has seen yet.
        for table in ("case", "reply", "clock", "message", "caseevent", "replykey", "replyprint"):
            self.backends.admin.execute(f"vacuum (analyze) cases_{table}".encode())
        self.floor = Server("bench.floor.wsgi:application", {})
        self.portal = Server("bench.served:application", env)
        self.plain = Server("bench.plain:application", env | {"DATABASE_POOL": "2"})
        self.floor.wait("/")
        self.portal.wait("/health/live/")
        self.plain.wait("/queue/")
        self.clients: dict[str, Client] = {}
        minimal = plain_asks()
        self.rows = [(ask, self.plain) for ask in minimal]
        self.reads = len(minimal) + len(read_asks())
        self.rows += [(ask, self.portal) for ask in (*read_asks(), *write_asks())]
        self.seen: set[int] = set()
        self.requests = 0
        self.born: set[Any] = set()
        self.connections = 0

    def client(self, name: str) -> Client:
        if name not in self.clients:
            client = Client(raise_request_exception=True, headers={"X-CSRFToken": CSRF})
            client.force_login(
                User.objects.get(username=name), settings.AUTHENTICATION_BACKENDS[-1]
            )
            client.cookies["csrftoken"] = CSRF
            self.clients[name] = client
        return self.clients[name]

    def _as_user(self, ask: Ask, server: Server) -> None:
        cookies = self.client(ask.user).cookies if ask.user else {}
        server.cookies = "; ".join(f"{key}={item.value}" for key, item in cookies.items())

    def floor_now(self) -> float:
        """Nanoseconds of CPU of the two-byte view."""
        self.floor.connection.close()  # the server drops idle ones; the next call opens its own
        self.floor.get("/")
        spent = sum(map(cpu_of, self.floor.pids))
        for _ in range(FLOOR_REQUESTS):
            self.floor.get("/")
        return (sum(map(cpu_of, self.floor.pids)) - spent) / FLOOR_REQUESTS

    def round(self, row: int) -> dict[str, Any]:
        """One round of a row: its CPU a request and that of the floor before and after it."""
        ask, server = self.rows[row]
        self._as_user(ask, server)
        server.connection.close()
        if row not in self.seen:
            self.seen.add(row)
            for _ in range(8):  # every thread and connection has seen it, statements are planned
                self._one(ask, server)
            ask.undo()
        if server is self.portal and not self.born:
            self.born = self.backends.born()
        floor = self.floor_now()
        asked = [next(ask.asks) for _ in range(ask.count)]
        if ask.before is not None:
            for one in asked:
                self._send(server, ask, ask.before(one), (200,))
        # One after the other and read around them all, as the floor is: a server that waits
        # between two requests while somebody counts has lost its caches, and pays for it.
        web, database = sum(map(cpu_of, server.pids)), self.backends.cpu()
        walls = [self._send(server, ask, one, ask.expect) for one in asked]
        database = self.backends.cpu() - database
        web = sum(map(cpu_of, server.pids)) - web
        if server is self.portal:
            self.requests += ask.count
            self.connections += len(self.backends.born() - self.born)
            self.born |= self.backends.born()
        ask.undo()
        return {
            "floor": statistics.mean([floor, self.floor_now()]) / 1e6,
            "web": web / ask.count / 1e6,
            "database": database / ask.count / 1e6,
            "walls": [wall * 1000 for wall in walls],
        }

    def _one(self, ask: Ask, server: Server) -> None:
        asked = next(ask.asks)
        if ask.before is not None:
            self._send(server, ask, ask.before(asked), (200,))
        self._send(server, ask, asked, ask.expect)

    def _send(self, server: Server, ask: Ask, asked: Asked, expect: tuple[int, ...]) -> float:
        path, form = asked
        headers = {"Content_Type": "application/json"} if ask.json else {}
        began = time.perf_counter()
        status, body = server.ask("GET" if form is None else "POST", path, form, **headers)
        took = time.perf_counter() - began
        if status not in expect:
            raise SystemExit(f"{ask.title}: {path} -> {status} {body[:400].decode()}")
        return took

    def queries(self, row: int) -> int | None:
        """Statements of one such request, savepoints and transaction ends not counted."""
        ask, server = self.rows[row]
        if server is not self.portal:
            return None
        client = self.client(ask.user)
        for _ in range(2):  # calendars, rules and templates are read once a process
            self._by_client(client, next(ask.asks))
        with CaptureQueriesContext(connection) as caught:
            self._by_client(client, next(ask.asks))
        ask.undo()
        if os.environ.get("BENCH_SQL"):
            shown = (query["sql"][:230] for query in caught.captured_queries)
            print(f"--- {ask.title}", *shown, sep="\n", file=sys.stderr)
        words = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return sum(not query["sql"].startswith(words) for query in caught.captured_queries)

    @staticmethod
    def _by_client(client: Client, asked: Asked) -> None:
        path, form = asked
        if form is None:
            client.get(path)
        elif isinstance(form, bytes):
            client.generic("POST", path, form, content_type="application/json")
        else:
            client.post(path, form)

    def facts(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute("select pg_database_size(current_database())")
            size = cursor.fetchone()[0]
        return {
            "cases": Case.objects.count(),
            "replies": Reply.objects.count(),
            "gigabytes": size / 2**30,
            "memory": self.portal.memory,
            "connections": self.connections,
            "requests": self.requests,
            "python": platform.python_version(),
            "postgresql": connection.pg_version // 10000,
        }

    def describe(self) -> dict[str, Any]:
        return {
            "reads": self.reads,
            "rows": [
                {
                    "title": ask.title,
                    "aim": ask.aim,
                    "most_queries": ask.most_queries,
                    "slowest": ask.slowest,
                }
                for ask, _server in self.rows
            ],
        }

    def stop(self) -> None:
        for server in (self.floor, self.portal, self.plain):
            server.stop()


def main() -> None:
    settings.ALLOWED_HOSTS.append("testserver")
    settings.SECURE_SSL_REDIRECT = False
    bench = Bench()
    try:
        print(json.dumps(bench.describe()), flush=True)
        for line in sys.stdin:
            wanted = json.loads(line)
            if wanted["do"] == "stop":
                break
            answer: Any = {
                "round": lambda w=wanted: bench.round(w["row"]),
                "queries": lambda w=wanted: bench.queries(w["row"]),
                "facts": bench.facts,
            }[wanted["do"]]()
            print(json.dumps(answer), flush=True)
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
