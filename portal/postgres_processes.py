"""Processes, users and locks below the embedded PostgreSQL (`portal.postgres`)."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

SYSTEM_USER = "posushchestvu"
PROC = Path("/proc")


class PostgresError(RuntimeError):
    """The embedded server cannot be made or started; the text says why and what to do."""


class ServerUser(NamedTuple):
    """The system user of the server processes, when the launcher itself is root."""

    uid: int
    gid: int


class Postmaster(NamedTuple):
    """What `postmaster.pid` says."""

    pid: int
    socket_folder: str
    status: str  # "starting", "ready", "stopping"; empty while it is being written


def read_postmaster(data: Path) -> Postmaster | None:
    """The server's own pid file, or None when there is none or it is not complete yet."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
        return Postmaster(int(lines[0]), lines[4], lines[7].strip() if len(lines) > 7 else "")
    except (OSError, ValueError, IndexError):
        return None


def is_live_postgres(pid: int, data: Path, *, certain: bool = False) -> bool:
    """Whether `pid` is a running server process of this very data folder.

    A pid may have been reused by a stranger, and a killed server stays a zombie where
    nobody reaps it (containers): neither counts. `certain` leaves out processes whose folder
    cannot be seen.
    """
    proc = PROC / str(pid)
    if not proc.parent.joinpath("self").exists():  # not Linux
        answer = subprocess.run(
            ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(None, 1)
        return len(answer) == 2 and not answer[0].startswith("Z") and "postgres" in answer[1]
    try:
        name, rest = proc.joinpath("stat").read_text("utf-8", "replace").rsplit(")", 1)
    except (OSError, ValueError):
        return False
    if rest.split()[0] in "ZX" or not name.split("(", 1)[1].startswith("postgres"):
        return False
    try:
        return os.path.realpath(proc / "cwd", strict=True) == os.path.realpath(data)
    except OSError:
        # Hidden from us. A stranger's server cannot be ours; one of the same user may be, and
        # its pid file is better not touched.
        try:
            return not certain and proc.stat().st_uid == data.stat().st_uid
        except OSError:
            return False


def server_processes(data: Path) -> list[int]:
    """Pids of all server processes of this data folder (Linux only; elsewhere empty)."""
    pids = [int(entry.name) for entry in PROC.glob("[0-9]*")]
    return [pid for pid in pids if is_live_postgres(pid, data, certain=True)]


class Lock:
    """An flock that dies with its holder, so kill -9 leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[Any] | None = None

    def acquire(self, *, shared: bool = False, wait: bool = True) -> bool:
        if self._file is None:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._file = os.fdopen(handle, "r+")
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._file, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def server_user() -> ServerUser | None:
    """None for an ordinary user; as root a system user without a shell, made when missing.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for attempt in range(2):
        try:
            known = pwd.getpwnam(SYSTEM_USER)
            return ServerUser(known.pw_uid, known.pw_gid)
        except KeyError:
            if attempt == 0:
                _create_system_user()
    raise PostgresError(
        f"PostgreSQL не работает от root, а пользователя {SYSTEM_USER} создать не удалось: "
        f"useradd --system --no-create-home --shell /usr/sbin/nologin {SYSTEM_USER}"
    )


def _create_system_user() -> None:
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        + ["--shell", "/usr/sbin/nologin", SYSTEM_USER],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", SYSTEM_USER],
    ):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        if program := shutil.which(command[0], path=path):
            # A second launcher may be doing the same: the loser's failure does not matter.
            subprocess.run([program, *command[1:]], capture_output=True, check=False)
            return


def as_user(user: ServerUser | None) -> dict[str, Any]:
    """Arguments of subprocess for a process of the server: user, groups, clean environment."""
    kept = {"PATH": os.environ.get("PATH", os.defpath)}
    arguments: dict[str, Any] = {"env": kept, "cwd": "/", "stdin": subprocess.DEVNULL}
    if user is not None:
        arguments |= {"user": user.uid, "group": user.gid, "extra_groups": []}
    return arguments


def can_enter(folder: Path, user: ServerUser | None) -> bool:
    """Whether the server's user reaches an existing folder (every parent lets it through)."""
    check = ["/bin/sh", "-c", 'test -d "$1" -a -x "$1"', "sh", str(folder)]
    return subprocess.run(check, check=False, **as_user(user)).returncode == 0


def send(pid: int, kind: signal.Signals) -> None:
    try:
        os.kill(pid, kind)
    except (ProcessLookupError, PermissionError):
        pass
