"""A save that came too late: what happened since the page was opened, and both texts."""

from dataclasses import dataclass, field
from typing import Any

from agencies.models import User
from agencies.roles import Right
from cases.errors import CaseError
from cases.masking import mask_text
from cases.models import Case, CaseEvent, Message, Reply
from cases.querysets import may
from cases.views.differences import DiffRow, difference

# Moves that leave the case's version as it was.
_NO_VERSION = {"attach", "detach"}
_MOST = 20


@dataclass(slots=True)
class TextChange:
    """Two texts side by side. `what`: reply (mine and the one sent meanwhile) or message."""

    what: str
    lines: list[DiffRow]
    who: str = ""


@dataclass(slots=True)
class Conflict:
    error: CaseError
    events: list[CaseEvent]
    texts: list[TextChange] = field(default_factory=list)
    kept: str = ""  # the text that could not be sent


def events_since(case: Case, version: int | None) -> list[CaseEvent]:
    """What changed the case after that version, the newest first (one query).

    Every change of a case makes one version and one event; two of one moment belong to one move.
    """
    if version is None or version >= case.version:
        return []
    found: list[CaseEvent] = []
    moments: set[Any] = set()
    for event in case.events.select_related("actor")[: 3 * _MOST]:
        if event.move not in _NO_VERSION:
            if event.at not in moments and len(moments) == case.version - version:
                break
            moments.add(event.at)
        found.append(event)
    return found[:_MOST]


def conflict_of(
    error: CaseError, case: Case, user: User, *, version: int | None, text: str = ""
) -> Conflict:
    """`version`: the one the person saw; `text`: what he typed (three queries at most)."""
    events = events_since(case, version)
    return Conflict(
        error, events, [*_replies(case, user, events, text), *_messages(case, user, events)]
    )


def _shown(text: str, case: Case, user: User) -> str:
    if may(user, Right.VIEW_CONTACTS, case):
        return text
    return mask_text(text, case.citizen.hidden_name)


def _replies(case: Case, user: User, events: list[CaseEvent], text: str) -> list[TextChange]:
    """Replies colleagues sent meanwhile, beside the text that was to be sent."""
    sent = [e.data.get("reply") for e in events if e.move == "submit_reply"]
    if not sent or not text:
        return []
    found = Reply.objects.filter(pk__in=sent, case=case).exclude(author=user)
    return [
        TextChange(
            "reply", difference(_shown(reply.text, case, user), text), str(reply.author_name)
        )
        for reply in found.order_by("-version")[:1]
    ]


def _messages(case: Case, user: User, events: list[CaseEvent]) -> list[TextChange]:
    """The citizen's message as it was and as it is now."""
    if not any(event.move == "message_edited" for event in events):
        return []
    changed: list[TextChange] = []
    versions: dict[tuple[int, str], list[Message]] = {}
    for message in case.messages.order_by("version"):
        versions.setdefault((message.channel_id, message.external_id), []).append(message)
    for found in versions.values():
        if len(found) > 1:
            before, now = (_shown(m.text, case, user) for m in found[-2:])
            changed.append(TextChange("message", difference(before, now)))
    return changed
