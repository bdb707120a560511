"""script/manage: manage.py in the environment and on the database of script/run."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence

from _lib.checkout import CHECKOUT
from _lib.console import Console, Failure, Stopped, ignore_signals, stop_on_signals
from _lib.site import OWNER_COMMANDS, Site
from portal.postgres import wheel_folder
from portal.postgres_processes import PostgresError


def main() -> int:
    arguments = sys.argv[1:]
    console = Console(sys.stderr)  # standard output belongs to the command
    stop_on_signals()
    site: Site | None = None
    try:
        site = Site(console)
        command = arguments[0] if arguments else "help"
        lock = site.preparing()
        try:
            site.prepare(skip_migrate=command in OWNER_COMMANDS)
        finally:
            lock.release()
        code = _manage(site, arguments, console)
        if command == "migrate" and code == 0:
            site.manage("grant_app_role", role="owner", what="выдать права роли портала")
        return code
    except Stopped:
        return 130
    except (Failure, PostgresError) as error:
        console.say(f"! {error}")
        return 1
    finally:
        ignore_signals()
        if site is not None:
            site.leave_database()


def _manage(site: Site, arguments: Sequence[str], console: Console) -> int:
    command = arguments[0] if arguments else "help"
    role = "owner" if command in OWNER_COMMANDS else "app"
    # `check --deploy` asks about a real installation, and there a demo cannot exist.
    demo = (site.demo_loaded or not site.external) and "--deploy" not in arguments
    env = site.django_environment(role, DATABASE_POOL=os.environ.get("DATABASE_POOL", "2"))
    env.setdefault("DEMO", "true" if demo else "false")
    if site.cluster is not None:  # dbshell
        env["PATH"] = f"{wheel_folder(site.environment.site_packages) / 'bin'}:{env['PATH']}"
    line = [str(site.environment.python), str(CHECKOUT / "manage.py"), *arguments]
    process = subprocess.Popen(line, env=env)
    # The terminal sends Ctrl-C to the command too; a signal to us alone is passed on.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: process.send_signal(number))
    code = process.wait()
    if code < 0:
        console.say(f"! {shlex.join(arguments)}: остановлено сигналом {-code}")
        return 128 - code
    return code
