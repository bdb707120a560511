"""Letters: made of the notices that are due, sent by SMTP, tried again until a limit.

A letter is claimed before it is sent: its next try is set some minutes ahead, and that is
committed. A worker killed between sending and noting it leaves the letter to that next try, with
the same Message-ID: one letter at most is sent twice a kill, never none.
"""

import logging
import smtplib
import uuid
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import User
from notices.delivery import GATHER, Post
from notices.kinds import ORDERED
from notices.letters import build
from notices.models import Letter, Notice
from notices.timing import after_quiet, is_quiet

log = logging.getLogger(__name__)
# A person gets no second letter within this time: what comes meanwhile is gathered.
GAP = timedelta(minutes=5)
# Waits between the tries of one letter; after the last it is given up.
TRIES = (1, 5, 15, 60, 240, 720)
PEOPLE_AT_ONCE = 200
LETTERS_AT_ONCE = 50
# While the server does not answer at all no letter is charged with it.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 15.0, 300.0


class Server:
    """Whether the mail server may be asked: after a failure it is left alone for a while."""

    def __init__(self) -> None:
        self._until = 0.0
        self._pause = _SHORTEST_PAUSE

    def rests(self) -> bool:
        return monotonic() < self._until

    def failed(self) -> None:
        self._until = monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def answered(self) -> None:
        self._until, self._pause = 0.0, _SHORTEST_PAUSE


SERVER = Server()


def run() -> int:
    """Make letters of what is due and send those that wait; how many were dealt with."""
    if not settings.MAIL_ON:
        return 0
    made = compose()
    return 0 if SERVER.rests() else made + send_waiting(SERVER)


def compose(now: datetime | None = None) -> int:
    """One letter for each person with notices due; how many people were looked at.

    Nothing is composed in a person's quiet hours, also when the worker comes late.
    """
    now = now or timezone.now()
    recent = Letter.objects.filter(created_at__gt=now - GAP).values("person")
    people = list(
        Notice.objects.filter(mail_at__lte=now, letter=None)
        .exclude(person__in=recent)
        .order_by()
        .values_list("person", flat=True)
        .distinct()[:PEOPLE_AT_ONCE]
    )
    if not people:
        return 0
    post = Post(people)
    for pk in people:
        _compose_for(post, pk, now)
    return len(people)


@transaction.atomic
def _compose_for(post: Post, pk: int, now: datetime) -> None:
    due = Notice.objects.filter(person=pk, letter=None, mail_at__lte=now + GATHER)
    notices = list(due.order_by("pk").select_for_update(skip_locked=True))
    if not notices:
        return
    ids = [notice.pk for notice in notices]
    person = post.people.get(pk)
    if person is None or not person.email:
        Notice.objects.filter(pk__in=ids).update(mail_at=None)
        return
    hours = post.hours(person)
    if is_quiet(now, hours):
        ordered = {notice.pk for notice in notices if notice.kind in ORDERED and not notice.digest}
        held = [pk for pk in ids if pk not in ordered]
        Notice.objects.filter(pk__in=held).update(mail_at=after_quiet(now, hours))
        notices = [notice for notice in notices if notice.pk in ordered]
        ids = [notice.pk for notice in notices]
        if not notices:
            return
    letter = Letter.objects.create(
        person=person,
        message_id=_message_id(),
        digest=all(notice.digest for notice in notices),
        next_at=now,
    )
    Notice.objects.filter(pk__in=ids).update(letter=letter)


def _message_id() -> str:
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.PORTAL_URL).hostname or 'localhost'}>"


def send_waiting(server: Server) -> int:
    """Send letters over one connection until none waits; how many were dealt with."""
    mailer: Any = get_connection()
    done = 0
    try:
        while done < LETTERS_AT_ONCE and (letter := _claim()) is not None:
            done += 1
            message = build(letter)
            if message is None:
                _note(letter, Letter.State.EMPTY)
                continue
            try:
                mailer.open()
            except (OSError, smtplib.SMTPException) as error:
                _give_back(letter, error)
                server.failed()
                return 0
            try:
                message.connection = mailer
                message.send()
            except smtplib.SMTPSenderRefused as error:
                # The same would befall every letter: the settings are wrong, not this one.
                _give_back(letter, error)
                server.failed()
                return 0
            except (OSError, smtplib.SMTPException) as error:
                _failed(letter, error)
                if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
                    server.failed()
                    return 0
                _drop(mailer)
                continue
            server.answered()
            _note(letter, Letter.State.SENT)
    finally:
        _drop(mailer)
    return done


def _drop(mailer: Any) -> None:
    try:
        mailer.close()
    except (OSError, smtplib.SMTPException):
        mailer.connection = None


def _claim() -> Letter | None:
    """The next letter due, taken for the time of one try; committed before it is sent."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "update notices_letter set next_at = %s, tries = tries + 1 where id = ("
            " select id from notices_letter where state = 'waiting' and next_at <= %s"
            " order by next_at, id limit 1 for update skip locked) returning id",
            [now + timedelta(seconds=settings.MAIL_LEASE), now],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Letter.objects.select_related("person__agency").get(pk=row[0])


def _note(letter: Letter, state: str) -> None:
    Letter.objects.filter(pk=letter.pk).update(
        state=state, error="", sent_at=timezone.now() if state == Letter.State.SENT else None
    )


def _give_back(letter: Letter, error: Exception) -> None:
    """The server did not answer: the letter waits as if it had not been tried."""
    Letter.objects.filter(pk=letter.pk).update(
        next_at=timezone.now(), tries=letter.tries - 1, error=_words(error)
    )
    log.warning("mail server: %s", _words(error))


def _failed(letter: Letter, error: Exception) -> None:
    code = _code(error)
    changes: dict[str, Any] = {"error": _words(error)}
    if code is not None and 500 <= code < 600:
        changes["state"] = Letter.State.REFUSED
    elif letter.tries > len(TRIES):
        changes["state"] = Letter.State.FAILED
    else:
        changes["next_at"] = timezone.now() + timedelta(minutes=TRIES[letter.tries - 1])
    Letter.objects.filter(pk=letter.pk).update(**changes)
    log.warning("letter %s: %s", letter.pk, changes.get("state", "will be tried again"))


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return max(codes, default=None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def _words(error: Exception) -> str:
    """What the server said, in one line; never the letter's own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{code} {_text(text)}" for code, text in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:300]


def _text(raw: bytes | str) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw


def latest_trouble(person: User) -> Letter | None:
    """The person's last letter where it did not arrive (one query)."""
    last = Letter.objects.filter(person=person).exclude(state=Letter.State.EMPTY).first()
    if last is not None and last.state in (Letter.State.REFUSED, Letter.State.FAILED):
        return last
    return None
