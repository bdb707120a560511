"""One message arriving by itself: a new case, a new version of a known message, or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection, transaction
from django.db.models import F

from agencies.access import holds
from agencies.models import Agency, User
from agencies.roles import Right
from cases.actions.control import record_mark
from cases.actions.moderation import refresh_search, register
from cases.attachments import CheckedFile, add_to_message
from cases.errors import CaseNotFound, RightMissing
from cases.models import Case, CaseEvent, Channel, Citizen, Message, Territory, Topic

Result = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Arrival:
    case: Case
    message: Message
    result: Result


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check_may_receive(actor: User) -> None:
    """RightMissing unless `actor` may import region-wide (no query beyond the user's one)."""
    if not holds(actor, Right.IMPORT_MESSAGES, None):
        raise RightMissing("right_missing", right=Right.IMPORT_MESSAGES.value)


def _lock_source(channel: Channel, external_id: str) -> None:
    """Two deliveries of one message wait for each other until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"message:{channel.pk}:{external_id}"],
        )


def _author(channel: Channel, external_id: str, handle: str, facts: dict[str, Any]) -> Citizen:
    """The known author, or a new one; nobody's details are overwritten by a later message."""
    if not handle:
        # Anonymous messages share no author: "wrote before" must not join strangers.
        handle = f"anonymous:{external_id}"[:200]
        facts = {**facts, "kind": Citizen.Kind.ANONYMOUS}
    found, _ = Citizen.objects.get_or_create(channel=channel, handle=handle, defaults=facts)
    return found


@transaction.atomic
def receive(
    *,
    actor: User,
    channel: Channel,
    external_id: str,
    text: str,
    posted_at: datetime,
    author: str = "",
    author_facts: dict[str, Any] | None = None,
    url: str = "",
    topic: Topic | None = None,
    territory: Territory | None = None,
    place: str = "",
    regime: str = "",
    fast_track: bool = False,
    incoming_number: str = "",
    registered_on: datetime | None = None,
    migration: bool = False,
    files: Sequence[CheckedFile] = (),
) -> Arrival:
    """Take in one message of a source; idempotent by `channel` and `external_id`.

    The same text again changes nothing, another text becomes the next version of the message
    and leaves the card as people set it. Raises RightMissing without a region-wide
    import_messages: a new case belongs to no agency yet. `regime`: another than the channel's;
    `incoming_number`, `registered_on`: an appeal by 59-FZ that was registered elsewhere.
    """
    check_may_receive(actor)
    _lock_source(channel, external_id)
    known = (
        Message.objects.select_related("case")
        .filter(channel=channel, external_id=external_id, is_current=True)
        .first()
    )
    if known is None:
        message = Message(
            channel=channel,
            external_id=external_id,
            author=_author(channel, external_id, author, author_facts or {}),
            text=text,
            url=url,
            posted_at=posted_at,
            fingerprint=fingerprint(text),
        )
        case = register(
            message,
            actor=actor,
            topic=topic,
            territory=territory,
            place=place,
            centre=Agency.objects.filter(kind=Agency.Kind.CENTRE).order_by("pk").first(),
            regime=regime,
            fast_track=fast_track,
            incoming_number=incoming_number,
            registered_on=registered_on,
            migration=migration,
        )
        add_to_message(case, message, files, actor=actor)
        return Arrival(case, message, "created")
    if known.text == text:
        added = files and add_to_message(known.case, known, files, actor=actor)
        return Arrival(known.case, known, "updated" if added else "unchanged")
    arrival = _edited(known, actor=actor, text=text, url=url)
    add_to_message(arrival.case, arrival.message, files, actor=actor)
    return arrival


def receive_mark(
    *, actor: User, channel: Channel, external_id: str, value: int, comment: str = ""
) -> Case:
    """The author's mark of the reply to a message of this source (see `record_mark`).

    CaseNotFound for a message nobody brought, MoveNotAllowed where no reply waits for a mark.
    """
    check_may_receive(actor)
    known = Message.objects.select_related("case").filter(
        channel=channel, external_id=external_id, is_current=True
    )
    message = known.first()
    if message is None:
        raise CaseNotFound("case_not_found")
    return record_mark(message.case, actor=None, value=value, comment=comment, via=actor)


def _edited(known: Message, *, actor: User, text: str, url: str) -> Arrival:
    case = Case.objects.select_for_update().defer("search").get(pk=known.case_id)
    Message.objects.filter(pk=known.pk).update(is_current=False)
    message = Message.objects.create(
        case=case,
        channel_id=known.channel_id,
        external_id=known.external_id,
        version=known.version + 1,
        author_id=known.author_id,
        text=text,
        url=url or known.url,
        posted_at=known.posted_at,
        fingerprint=fingerprint(text),
    )
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1)
    case.version += 1
    refresh_search([case.pk])
    CaseEvent.objects.create(
        case=case,
        actor=actor,
        move="message_edited",
        before=case.status,
        after=case.status,
        data={"version": message.version},
    )
    return Arrival(case, message, "updated")
