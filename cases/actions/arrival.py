"""One message arriving by itself: a new case, a new version of a known message, or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies.access import holds
from agencies.models import User
from agencies.roles import Right
from cases.actions.control import record_mark
from cases.actions.moderation import refresh_search
from cases.actions.registration import register
from cases.actions.splitting import follow_source
from cases.attachments import CheckedFile, add_to_message
from cases.bulk import fresh
from cases.directory import directory_of
from cases.errors import CaseNotFound, RightMissing
from cases.models import Case, CaseEvent, Channel, Citizen, Message, Territory, Topic
from cases.waiting import end_by_message
from database.rows import Columns, planned, set_related

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


_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))::text"
_MESSAGE, _CASE = Columns(Message, "m"), Columns(Case, "c", without=["search"])
_CITIZEN = Columns(Citizen, "z")
_KNOWN = f"""
select {_MESSAGE.sql}, {_CASE.sql}, {_CITIZEN.sql}
from (select %s::bigint as channel_id, %s as external_id, %s as handle) wanted
left join cases_message m on m.channel_id = wanted.channel_id
    and m.external_id = wanted.external_id and m.is_current
left join cases_case c on c.id = m.case_id
left join cases_citizen z on z.channel_id = wanted.channel_id and z.handle = wanted.handle
"""


def _known(
    channel: Channel, external_id: str, handle: str
) -> tuple[Message | None, Citizen | None]:
    """The current message of this source with its case, and the author (two queries).

    Two deliveries of one message wait for each other here, until the transaction ends. What the
    first has written is seen by a statement that begins after the lock, not by that of the lock.
    """
    planned(_LOCK, [f"message:{channel.pk}:{external_id}"])
    (row,) = planned(_KNOWN, [channel.pk, external_id, handle])
    message = _MESSAGE.take(row)
    if message is not None:
        case = _CASE.take(row, _MESSAGE.width)
        assert case is not None
        message.case = case
    return message, _CITIZEN.take(row, _MESSAGE.width + _CASE.width)


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
    facts = author_facts or {}
    if not author:
        # Anonymous messages share no author: "wrote before" must not join strangers.
        author = f"anonymous:{external_id}"[:200]
        facts = {**facts, "kind": Citizen.Kind.ANONYMOUS}
    known, writer = _known(channel, external_id, author)
    if known is None:
        # Nobody's details are overwritten by a later message.
        writer = writer or fresh(Citizen, channel_id=channel.pk, handle=author, **facts)
        message = fresh(
            Message,
            channel_id=channel.pk,
            external_id=external_id,
            author_id=writer.pk,
            text=text,
            url=url,
            posted_at=posted_at,
            fingerprint=fingerprint(text),
        )
        set_related(message, channel=channel, author=writer)
        case = register(
            message,
            actor=actor,
            topic=topic,
            territory=territory,
            place=place,
            centre=directory_of(actor).centre,
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
    follow_source(message, actor)
    end_by_message(case, timezone.now())
    return Arrival(case, message, "updated")
