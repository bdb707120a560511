"""A thousand lives under kill -9 of web server, worker and database.

    python -m tests.kills [--cases 1000] [--kills 40] [--seed 1] [--folder DIR]

Starts a cluster, the web server and the worker of its own in a scratch folder, a mail server in
this process, and lets people work through HTTP while blows fall. In the end everything is read
anew and compared; prints figures as JSON, exit code 1 where something is wrong.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from portal.postgres import DATABASE, OWNER

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

# What a day's waiting is for the portal passes in seconds: letters of one person may follow
# each other, and what waits to be gathered is due.
_TIME_PASSES = (
    "update notices_letter set created_at = created_at - interval '1 hour'"
    " where created_at > now() - interval '1 hour'",
    "update notices_notice set mail_at = now() where mail_at > now() and letter_id is null",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.kills")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=14, help="moves of a case at most")
    parser.add_argument(
        "--gap", type=float, nargs=2, help="seconds; by default spread over the changes to be made"
    )
    parser.add_argument("--folder", type=Path, help="kept; by default a temporary one")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    if options.folder is None:
        folder.chmod(0o755)  # the server's own user passes through
    try:
        report = run(options, folder)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 1 if report["problems"] else 0


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from notices.tests.mailserver import MailServer
    from tests.kills.place import Place

    mail = MailServer()
    place = Place(folder, mail.port)
    try:
        _empty(place)
        return _play(options, place, mail)
    finally:
        place.end()
        mail.stop()
        place.cluster.leave()


def _empty(place: Any) -> None:
    """A migrated database without a row; a kept folder has one to copy."""
    databases = place.cluster.sql("select datname from pg_database").split()
    if "empty" not in databases:
        place.manage("migrate", "--verbosity", "0")
        place.manage("grant_app_role")
        place.manage("collectstatic", "--no-input", "--verbosity", "0")
        place.cluster.sql(f"create database empty template {DATABASE} owner {OWNER}")
        return
    place.cluster.sql(
        f"drop database {DATABASE} with (force)",
        f"create database {DATABASE} template empty owner {OWNER}",
        "checkpoint",  # a recovery that replays the drop of a database takes its time
    )


def _play(options: argparse.Namespace, place: Any, mail: Any) -> dict[str, Any]:
    os.environ.update(place.env | {"DATABASE_POOL": "0", "PORTAL_ROLE": "app"})
    import django

    django.setup()

    from cases.models import ReasonKind
    from tests import factories
    from tests.kills import region
    from tests.kills.people import Hall
    from tests.kills.scenario import Scenario
    from tests.kills.verdict import drained, figures, problems

    people = region.make()
    facts = {
        "rejection": factories.first_reason(ReasonKind.REJECTION),
        "redirect": factories.first_reason(ReasonKind.REDIRECT),
        "return": factories.first_reason(ReasonKind.RETURN),
        "closing": factories.first_reason(ReasonKind.CLOSING),
        "workday": f"{factories.next_workday(3):%Y-%m-%d}",
    }
    place.start()
    hall = Hall(place.port)
    scenario = Scenario(hall, people, facts, options)
    began, over = time.monotonic(), threading.Event()
    clock = threading.Thread(target=_pass_time, args=(place, over), daemon=True)
    clock.start()
    dice = random.Random(options.seed)
    with place.blows(dice, options.kills, _pause(options, hall), hall.wait_for_one):
        story = scenario.run()
    worked = time.monotonic() - began
    _wait(drained, 300)
    over.set()
    clock.join()
    copies = Counter(str(letter["Message-ID"]) for letter in mail.letters)
    return {
        "cases": options.cases,
        "seconds": round(worked),
        "kills": dict(place.kills),
        "started again": dict(place.deaths),
        "moves acknowledged": len(story.sure),
        "made without an answer": len(story.unsure),
        "refused": dict(story.refused),
        "answers": dict(hall.told),
        **figures(copies),
        "problems": problems(options.cases, story, place, copies),
    }


# Lives end early as well: so much of the steps they may have is made at least.
_MADE = 0.75


def _pause(options: argparse.Namespace, hall: Any) -> Any:
    """Between two blows: seconds, or a random part of the changes that fall to each blow.

    By changes as many blows fall on a quick machine as on a slow one, and each finds a portal that
    has got up again.
    """
    share = options.cases * options.steps * _MADE / options.kills

    def by_time(_at: int, dice: random.Random, over: threading.Event) -> bool:
        return not over.wait(dice.uniform(*options.gap))

    def by_changes(at: int, dice: random.Random, over: threading.Event) -> bool:
        goal = (at + dice.random()) * share
        while hall.changes < goal:
            if over.wait(0.02):
                return False
        return not over.is_set()

    return by_time if options.gap else by_changes


def _pass_time(place: Any, over: threading.Event) -> None:
    import psycopg

    while not over.wait(2):
        try:
            with psycopg.connect(place.cluster.url("postgres"), connect_timeout=5) as connection:
                for statement in _TIME_PASSES:
                    connection.execute(statement)
        except (psycopg.Error, RuntimeError):
            continue  # the database has just been killed


def _wait(done: Any, seconds: float) -> None:
    from django.db import DatabaseError, connection

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if done():
                return
        except DatabaseError:
            connection.close()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
