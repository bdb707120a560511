"""Progress lines for the person at the terminal, each with the seconds it took."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn


class Failure(Exception):
    """The start cannot go on; the text says why and what to do."""


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


class Console:
    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._started = time.monotonic()
        if hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors="replace")

    def say(self, text: str = "") -> None:
        try:
            print(text, file=self._stream, flush=True)
        except OSError:  # the terminal is gone; the work of stopping is not
            pass

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Say what begins and, when it ends, how long it took."""
        started = time.monotonic()
        self.say(f"• {doing} …")
        yield
        self.say(f"  готово за {comma(time.monotonic() - started)} с")


def comma(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")


def stop_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        ignore_signals()  # a second Ctrl-C must not break the tidying up
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a step quietly, its output kept; an interrupted launcher takes it along."""
    process = subprocess.Popen(
        [str(part) for part in command], env=dict(env), cwd=cwd, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, **options,
    )  # fmt: skip
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, "")


def checked(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, what: str) -> str:
    """`run`, with the last lines of the output told when it fails."""
    done = run(command, env=env, cwd=cwd)
    if done.returncode:
        tail = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-12:])
        raise Failure(f"Не удалось: {what}.\n{tail}")
    return done.stdout
