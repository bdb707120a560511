"""The portal of one checkout: environment, database and everything a start prepares."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _lib.checkout import (
    CHECKOUT,
    cluster_folder,
    data_folder,
    fingerprint,
    make_private,
    mark,
    read_state,
    secret_key,
    write_state,
)
from _lib.console import Console, Failure, checked, run
from _lib.packages import Environment, clean_environment
from portal.postgres import APP, OWNER, Cluster
from portal.postgres_processes import Lock

LIB = Path(__file__).parent
# Commands that need rights on the tables themselves.
OWNER_COMMANDS = frozenset(
    ("migrate", "makemigrations", "squashmigrations", "sqlmigrate", "flush", "sqlflush")
    + ("grant_app_role",)
)


class Site:
    """Steps of a start, each skipped when what it depends on has not changed."""

    def __init__(self, console: Console, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self.given = frozenset(self._environ)  # what the operator has set himself
        self.console = console
        self.data = data_folder(CHECKOUT, self._environ)
        try:
            make_private(self.data)
            (self.data / "log").mkdir(exist_ok=True)
        except OSError as error:
            raise Failure(f"Папку данных {self.data} не создать: {error.strerror}.") from None
        self.environment = Environment(self.data, "venv", CHECKOUT / "requirements.txt")
        self.cluster: Cluster | None = None
        self.demo_loaded = False
        self.has_region = False
        self.joined = False

    @property
    def external(self) -> bool:
        return bool(self._environ.get("DATABASE_URL") or self._environ.get("DATABASE_URL_FILE"))

    def preparing(self) -> Lock:
        """Held by the one start that prepares; others wait and find the work done."""
        lock = Lock(self.data / "preparing.lock")
        if not lock.acquire(wait=False):
            self.console.say("• Жду: другой запуск этой же копии готовит портал …")
            lock.acquire()
        return lock

    def join_database(self) -> None:
        """Start or share the embedded server, or look at the one DATABASE_URL names."""
        if self.external:
            self._check_external()
            return
        folder = cluster_folder(self.data)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.parent != self.data:
            self.console.say(f"  база данных: {folder} (из закрытой папки она не работает)")
        self.cluster = Cluster(folder, site_packages=self.environment.site_packages)
        if self.cluster.in_use() if (folder / "users.lock").exists() else False:
            self.console.say("• База данных уже работает: другой запуск этой же копии")
            self.cluster.join()
        else:
            with self.console.step("Запускаю базу данных"):
                self.cluster.join()
        self.joined = True
        self.demo_loaded = bool(self._database_state().get("demo"))

    def leave_database(self) -> bool:
        """True when this was the last user and the server is stopped."""
        if self.cluster is None or not self.joined:
            return False
        self.joined = False
        return self.cluster.leave()

    def _check_external(self) -> None:
        script = LIB / "server_facts.py"
        url = self._environ.get("DATABASE_URL") or _read(self._environ["DATABASE_URL_FILE"])
        # By the environment: a command line, and so the password, is everybody's to read.
        env = clean_environment(self._environ) | {"DATABASE_URL": url}
        done = run([self.environment.python, script], env=env, cwd=self.data)
        if done.returncode:
            reason = done.stdout.rpartition("OperationalError:")[2].strip() or "?"
            raise Failure(f"База данных из DATABASE_URL не отвечает: {reason}")
        facts = json.loads(done.stdout.strip().splitlines()[-1])
        if facts["version"] < 160000:
            raise Failure(
                f"PostgreSQL {facts['version'] // 10000} из DATABASE_URL слишком старый: "
                "нужен 16 или новее."
            )
        self.has_region = facts["region"]
        self.demo_loaded = bool(self._database_state().get("demo"))

    def django_environment(self, role: str = "app", **more: str) -> dict[str, str]:
        """The environment of manage.py, the web server and the worker."""
        env = clean_environment(self._environ)
        if self.cluster is not None:
            env["DATABASE_URL"] = self.cluster.url(APP)
            env["DATABASE_OWNER_URL"] = self.cluster.url(OWNER)
        env["PORTAL_ROLE"] = role
        env["PORTAL_DATA"] = str(self.data)
        if not env.get("SECRET_KEY") and not env.get("SECRET_KEY_FILE"):
            env["SECRET_KEY"] = secret_key(self.data)
        # Browsers keep cookies by host without the port: two checkouts must not share one.
        env.setdefault("SESSION_COOKIE_NAME", f"portal_{mark(CHECKOUT)[-10:]}")
        env.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        return env | more

    def manage(self, *arguments: str, role: str = "app", what: str, **more: str) -> str:
        command = [self.environment.python, CHECKOUT / "manage.py", *arguments]
        env = self.django_environment(role, **more)
        return checked(command, env=env, cwd=CHECKOUT, what=what)

    def prepare(self, *, skip_migrate: bool = False) -> None:
        """Packages, database, catalogue, tables and rights, static files."""
        self.environment.install(self.console)
        self.join_database()
        self._compile_catalogue()
        if not skip_migrate:
            self._migrate()

    def _compile_catalogue(self) -> None:
        folder = CHECKOUT / "locale"
        compiled = folder / "ru" / "LC_MESSAGES" / "django.mo"
        now = fingerprint(folder.glob("ru/**/*.po"))
        if compiled.exists() and self._state().get("catalogue") == now:
            return
        if not os.access(folder, os.W_OK):
            return  # an installation kept read-only compiles it when it is deployed
        with self.console.step("Собираю русский каталог"):
            command = [self.environment.python, LIB / "catalogue.py", folder]
            env = clean_environment(self._environ)
            checked(command, env=env, cwd=CHECKOUT, what="собрать русский каталог")
        self._remember(catalogue=now)

    def _migrate(self) -> None:
        files = CHECKOUT.glob("*/migrations/*.py")
        grant = CHECKOUT / "portal" / "management" / "commands" / "grant_app_role.py"
        now = fingerprint([*files, grant], self.environment.fingerprint())
        if self._database_state().get("migrations") == now and not self.external:
            return
        with self.console.step("Готовлю таблицы"):
            self.manage("migrate", "--noinput", role="owner", what="подготовить таблицы")
            self.manage("grant_app_role", role="owner", what="выдать права роли портала")
        self._remember_database(migrations=now)

    def collect_static(self) -> None:
        files = [path for path in (CHECKOUT / "static").rglob("*") if path.is_file()]
        now = fingerprint(files, self.environment.fingerprint())
        if self._state().get("static") == now and (self.data / "static").is_dir():
            return
        with self.console.step("Собираю файлы оформления"):
            self.manage("collectstatic", "--noinput", what="собрать файлы оформления")
        self._remember(static=now)

    def load_demo(self) -> None:
        """Once a database; never into one that already holds a region."""
        if self.demo_loaded or self.has_region or not has_command("load_demo"):
            return
        with self.console.step("Заполняю показательный регион (один раз)"):
            self.manage("load_demo", what="заполнить показательный регион", DEMO="true")
        self._remember_database(demo=True)
        self.demo_loaded = True

    def _state(self) -> dict[str, Any]:
        return read_state(self.data)

    def _remember(self, **facts: Any) -> None:
        write_state(self.data, self._state() | facts)

    def _database_name(self) -> str:
        if self.cluster is not None:
            return self.cluster.identity
        url = self._environ.get("DATABASE_URL") or self._environ.get("DATABASE_URL_FILE", "")
        return hashlib.sha256(url.encode()).hexdigest()[:32]

    def _database_state(self) -> dict[str, Any]:
        found = self._state().get("databases", {}).get(self._database_name(), {})
        return found if isinstance(found, dict) else {}

    def _remember_database(self, **facts: Any) -> None:
        name = self._database_name()
        # An embedded cluster that was made anew has a new name; the old one is gone.
        others = self._state().get("databases", {}) if self.external else {}
        self._remember(databases=others | {name: self._database_state() | facts})


def has_command(name: str) -> bool:
    return any(CHECKOUT.glob(f"*/management/commands/{name}.py"))


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise Failure(f"DATABASE_URL_FILE: {error.strerror}: {path}") from None
