"""A granian server to be measured, and the CPU of it and of its database connections."""

import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

ROOT = Path(__file__).parent.parent
THREADS = 4  # as script/run starts it
# As script/_lib/run_portal.py starts it, too.
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}


def cpu_of(pid: int) -> int:
    """Nanoseconds all threads of a process have run; 0 when it is gone."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += [int(word) for word in (task / "children").read_text().split()]
        except FileNotFoundError:
            continue
    return [*found, *(more for child in found for more in children_of(child))]


def memory_of(pid: int) -> int:
    """Resident memory, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


class Server:
    """One granian worker, started as script/run does it."""

    def __init__(self, module: str, env: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", "1", "--no-ws"]
        command += ["--blocking-threads", str(THREADS), module]
        self.process = subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=os.environ | MEMORY | env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.cookies = ""

    def wait(self, path: str) -> None:
        for _ in range(300):
            try:
                self.get(path)
            except OSError:
                self.connection.close()
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(path)

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *children_of(self.process.pid)]

    @property
    def memory(self) -> int:
        """Of the worker: the largest of the children."""
        return max(memory_of(pid) for pid in children_of(self.process.pid))

    def get(self, path: str) -> tuple[int, bytes]:
        return self.ask("GET", path)

    def ask(
        self, method: str, path: str, data: dict[str, Any] | bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        sent = {"Cookie": self.cookies, "X-CSRFToken": CSRF} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        body: Any = data
        if isinstance(data, dict):
            body = urlencode(data)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body=body, headers=sent)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


CSRF = "b" * 32


class Backends:
    """The database connections of the measured server: their processes and their births."""

    def __init__(self, url: str) -> None:
        self.admin = psycopg.connect(url, autocommit=True)
        self.name = self.admin.info.dbname

    def born(self) -> set[tuple[int, Any]]:
        return set(
            self.admin.execute(
                "select pid, backend_start from pg_stat_activity where datname = %s"
                " and pid <> pg_backend_pid() and application_name = 'bench'",
                [self.name],
            ).fetchall()
        )

    def cpu(self) -> int:
        return sum(cpu_of(pid) for pid, _born in self.born())
