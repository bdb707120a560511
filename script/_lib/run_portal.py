"""script/run: from an empty checkout to a running portal."""

import argparse
import sys
import time
from contextlib import closing

from _lib.checkout import CHECKOUT
from _lib.console import Console, Failure, Stopped, comma, ignore_signals, run, stop_on_signals
from _lib.services import (
    HOST,
    Service,
    keep_alive,
    reserve_port,
    stop_all,
    wait_for_answer,
)
from _lib.site import Site, has_command
from portal.postgres_processes import PostgresError

BLOCKING_THREADS = 4  # not more than the connections of the pool (8)


def main() -> int:
    options = _options()
    console = Console()
    stop_on_signals()
    services: list[Service] = []
    site: Site | None = None
    code = 0
    try:
        site = Site(console)
        console.say(f"«По существу»: {CHECKOUT}")
        console.say(f"  данные: {site.data}")
        lock = site.preparing()
        try:
            site.prepare()
            site.collect_static()
            if options.demo:
                site.load_demo()
        finally:
            lock.release()
        _serve(site, options, services)
    except Stopped:
        console.say("\n• Останавливаю …")
    except (Failure, PostgresError) as error:
        console.say(f"! {error}")
        code = 1
    finally:
        ignore_signals()
        stop_all(services)
        if site is not None:
            _leave(site, console)
    return code


# glibc keeps a pool of memory for each thread and gives freed blocks back late: five megabytes of
# a web worker that nobody uses. bench/server.py measures with the same.
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}


def _serve(site: Site, options: argparse.Namespace, services: list[Service]) -> None:
    console = site.console
    held, port = reserve_port(options.port)
    if port != options.port:
        console.say(f"• Порт {options.port} занят, беру {port}")
    more = {"DEMO": "true" if options.demo and site.demo_loaded else "false"}
    # Plain HTTP on this machine only; behind a TLS proxy the operator sets TLS=true.
    more |= {name: value for name, value in {"TLS": "false"}.items() if name not in site.given}
    env = site.django_environment(**more)
    python = site.environment.python
    web = [python, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", str(BLOCKING_THREADS), "--no-ws"]
    web += ["--respawn-failed-workers", "portal.wsgi:application"]
    worker = [python, CHECKOUT / "manage.py", "worker", "--concurrency", "2", "--graceful", "10"]
    logs = site.data / "log"
    services += [
        Service("веб-сервер", web, env | MEMORY, logs / f"web-{port}.log"),
        Service(
            "обработчик заданий", worker, env | {"DATABASE_POOL": "6"}, logs / f"worker-{port}.log"
        ),
    ]
    with console.step("Запускаю веб-сервер и обработчик заданий"):
        for service in services:
            service.start()
        wait_for_answer(port, services[0])
    console.say()
    console.say(f"Портал работает: http://{HOST}:{port}/   (старт {comma(console.seconds)} с)")
    if site.demo_loaded and options.demo and has_command("demo_accounts"):
        command = [python, CHECKOUT / "manage.py", "demo_accounts"]
        accounts = run(command, env=env, cwd=CHECKOUT)
        if accounts.returncode == 0:
            console.say(accounts.stdout.rstrip())
    elif not site.demo_loaded:
        console.say("Показательных данных нет. Завести регион: script/manage init_region")
    console.say(f"Журналы: {logs}. Остановить: Ctrl-C")
    with closing(held):
        keep_alive(services, lambda: _check_database(site), console)


_last_check = [0.0]


def _check_database(site: Site) -> None:
    if site.cluster is None or time.monotonic() - _last_check[0] < 1:
        return
    _last_check[0] = time.monotonic()
    if site.cluster.ensure():
        site.console.say("! База данных остановилась и запущена снова")


def _leave(site: Site, console: Console) -> None:
    try:
        if not site.joined:
            console.say("  всё остановлено")
            return
        if site.leave_database():
            console.say("  всё остановлено")
        elif not site.external:
            console.say("  остановлено; базой пользуется другой запуск, она работает")
    except PostgresError as error:
        console.say(f"! {error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/run", description="Запустить портал на этой машине (127.0.0.1)."
    )
    parser.add_argument("--port", type=_port, default=8000, help="порт; занятый заменяется")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="без показательного региона"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"порт — число от 1 до 65535, а не {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
