"""What the table says of cases is fetched here, some hundred cases at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cases.models import Appeal, Attachment, Case, Clock, Message, Reason, Reply
from intake.incoming import IncomingRow
from intake.models import AwaitingAgency
from intake.told import Told

_SHOWN = frozenset(
    {Reply.State.PUBLISHED, Reply.State.APPROVAL, Reply.State.REVIEW, Reply.State.ACCEPTED}
)


@dataclass(slots=True)
class Facts:
    """One case with what hangs on it. `told`: what its file said, as the import reads it."""

    case: Case
    message: Message | None = None
    told: IncomingRow | None = None
    replies: list[Reply] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)  # the executors' own terms
    appeal: Appeal | None = None
    agency_name: str = ""  # of an agency nobody here knows, as its file called it
    message_media: bool = False
    reply_media: bool = False

    @property
    def published(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.state == Reply.State.PUBLISHED]

    @property
    def waiting(self) -> Reply | None:
        """The text that waits for its approval, its review or its publication."""
        rows = [r for r in self.replies if r.state in _SHOWN and r not in self.published]
        return rows[-1] if rows else None

    @property
    def answered_elsewhere(self) -> bool:
        """Whether all that was answered came with the file, so that its cells still say it."""
        return (
            self.told is not None
            and self.case.first_response_at is None
            and all(r.author_id is None and r.state in _SHOWN for r in self.replies)
        )


class Fetcher:
    """About eight queries for a part, whatever its size."""

    def __init__(self) -> None:
        self._told = Told()
        self.reasons: dict[str, str] = dict(
            Reason.objects.order_by("-pk").values_list("code", "name")
        )

    def fetch(self, keys: Sequence[int]) -> list[Facts]:
        """In the order of the keys; what was deleted meanwhile is left out."""
        rows = (
            Case.objects.filter(pk__in=keys)
            .select_related("channel", "citizen", "topic__group", "territory", "agency")
            .defer("search", "touched")
        )
        found = {case.pk: Facts(case) for case in rows}
        ids = list(found)
        self._messages(found, ids)
        for reply in Reply.objects.filter(case__in=ids).order_by("version").defer("assessment"):
            found[reply.case_id].replies.append(reply)
        own = Clock.objects.filter(case__in=ids, kind=Clock.Kind.EXECUTOR, warning_only=False)
        for clock in own.order_by("pk").defer("explanation"):
            found[clock.case_id].clocks.append(clock)
        for appeal in Appeal.objects.filter(case__in=ids):
            found[appeal.case_id].appeal = appeal
        files = Attachment.objects.filter(case__in=ids)
        for case_id, of_reply in files.values_list("case_id", "reply_id"):
            if of_reply is None:
                found[case_id].message_media = True
            else:
                found[case_id].reply_media = True
        names = AwaitingAgency.objects.filter(case__in=ids).values_list("case_id", "name__name")
        for case_id, name in names:
            found[case_id].agency_name = name
        return [found[key] for key in keys if key in found]

    def _messages(self, found: dict[int, Facts], ids: list[int]) -> None:
        """A case has one row, of the message it began with: the others were merged into it."""
        rows = Message.objects.filter(case__in=ids, is_current=True).order_by("posted_at", "pk")
        first: dict[int, Message] = {}
        for message in rows:
            of_author = message.author_id == found[message.case_id].case.citizen_id
            known = first.get(message.case_id)
            if known is None or (of_author and known.author_id != message.author_id):
                first[message.case_id] = message
        self._told.learn(first.values())
        for case_id, message in first.items():
            found[case_id].message, found[case_id].told = message, self._told.row(message)
