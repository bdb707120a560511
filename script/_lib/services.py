"""The processes a start keeps alive: web server and background worker."""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from _lib.checkout import CHECKOUT
from _lib.console import Console, Failure

HOST = "127.0.0.1"
STOP_SECONDS = 20.0
# So many deaths within so many seconds mean that another start would not help.
MOST_DEATHS, WITHIN_SECONDS = 4, 60.0


class Closeable(Protocol):
    def close(self) -> None: ...


def reserve_port(wanted: int, tries: int = 200) -> tuple[Closeable, int]:
    """The first free port from `wanted` on, ours among all starts until the holder is closed.

    The web server listens with SO_REUSEPORT, so two starts that look at the same moment would
    both get the port: between starts a claim decides, against all others a trial bind.
    """
    for port in range(wanted, min(wanted + tries, 65536)):
        claim = _claim(port)
        if claim is not None:
            if _is_free(port):
                return claim, port
            claim.close()
    raise Failure(f"Свободного порта после {wanted} нет.")


def _claim(port: int) -> Closeable | None:
    """Something only one process of the machine can hold, and that dies with it."""
    name = f"posushchestvu-port-{port}"
    if sys.platform == "linux":  # an abstract socket: no file, no owner, no litter
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(f"\0{name}")
        except OSError:
            holder.close()
            return None
        return holder
    file = open(Path(tempfile.gettempdir(), f"{name}-{os.getuid()}"), "w")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        # Connections of the last run that linger in TIME_WAIT do not matter, a listener does.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
            trial.listen(1)
        except OSError:
            return False
    return True


def _die_with_parent() -> None:
    """On Linux a launcher killed with -9 takes web and worker along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Service:
    """A child process in a session of its own: Ctrl-C reaches the launcher only."""

    def __init__(
        self, name: str, command: Sequence[str | Path], env: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._env = dict(env)
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: list[float] = []

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._env, cwd=CHECKOUT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip

    @property
    def code(self) -> int | None:
        """Exit code of a dead process; None while it lives."""
        return self._process.poll() if self._process else None

    def clear_away(self) -> None:
        """End what a killed process has left: an orphan would go on serving its port."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def fails_too_often(self) -> bool:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < WITHIN_SECONDS] + [now]
        return len(self._deaths) >= MOST_DEATHS

    def tail(self, lines: int = 8) -> str:
        try:
            text = self.log.read_text("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.clear_away()


def stop_all(services: Sequence[Service]) -> None:
    for service in services:
        service.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for service in services:
        service.wait(deadline)


def wait_for_answer(port: int, web: Service, seconds: float = 90.0) -> None:
    """Until the web server answers anything at all over HTTP."""
    # The environment may name a proxy; it must not be asked for our own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and web.code is None:
        try:
            opener.open(f"http://{HOST}:{port}/health/live/", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise Failure(f"Веб-сервер не запустился.\n{web.tail()}")


def keep_alive(
    services: Sequence[Service], check_database: Callable[[], None], console: Console
) -> None:
    """Watch until a signal; restart what dies, give up when it dies again and again."""
    while True:
        time.sleep(0.5)
        check_database()
        for service in services:
            if service.code is None:
                continue
            console.say(f"! {service.name}: процесс завершился (код {service.code})")
            service.clear_away()
            if tail := service.tail():
                console.say(tail)
            if service.fails_too_often():
                raise Failure(f"{service.name}: не работает, останавливаюсь. Журнал: {service.log}")
            console.say(f"  запускаю снова: {service.name}")
            service.start()
