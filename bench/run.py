"""Measure the portal: `python -m bench.run --cases 10000` on a database of bench_load.

CPU of a request = what the server's processes and their database connections ran, in multiples
of the floor of the same run; the sender's own work is not counted. Each figure is the middle of
three rounds. Needs DATABASE_URL (the application's role) and BENCH_ADMIN_URL (a superuser of
the same server, to see all connections); both name the bench database.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
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
from django.utils import timezone  # noqa: E402

from agencies.models import Agency, AgencyUserPermission, User  # noqa: E402
from bench.server import CSRF, Backends, Server  # noqa: E402
from cases.models import (  # noqa: E402
    Case,
    CaseEvent,
    Channel,
    Finding,
    Reply,
    Territory,
    Topic,
)
from cases.workflow import Status  # noqa: E402

ROUNDS = 3
ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class Ask:
    """One measured row; `asks` gives (path, form) endlessly, a form makes it a POST."""

    title: str
    user: str
    asks: Iterator[tuple[str, Any]]
    aim: float | None = None
    most_queries: int | None = None
    count: int = 30  # requests in a round
    headers: Callable[[], dict[str, str]] = dict
    expect: tuple[int, ...] = (200,)


@dataclass(slots=True)
class Figure:
    ask: Ask
    times: float
    milliseconds: float
    p50: float
    p95: float
    queries: int | None
    share_of_database: float


class Bench:
    def __init__(self) -> None:
        url = os.environ["DATABASE_URL"]
        url += ("&" if "?" in url else "?") + "application_name=bench"
        env = {
            "DATABASE_URL": url,
            "DATABASE_POOL": "4",
            "DEMO": "true",
            "TLS": "false",
            "DEBUG": "false",
            "PORTAL_ROLE": "app",
        }
        call_command("collectstatic", interactive=False, verbosity=0)
        self.backends = Backends(os.environ["BENCH_ADMIN_URL"])
        self.floor = Server("bench.floor.wsgi:application", {})
        self.portal = Server("portal.wsgi:application", env)
        self.plain = Server("bench.plain:application", env | {"DATABASE_POOL": "2"})
        self.floor.wait("/")
        self.portal.wait("/health/live/")
        self.plain.wait("/queue/")
        self.clients: dict[str, Client] = {}
        self.unit = 0.0
        self.before: set[Any] = set()

    def client(self, name: str) -> Client:
        if name not in self.clients:
            client = Client(raise_request_exception=True, headers={"X-CSRFToken": CSRF})
            client.force_login(
                User.objects.get(username=name), settings.AUTHENTICATION_BACKENDS[-1]
            )
            client.cookies["csrftoken"] = CSRF
            self.clients[name] = client
        return self.clients[name]

    def stop(self) -> None:
        for server in (self.floor, self.portal, self.plain):
            server.stop()

    def measure_floor(self) -> float:
        """Milliseconds of CPU of the two-byte view."""
        rounds = []
        self.floor.connection.close()  # the server drops idle ones; the next call opens its own
        for _ in range(5):
            before = sum(map(_cpu, self.floor.pids))
            for _ in range(500):
                self.floor.get("/")
            rounds.append((sum(map(_cpu, self.floor.pids)) - before) / 500 / 1e6)
        return statistics.median(rounds)

    def measure(self, ask: Ask, server: Server) -> Figure:
        if ask.user:
            cookies = self.client(ask.user).cookies
            server.cookies = "; ".join(f"{key}={item.value}" for key, item in cookies.items())
        else:
            server.cookies = ""
        for _ in range(4):  # every thread and connection has seen it once
            self._one(ask, server)
        rounds, walls, base = [], [], 0.0
        for _ in range(ROUNDS):
            web, base = sum(map(_cpu, server.pids)), self.backends.cpu()
            for _ in range(ask.count):
                walls.append(self._one(ask, server))
            base = self.backends.cpu() - base
            web = sum(map(_cpu, server.pids)) - web
            rounds.append(((web + base) / ask.count / 1e6, base / (web + base or 1)))
        rounds.sort()
        spent, share = rounds[len(rounds) // 2]
        walls.sort()
        return Figure(
            ask,
            spent / self.unit,
            spent,
            walls[len(walls) // 2] * 1000,
            walls[int(len(walls) * 0.95)] * 1000,
            self._queries(ask) if server is self.portal else None,
            share,
        )

    def _one(self, ask: Ask, server: Server) -> float:
        path, form = next(ask.asks)
        headers = ask.headers()
        began = time.perf_counter()
        status, body = server.ask("GET" if form is None else "POST", path, form, **headers)
        took = time.perf_counter() - began
        if status not in ask.expect:
            raise SystemExit(f"{ask.title}: {path} -> {status} {body[:400].decode()}")
        return took

    def _queries(self, ask: Ask) -> int:
        """Statements of one such request, savepoints and transaction ends not counted."""
        path, form = next(ask.asks)
        client = self.client(ask.user)
        if form is None:
            client.get(path)  # calendars and templates are read once a process
        with CaptureQueriesContext(connection) as caught:
            if form is None:
                client.get(path)
            elif isinstance(form, bytes):
                client.generic("POST", path, form, content_type="application/json")
            else:
                client.post(path, form)
        if os.environ.get("BENCH_SQL"):
            print(f"--- {ask.title}", *(q["sql"][:230] for q in caught.captured_queries), sep="\n")
        words = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return sum(not query["sql"].startswith(words) for query in caught.captured_queries)


def _cpu(pid: int) -> int:
    from bench.server import cpu_of  # noqa: PLC0415

    return cpu_of(pid)


def prepare() -> None:
    """An official whose right reaches every agency: the widest queue there is."""
    user, created = User.objects.get_or_create(
        username="bench-wide", defaults={"last_name": "Всеволодов", "first_name": "Олег"}
    )
    if created:
        from django.contrib.auth.models import Permission  # noqa: PLC0415

        region = Agency.objects.get(code="bench-region")
        for role in ("executor", "curator", "coordinator", "import_service"):
            AgencyUserPermission.objects.create(
                user=user,
                content_object=region,
                permission=Permission.objects.get(
                    codename=f"hold_{role}", content_type__app_label="agencies"
                ),
            )


def pick_words() -> tuple[str, str]:
    """A word in one to twenty cases, and one in every tenth or more."""
    dice = random.Random(3)
    seen: list[str] = []
    for text in Case.objects.order_by("-id").values_list("messages__text", flat=True)[:400]:
        seen += [word for word in (text or "").lower().split() if word.isalpha() and len(word) > 7]
    dice.shuffle(seen)
    rare = ""
    for word in seen[:600]:
        if 1 <= Case.objects.matching(word).order_by()[:21].count() <= 20:
            rare = word
            break
    with connection.cursor() as cursor:
        cursor.execute(
            "select word from ts_stat('select search from cases_case order by id desc limit 3000')"
            " where length(word) between 3 and 9 and word ~ '^[а-я]+$' order by ndoc desc limit 1"
        )
        return rare or seen[0], cursor.fetchone()[0]


def _forever(paths: list[str]) -> Iterator[tuple[str, Any]]:
    return ((path, None) for path in cycle(paths))


def _texts() -> Iterator[str]:
    """Replies nobody has sent: sentences of two earlier ones with other numbers."""
    found = list(Reply.objects.order_by("id").values_list("text", flat=True)[:400])
    dice = random.Random(5)
    while True:
        one, two = dice.choice(found).split(". "), dice.choice(found).split(". ")
        yield ". ".join([*one[:2], *two[2:4], f"Работы завершим до {dice.randint(1, 28)} декабря."])


def _numbers(status: str, count: int) -> list[str]:
    found = Case.objects.filter(status=status, is_open=True).order_by("due_at", "id")
    return list(found.values_list("number", flat=True)[:count])


def read_asks() -> list[Ask]:
    rare, frequent = pick_words()
    topic = Topic.objects.order_by("pk")[5]
    official = User.objects.get(username="bench-executor")
    filters = {
        "state": "status=in_work",
        "regime": "regime=pos",
        "kind": "kind=unsolvable",
        "source": "channel=hotline",
        "agency": f"agency={official.agency.code}",  # type: ignore[union-attr]
        "executor": f"executor={_somebody()}",
        "topic group": f"group={topic.group.code}",
        "topic": f"topic={topic.code}",
        "territory": "territory=bench-7",
        "open": "open=true",
        "overdue": "overdue=true",
        "due today": "due_today=true",
        "flagged": "flagged=true",
        "control": "control=true",
        "repeats": "repeat=true",
        "mass event": "mass=true",
        "returned": "returned=true",
        "dates": "received_from=2026-03-01&received_until=2026-03-07",
        "words": f"q={rare}",
    }
    answered = _numbers(Status.REVIEW, 30)
    asks = [
        Ask("signed-in page without data (settings)", "bench-wide", _forever(["/settings/"]), 6),
        Ask("queue, 50 rows, counts (region)", "bench-wide", _forever(["/queue/"]), 40, 8),
        Ask("queue, an official's agency", "bench-executor", _forever(["/queue/"]), 40, 8),
        Ask(
            "queue, three filters",
            "bench-wide",
            _forever([f"/queue/?status=in_work&territory=bench-7&group={topic.group.code}"]),
            60,
        ),
        Ask("all cases, 50 rows", "bench-wide", _forever(["/cases/"]), 40, 8),
        *(
            Ask(f"filter: {name}", "bench-wide", _forever([f"/cases/?{query}"]), 60)
            for name, query in filters.items()
        ),
        Ask("search, rare word", "bench-wide", _forever([f"/search/?q={_q(rare)}"]), 50),
        Ask("search, frequent word", "bench-wide", _forever([f"/search/?q={_q(frequent)}"]), 120),
        Ask(
            "case page, in work (editor)",
            "bench-wide",
            _forever([f"/cases/{n}/" for n in _numbers(Status.IN_WORK, 30)]),
            25,
            12,
        ),
        Ask(
            "case page, in review",
            "bench-wide",
            _forever([f"/cases/{n}/" for n in answered]),
            25,
            12,
        ),
        Ask("routing desk", "bench-coordinator", _forever(["/desk/"])),
        Ask("review desk", "bench-quality_supervisor", _forever(["/review/"])),
        Ask("API list, 50 rows", "bench-wide", _forever(["/api/cases/"])),
        Ask("API case", "bench-wide", _forever([f"/api/cases/{n}/" for n in answered])),
    ]
    for ask in asks:
        ask.asks = iter(_quoted(ask.asks))
    return asks


def _quoted(asks: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    from urllib.parse import quote  # noqa: PLC0415

    for path, form in asks:
        yield quote(path, safe="/?&=%"), form


def _q(word: str) -> str:
    return word


def _somebody() -> str:
    found = Case.objects.filter(is_open=True, executor__isnull=False).order_by("id").first()
    return found.executor.username if found and found.executor else "bench-wide"


def write_asks() -> list[Ask]:
    texts = _texts()
    take = _numbers(Status.ROUTED, 120)
    work = _numbers(Status.IN_WORK, 160)
    sent, checked = work[:120], work[120:] or work

    def messages() -> Iterator[tuple[str, Any]]:
        channel = Channel.objects.get(code="hotline").code
        place = Territory.objects.order_by("pk")[3].code
        topic = Topic.objects.order_by("pk")[3].code
        stamp = time.time()
        at = 0
        while True:
            at += 1
            body = {
                "channel": channel,
                "external_id": f"run-{stamp}-{at}",
                "text": next(texts),
                "posted_at": timezone.now().isoformat(),
                "author": f"run-{stamp}-{at}",
                "topic": topic,
                "territory": place,
            }
            yield "/api/messages/", json.dumps(body).encode()

    return [
        Ask(
            "live check of a reply",
            "bench-wide",
            ((f"/cases/{n}/check/", {"text": next(texts)}) for n in cycle(checked)),
        ),
        Ask(
            "move: take into work",
            "bench-wide",
            ((f"/cases/{n}/take/", {}) for n in take),
            25,
            12,
            count=min(30, (len(take) - 6) // 3),
            expect=(302,),
        ),
        Ask(
            "submit a reply",
            "bench-wide",
            ((f"/cases/{n}/submit-reply/", {"text": next(texts), "override": "x"}) for n in sent),
            25,
            12,
            count=min(30, (len(sent) - 6) // 3),
            expect=(302,),
        ),
        Ask(
            "API: post one message",
            "bench-wide",
            messages(),
            25,
            headers=lambda: {"Content_Type": "application/json"},
            expect=(200, 201),
        ),
    ]


def restore(take: list[int], work: list[int], since: Any) -> None:
    """The cases the moves changed, back where they stood."""
    Case.objects.filter(pk__in=take).update(status=Status.ROUTED, executor=None)
    changed = Reply.objects.filter(case__in=work, submitted_at__gte=since)
    ids = list(changed.values_list("pk", flat=True))
    Finding.objects.filter(reply__in=ids).delete()
    changed.delete()
    Case.objects.filter(pk__in=work).update(status=Status.IN_WORK)
    CaseEvent.objects.filter(case__in=[*take, *work], at__gte=since).delete()


def table(figures: list[Figure], plain: list[Figure], facts: list[str], command: str) -> str:
    lines = [
        f"## {timezone.localtime():%d.%m.%Y %H:%M}, `{command}`",
        "",
        *facts,
        "",
        "| What | × floor | aim | CPU ms | of it database | queries | aim | p50 ms | p95 ms |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in [*plain, *figures]:
        ask = row.ask
        missed = " **missed**" if ask.aim and row.times > ask.aim else ""
        many = ask.most_queries and row.queries and row.queries > ask.most_queries
        lines.append(
            f"| {ask.title} | {row.times:.1f}{missed} | {ask.aim or ''} | {row.milliseconds:.1f}"
            f" | {row.share_of_database:.0%} | {'' if row.queries is None else row.queries}"
            f"{' **missed**' if many else ''} | {ask.most_queries or ''} | {row.p50:.0f}"
            f" | {row.p95:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000, help="said in the caption")
    parser.add_argument("--note", default="")
    parser.add_argument("--only", default="", help="rows whose title contains this; not appended")
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    settings.SECURE_SSL_REDIRECT = False
    prepare()
    since = timezone.now()
    bench = Bench()
    figures: list[Figure] = []
    plain: list[Figure] = []
    facts: list[str] = []
    take = list(Case.objects.filter(number__in=_numbers(Status.ROUTED, 120)))
    work = list(Case.objects.filter(number__in=_numbers(Status.IN_WORK, 160)))
    try:
        bench.unit = bench.measure_floor()
        minimal = [
            Ask("minimal ORM view: 50 open cases", "", _forever(["/queue/"])),
            Ask("minimal ORM view: 50 newest cases", "", _forever(["/cases/"])),
            Ask("minimal ORM view: one case", "", _forever([f"/cases/{c.number}/" for c in work])),
        ]
        asks = [ask for ask in read_asks() if options.only in ask.title]
        for ask in [] if options.only else minimal:
            plain.append(bench.measure(ask, bench.plain))
        born: set[Any] = set()
        for ask in asks:
            figures.append(bench.measure(ask, bench.portal))
            born = born or bench.backends.born()
            _say(figures[-1])
        light = bench.portal.memory
        for ask in [ask for ask in write_asks() if options.only in ask.title]:
            figures.append(bench.measure(ask, bench.portal))
            _say(figures[-1])
        new = bench.backends.born() - born if born else set()
        unit = bench.measure_floor()
        facts = [
            f"{Case.objects.count()} cases; {platform.machine()}, {os.cpu_count()} cores shared"
            f" with other work, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()};"
            f" PostgreSQL {connection.pg_version // 10000}. {options.note}",
            "",
            f"Floor: {bench.unit:.3f} ms of CPU before, {unit:.3f} ms after the run."
            f" Web worker: {light} MB after the pages, {bench.portal.memory} MB with the quality"
            f" engine. New database connections during the run: {len(new)} of {len(born)}.",
        ]
    finally:
        bench.stop()
        restore([case.pk for case in take], [case.pk for case in work], since)
    command = "python -m " + "bench.run " + " ".join(sys.argv[1:])
    text = table(figures, plain, facts, command.strip())
    print(text)
    if not options.only:
        page = ROOT / "docs" / "benchmarks.md"
        before = page.read_text(encoding="utf-8") if page.exists() else HEAD
        page.write_text(before + "\n" + text, encoding="utf-8")


HEAD = """# Benchmarks

How to repeat: docs in `bench/run.py` and `manage.py bench_load`. Newest runs stand last.
"""


def _say(row: Figure) -> None:
    print(
        f"{row.ask.title:45} x{row.times:6.1f} {row.milliseconds:7.1f} ms db"
        f" {row.share_of_database:4.0%} q {row.queries}",
        flush=True,
    )


if __name__ == "__main__":
    main()
