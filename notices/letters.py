"""What a letter says: made anew at every try, of what its person may see at that moment.

A letter holds numbers of cases and the portal's own words. Headings, names, texts and contacts
of citizens stay in the portal: a mailbox is read by others and kept for years.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.enclosures import Enclosure, enclosures_of
from cases.filters import today_bounds
from cases.models import Case
from notices.inbox import Shown, with_cases
from notices.models import Letter, MailSettings

# So many lines of a kind; the rest is a number and a link to the list.
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Lines:
    """Alike notices of a letter."""

    kind: str
    rows: list[Shown]
    more: int

    @property
    def count(self) -> int:
        return len(self.rows) + self.more


def build(letter: Letter) -> EmailMultiAlternatives | None:
    """The letter, ready to send; None where nothing is left that its person may and must see."""
    person = letter.person
    if not person.is_active or not person.email:
        return None
    rows = with_cases(person, list(letter.notices.unread().order_by("pk")))
    rows, enclosed = _enclosures(person, rows)
    if not rows:
        return None
    with (
        translation.override(settings.LANGUAGE_CODE),
        timezone.override(MailSettings.of(person).zone()),
    ):
        message = _message(letter, person, _grouped(rows))
    for file in enclosed:
        message.attach(file.name, file.body, file.media_type)
    return message


def _enclosures(person: User, rows: list[Shown]) -> tuple[list[Shown], list[Enclosure]]:
    """The rows whose files the person may have at this moment, and the files."""
    kept: list[Shown] = []
    files: list[Enclosure] = []
    for row in rows:
        found = enclosures_of(person, row.notice.kind, row.notice.data)
        if found is not None:
            kept.append(row)
            files += found
    return kept, files


def _grouped(rows: list[Shown]) -> list[Lines]:
    alike: dict[str, list[Shown]] = {}
    for row in rows:
        alike.setdefault(row.notice.kind, []).append(row)
    return [
        Lines(kind, some[:MOST_LINES], max(0, len(some) - MOST_LINES))
        for kind, some in alike.items()
    ]


def _message(letter: Letter, person: User, lines: list[Lines]) -> EmailMultiAlternatives:
    settings_url = settings.PORTAL_URL + reverse("notice-settings")
    context: dict[str, Any] = {
        "person": person,
        "lines": lines,
        "total": sum(line.count for line in lines),
        "digest": letter.digest,
        "now": queue_of(person) if letter.digest else None,
        "base": settings.PORTAL_URL,
        "list_url": settings.PORTAL_URL + reverse("notices"),
        "settings_url": settings_url,
    }
    subject = render_to_string("notices/mail_subject.txt", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string("notices/mail.txt", context).strip() + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[person.email],
        headers={
            "Message-ID": letter.message_id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{settings_url}>",
        },
    )
    message.attach_alternative(render_to_string("notices/mail.html", context), "text/html")
    return message


def queue_of(person: User) -> dict[str, int] | None:
    """How many open cases the person has, due today and overdue (one query); None without any."""
    if not holds_anywhere(person, [Right.ANSWER_CASES]):
        return None
    start, end = today_bounds()
    mine = Case.objects.visible_to(person, Right.ANSWER_CASES).open().filter(executor=person)
    return mine.aggregate(
        open=Count("pk"),
        today=Count("pk", filter=Q(due_at__gte=max(start, timezone.now()), due_at__lt=end)),
        overdue=Count("pk", filter=Q(due_at__lt=timezone.now())),
    )
