"""A worker killed at the worst moments: no letter lost, one sent twice a kill at the most."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import time as clock
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from agencies.roles import Role
from notices.models import Letter, MailSettings, Notice
from notices.tests.mailserver import MailServer
from tests import factories

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
LETTERS, KILLS = 40, 6


def _database() -> str:
    its = connection.settings_dict
    where = f"?host={quote(its['HOST'], safe='/')}" if its["HOST"].startswith("/") else ""
    host = "" if where else its["HOST"]
    port = f":{its['PORT']}" if its["PORT"] else ""
    password = f":{quote(its['PASSWORD'])}" if its["PASSWORD"] else ""
    return f"postgresql://{its['USER']}{password}@{host}{port}/{its['NAME']}{where}"


class Worker:
    """The real one, as an operator starts it, against the database of the test."""

    def __init__(self, port: int) -> None:
        self.env = {
            **os.environ,
            "DATABASE_URL": _database(),
            "PORTAL_ROLE": "app",
            "DATABASE_POOL": "4",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
            "SMTP_TIMEOUT": "5",
            "MAIL_LEASE": "2",
            "MAIL_FROM": "portal@example.ru",
            "SECRET_KEY": django_settings.SECRET_KEY,
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        self.process = self._start()
        self.kills = 0

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
        )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def again(self) -> None:
        if self.process.poll() is not None:
            self.process = self._start()

    def stop(self) -> float:
        """Seconds it took to end by itself after SIGTERM."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(30) == 0
        return time.monotonic() - began


def _people_with_notices() -> None:
    factories.load_reference()
    agency = factories.make_agency("own")
    for number in range(LETTERS):
        person = factories.make_person(Role.EXECUTOR, agency, email=f"p{number}@example.org")
        MailSettings.objects.create(
            person=person, quiet_from=clock(0), quiet_until=clock(0), quiet_days_off=False
        )
        case = factories.make_case(agency=agency, executor=person)
        Notice.objects.create(
            person=person,
            kind="assigned",
            cause=f"test:{number}",
            case=case,
            agency=agency,
            at=timezone.now(),
            mail_at=timezone.now(),
        )


def test_letters_survive_a_worker_killed_between_sending_and_noting() -> None:
    _people_with_notices()
    server = MailServer()
    worker = Worker(server.port)
    marked = {4, 9, 15, 16, 25, 33}
    assert len(marked) == KILLS

    def die_sometimes(_letter: EmailMessage) -> None:
        """Called when the server has the letter and before the worker hears of it."""
        if len(server.letters) in marked:
            worker.kill()

    server.postman.after_data = die_sometimes
    try:
        until = time.monotonic() + 240
        while Letter.objects.filter(state="sent").count() < LETTERS and time.monotonic() < until:
            worker.again()
            time.sleep(0.5)
        worker.again()
        took = worker.stop()
    finally:
        if worker.process.poll() is None:
            worker.kill()
        server.stop()
    states = Counter(Letter.objects.values_list("state", flat=True))
    assert states == {"sent": LETTERS}
    copies = Counter(str(letter["Message-ID"]) for letter in server.letters)
    assert set(copies) == set(Letter.objects.values_list("message_id", flat=True))
    twice = [name for name, number in copies.items() if number > 1]
    assert max(copies.values()) <= 2
    assert worker.kills == KILLS
    assert len(twice) <= worker.kills
    assert took < 15
