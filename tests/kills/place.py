"""Web server, worker and database as an operator's machine runs them, and their violent ends."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from _lib.services import Service
from bench.cluster import variables
from portal.postgres import Cluster
from portal.postgres_processes import PostgresError, is_live_postgres, read_postmaster

ROOT = Path(__file__).resolve().parents[2]
THREADS = "4"  # as script/run starts it


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Place:
    """A folder with a cluster of its own; `start` brings the services up, and they are watched
    as the launcher watches them: what dies is started again."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.cluster = Cluster(folder / "postgres")
        self.cluster.join()
        self.port = free_port()
        self.env = variables(self.cluster, folder) | {
            "ALLOWED_HOSTS": "127.0.0.1",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(smtp_port),
            "SMTP_SECURITY": "none",
            "SMTP_TIMEOUT": "5",
            "MAIL_LEASE": "2",
            "MAIL_FROM": "portal@example.ru",
            "SIGN_IN_LIMIT": "false",
            "LOG_LEVEL": "ERROR",
        }
        self.kills: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self._ending = threading.Event()
        python, given = sys.executable, os.environ | self.env
        web = [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        web += ["--port", str(self.port), "--workers", "1", "--blocking-threads", THREADS]
        web += ["--no-ws", "--respawn-failed-workers", "portal.wsgi:application"]
        worker = [python, str(ROOT / "manage.py"), "worker", "--concurrency", "2"]
        logs = folder / "log"
        logs.mkdir(exist_ok=True)
        self.web = Service("web", web, given | {"DATABASE_POOL": "8"}, logs / "web.log")
        self.worker = Service("worker", worker, given | {"DATABASE_POOL": "6"}, logs / "work.log")
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)

    def manage(self, *words: str, role: str = "owner") -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=os.environ | self.env | {"PORTAL_ROLE": role, "DATABASE_POOL": "0"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr[-2000:]}")
        return done.stdout

    def start(self) -> None:
        self.web.start()
        self.worker.start()
        self._watch.start()

    def _keep_alive(self) -> None:
        while not self._ending.wait(0.2):
            try:
                self.cluster.ensure()
            except PostgresError:
                continue  # it takes longer than usual: asked again
            for service in (self.web, self.worker):
                if service.code is not None:
                    self.deaths[service.name] += 1
                    service.clear_away()
                    service.start()

    @contextmanager
    def blows(
        self,
        dice: random.Random,
        count: int,
        pause: Callable[[int, random.Random, threading.Event], bool],
        aim: Callable[[random.Random], None],
    ) -> Iterator[None]:
        """Let `count` blows fall at random moments while the block runs, two of three where
        `aim` ends: amid a change. `pause`: waits for the next one, False when the block is over."""
        over = threading.Event()

        def strike() -> None:
            for at in range(count):
                if not pause(at, dice, over):
                    return
                if dice.random() < 2 / 3:
                    aim(dice)
                self.kill(dice)

        striker = threading.Thread(target=strike)
        striker.start()
        try:
            yield
        finally:
            over.set()
            striker.join()

    def kill(self, dice: random.Random) -> None:
        victim = dice.choice(("web", "web's child", "worker", "worker", "postmaster", "backend"))
        found = self._pids(victim)
        if not found:
            return
        pid = dice.choice(sorted(found))
        try:
            if victim in ("web", "worker"):
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills[victim] += 1

    def _pids(self, victim: str) -> list[int]:
        postmaster = read_postmaster(self.cluster.data)
        if postmaster is not None and not is_live_postgres(postmaster.pid, self.cluster.data):
            postmaster = None
        if victim == "postmaster":
            return [postmaster.pid] if postmaster else []
        if victim == "backend":
            # Autovacuum and the like among them: each death makes the whole server recover.
            return _children(postmaster.pid) if postmaster else []
        service = self.worker if victim == "worker" else self.web
        process = service._process
        if process is None or process.poll() is not None:
            return []
        return _children(process.pid) if victim == "web's child" else [process.pid]

    def end(self) -> None:
        self._ending.set()
        if self._watch.is_alive():
            self._watch.join()
        for service in (self.web, self.worker):
            service.ask_to_stop()
        for service in (self.web, self.worker):
            service.wait(time.monotonic() + 20)


def _children(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(word) for word in words]
