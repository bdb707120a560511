"""script/test: all checks and tests on a throw-away database of their own."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from _lib.checkout import CHECKOUT, data_folder, fingerprint, make_private
from _lib.console import Console, Failure, Stopped, comma, ignore_signals, stop_on_signals
from _lib.packages import Environment, clean_environment
from portal.postgres import APP, OWNER, Cluster
from portal.postgres_processes import Lock, PostgresError, can_enter, server_user

PREFIX = "posushchestvu-test-"
HELP = """script/test [--slow] [--keep] [аргументы pytest …]

  --slow   вместе с долгими тестами (метка slow)
  --keep   оставить временную базу и сказать, как к ней подключиться
Без аргументов pytest выполняются все проверки; с ними — только pytest.
DATABASE_URL (и DATABASE_OWNER_URL с правом CREATEDB): тесты на этом сервере."""


def main() -> int:
    arguments = sys.argv[1:]
    if "--help" in arguments or "-h" in arguments:
        print(HELP)
        return 0
    slow, keep = "--slow" in arguments, "--keep" in arguments
    rest = [argument for argument in arguments if argument not in ("--slow", "--keep")]
    console = Console()
    stop_on_signals()
    work: Path | None = None
    cluster: Cluster | None = None
    try:
        data = data_folder(CHECKOUT, os.environ)
        make_private(data)
        environment = Environment(data, "venv-test", CHECKOUT / "requirements-dev.txt")
        with Lock(data / "preparing.lock"):
            environment.install(console)
        _sweep()
        work = _work_folder()
        env = _environment(environment, data, work)
        if not os.environ.get("DATABASE_URL"):
            cluster = Cluster(
                work / "postgres", site_packages=environment.site_packages, throw_away=True
            )
            env |= _start(cluster, console, environment.python, env, data)
        return _run(console, environment.python, env, rest, slow=slow)
    except Stopped:
        return 130
    except (Failure, PostgresError) as error:
        console.say(f"! {error}")
        return 1
    finally:
        ignore_signals()
        if keep and cluster is not None:
            print(f"Временная база оставлена: {cluster.url(OWNER)}", file=sys.stderr)
            print(f"Удалить: script/test уберёт её сам через час ({work})", file=sys.stderr)
        else:
            if cluster is not None:
                cluster.remove()
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)


TEMPLATE = "portal_migrated"


def _start(
    cluster: Cluster, console: Console, python: Path, env: Mapping[str, str], data: Path
) -> dict[str, str]:
    """Start the throw-away cluster with a migrated database in it, which tests copy.

    Migrating takes most of a short run, so the cluster is kept as it stands after it, under
    the fingerprint of everything migrations are made of.
    """
    kept = data / "cache" / f"cluster-{_schema_mark()}"
    with Lock(data / "preparing.lock"):
        if kept.is_dir():
            cluster.take_from(kept)
            cluster.join()
            return _addresses(cluster)
        cluster.join()
        cluster.sql(f"create database {TEMPLATE} owner {OWNER}")
        command = [str(python), "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
        addresses = _addresses(cluster) | {
            "DATABASE_URL": cluster.url(OWNER, TEMPLATE),
            "DATABASE_OWNER_URL": cluster.url(OWNER, TEMPLATE),
        }
        if not _check(console, "миграции с пустой базы", command, {**env, **addresses}):
            raise Failure("Миграции не прошли.")
        for old in (data / "cache").glob("cluster-*"):
            shutil.rmtree(old, ignore_errors=True)
        cluster.stop()
        cluster.keep_in(kept)
        cluster.ensure()
        return _addresses(cluster)


def _addresses(cluster: Cluster) -> dict[str, str]:
    return {
        "DATABASE_URL": cluster.url(APP),
        "DATABASE_OWNER_URL": cluster.url(OWNER),
        "TEST_TEMPLATE": TEMPLATE,
    }


_READ_BY_MIGRATIONS = ("roles.py", "counting.py", "measures.py", "branches.py")


def _schema_mark() -> str:
    """Changes with any migration and what it reads, model, role or library."""
    rooms = [path.parent for path in CHECKOUT.glob("*/migrations")]
    files = [CHECKOUT / "requirements-dev.txt", Path(__file__)]
    for room in rooms:
        files += [*room.glob("migrations/*.py"), *room.glob("models*.py")]
        files += [room / name for name in _READ_BY_MIGRATIONS]
    return fingerprint(path for path in files if path.is_file())[:16]


def _run(
    console: Console, python: Path, env: Mapping[str, str], rest: Sequence[str], *, slow: bool
) -> int:
    failed = []
    if not rest:
        for name, command in _checks(python, Path(env["CHECKS_CACHE"])):
            if not _check(console, name, command, env):
                failed.append(name)
        if failed:
            console.say(f"Не прошли проверки: {', '.join(failed)}")
    else:
        _check(console, "каталог", _catalogue(python), env)
    console.say("• pytest")
    command = [str(python), "-m", "pytest", *_pytest_options(rest, slow=slow), *rest]
    code = _child(command, env)
    if code == 0 and failed:
        # pytest's line stays the last on standard output.
        print(f"Не прошли проверки: {', '.join(failed)}", file=sys.stderr)
    return code or (1 if failed else 0)


def _checks(python: Path, cache: Path) -> list[tuple[str, list[str]]]:
    def module(*words: str) -> list[str]:
        return [str(python), "-m", *words]

    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return [
        ("ruff format", module("ruff", "format", "--check", ".")),
        ("ruff check", module("ruff", "check", ".")),
        ("mypy", module("mypy", "--cache-dir", str(cache / "mypy"))),
        ("import-linter", [str(python), "-c", linter, "--cache-dir", str(cache / "imports")]),
        ("миграции", [str(python), "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("каталог", _catalogue(python)),
    ]


def _catalogue(python: Path) -> list[str]:
    return [str(python), str(Path(__file__).with_name("catalogue.py")), "locale"]


def _check(console: Console, name: str, command: Sequence[str], env: Mapping[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.Popen(
        command, env=dict(env), cwd=CHECKOUT, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = done.communicate()
    except BaseException:
        done.kill()
        raise
    took = comma(time.monotonic() - started)
    console.say(f"• {name}: {'хорошо' if done.returncode == 0 else 'НЕ ПРОШЛО'} ({took} с)")
    if done.returncode:
        console.say("\n".join(f"    {line}" for line in output.strip().splitlines()[-60:]))
    return done.returncode == 0


def _pytest_options(rest: Sequence[str], *, slow: bool) -> list[str]:
    options = ["-p", "no:cacheprovider"] if not os.access(CHECKOUT, os.W_OK) else []
    alone = {"--pdb", "--co", "--collect-only", "-s", "--trace"}
    chosen = any(word.startswith(("-n", "--numprocesses")) for word in rest)
    # A chosen file is done before a second process has started.
    if not chosen and not alone & set(rest) and not any(".py" in word for word in rest):
        # Handed out a few at a time: a browser's tests are long and stand together.
        options += ["-n", "2", "--maxschedchunk", "30"]
    if slow and "-m" not in rest:
        options += ["-m", ""]
    return options


def _child(command: Sequence[str], env: Mapping[str, str]) -> int:
    """pytest on our own terminal; a signal to us alone is passed on, and it tidies up."""
    process = subprocess.Popen(command, env=dict(env), cwd=CHECKOUT)
    try:
        code = process.wait()
    except Stopped:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return code if code >= 0 else 128 - code


def _environment(environment: Environment, data: Path, work: Path) -> dict[str, str]:
    env = clean_environment(os.environ)
    for name in ("DEBUG", "ALLOWED_HOSTS", "TLS", "SECRET_KEY_FILE", "DATABASE_URL_FILE"):
        env.pop(name, None)
    if url := env.get("DATABASE_URL"):
        # The database of the tests is named after this one: two runs must not meet.
        own = f"portal_{secrets.token_hex(4)}"
        env["DATABASE_URL"] = _renamed(url, own)
        env["DATABASE_OWNER_URL"] = _renamed(env.get("DATABASE_OWNER_URL", url), own)
    return env | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_ROLE": "owner",  # makes the test database; TRUNCATE between some tests
        "PORTAL_DATA": str(work / "data"),
        "DEMO": "true",
        "CHECKS_CACHE": str(data / "cache"),
        "PATH": f"{environment.folder / 'bin'}:{env.get('PATH', os.defpath)}",
    }


def _renamed(url: str, name: str) -> str:
    # An empty host is kept as postgresql://user@/name, which urlunsplit would do too.
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _work_folder() -> Path:
    """A folder of our own that the database's user reaches, whatever TMPDIR says."""
    user = server_user()
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if Path(parent).is_dir() and os.access(parent, os.W_OK) and can_enter(Path(parent), user):
            break
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    if user is not None:
        os.chmod(folder, 0o711)
    return folder


def _sweep() -> None:
    """Remove what killed runs of ours have left, and kept databases older than an hour."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            mine = folder.lstat().st_uid == os.geteuid() and not folder.is_symlink()
            old = time.time() - folder.stat().st_mtime > 3600
            if not mine or not old or not (folder / "postgres" / "users.lock").exists():
                continue
            cluster = Cluster(folder / "postgres")
            if not cluster.in_use():
                cluster.remove()
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
