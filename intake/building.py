"""A row of a file -> unsaved case, message, clocks, replies and events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from agencies.models import Agency
from cases.bulk import Encoded, copy_cases, copy_in, encode, fresh
from cases.masking import mask_text
from cases.models import (
    Appeal,
    Assignment,
    Case,
    CaseEvent,
    Citizen,
    Clock,
    Message,
    Reply,
    Territory,
    Topic,
)
from cases.titles import heading
from cases.workflow import BEFORE_AGENCY, Regime, Status
from intake.incoming import IncomingRow, Line
from intake.models import AwaitingAgency, ImportBatch
from intake.refs import References
from intake.regimes import appeal_row, facts_of
from intake.terms import Terms, begin

# A step of the file -> state here. What needs rows of our own making (a card merged into
# another, a reply under review) becomes the nearest state that does not.
_STATES: dict[str, Status] = {
    "": Status.MODERATION,
    "received": Status.MODERATION,
    "moderation": Status.MODERATION,
    "merged": Status.CLOSED,
}
FINISHED = frozenset({Status.ANSWERED, Status.CLOSED})


@dataclass(slots=True)
class Rows:
    """What one chunk writes, in the order of the foreign keys."""

    cases: list[Case] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # of the messages, masked, for the search
    messages: list[Message] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)
    awaiting: list[AwaitingAgency] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)

    def begin(self, begun: Terms) -> None:
        self.clocks += begun.clocks
        if begun.assignment is not None:
            self.assignments.append(begun.assignment)

    def write(self) -> None:
        copy_cases(self.cases, self.words, masked=True)
        copy_in(Message, self.messages, with_ids=False)
        copy_in(Assignment, self.assignments)
        copy_in(Clock, self.clocks, with_ids=False)
        copy_in(Reply, self.replies, with_ids=False)
        copy_in(CaseEvent, self.events, with_ids=False)
        copy_in(AwaitingAgency, self.awaiting, with_ids=False)
        copy_in(Appeal, self.appeals)


def raw_of(line: Line, batch: ImportBatch) -> Encoded:
    """What the file said: the cells in the order of the headers its batch keeps.

    Headers beside every cell would be two thirds of the table. A mended row has columns of its
    own order, so its cells keep their headers.
    """
    cells = line.raw if line.headers == batch.header_row else encode(line.cells)
    return Encoded(f'{{"batch":{batch.id},"cells":{cells}}}')


def place_of(row: IncomingRow) -> str:
    if row.address:
        return row.address[:300]
    return ", ".join(filter(None, (row.settlement, row.street, row.house)))[:300]


class Placing(NamedTuple):
    """Where a row's case belongs: its state, and the agency that has or should have it.

    `unknown_name`: what the file calls an agency nobody here is called by.
    """

    status: Status
    agency: Agency | None
    unknown_name: str


def place_case(
    row: IncomingRow, refs: References, topic: Topic | None, territory: Territory | None
) -> Placing:
    """The agency the file names, else the one of the routing rules.

    An agency the file names and nobody knows is no matter of the rules: what is finished becomes
    history of «Ведомство не определено» until an operator says who it was, what is still open
    goes to the desk with the rules' proposal.
    """
    agency = refs.named_agency(row)
    unknown = "" if agency else row.agency or row.executor
    status = step_of(row)
    if agency is None and not (unknown and status in FINISHED):
        agency = refs.routed(topic, territory, row.posted_at.date())
    if status in BEFORE_AGENCY:
        return Placing(status, agency, unknown)
    if status in FINISHED:
        agency = agency or refs.unknown_agency()
    elif unknown:
        return Placing(Status.MODERATION, agency, unknown)
    return Placing(status if agency else Status.MODERATION, agency, unknown)


def step_of(row: IncomingRow) -> Status:
    """Without a step: moderation, or answered when the row brings a reply."""
    if not row.status and row.replies:
        return Status.ANSWERED
    status = _STATES.get(row.status) or Status(row.status)
    if status == Status.APPROVAL and not row.replies:
        return Status.IN_WORK  # an approver would find nothing to approve
    return status


def answered_at(row: IncomingRow) -> datetime:
    """When the citizen had his answer, as far as the row tells."""
    moments = [reply.sent_at for reply in row.replies if reply.sent_at]
    known = (
        min(moments, default=None)
        or row.timings.first_reply_at
        or row.timings.satisfaction_at
        or row.finished_at
        or row.posted_at
    )
    return max(known, row.posted_at)


def set_state(case: Case, row: IncomingRow, status: Status) -> None:
    """The state with the moments it implies."""
    case.status = str(status)
    case.assigned_at = row.timings.assigned_at or (
        row.posted_at if status not in BEFORE_AGENCY else None
    )
    case.answered_at = answered_at(row) if status in FINISHED else None
    case.closed_at = None
    if status in {Status.CLOSED, Status.REJECTED, Status.CEASED}:
        case.closed_at = max(row.finished_at or row.posted_at, case.answered_at or row.posted_at)
        case.close_reason = row.close_reason[:60]
    if status == Status.APPROVAL:
        case.submitted_at = row.timings.approval_sent_at or row.posted_at
    case.outcome = row.outcome if status in FINISHED else ""
    case.due_at = None


def make_replies(case: Case, row: IncomingRow, refs: References) -> list[Reply]:
    """Replies as history, in their order, versions from 1.

    A case at the desk keeps what was sent to the citizen before; a text that waited for its
    approval elsewhere was not sent and stays in the raw cells.
    """
    agency = refs.by_pk.get(case.agency_id) if case.agency_id else None
    agency = agency or (refs.unknown_agency() if row.replies else None)
    if agency is None:
        return []
    made: list[Reply] = []
    moment = answered_at(row)
    last = len(row.replies) - 1
    for at, reply in enumerate(row.replies):
        waiting = row.status == Status.APPROVAL and at == last
        if waiting and case.status != Status.APPROVAL:
            continue
        moment = max(reply.sent_at or moment + timedelta(seconds=1 if made else 0), row.posted_at)
        made.append(
            fresh(
                Reply,
                case_id=case.id,
                agency_id=agency.id,
                author_name=((row.executor or row.agency) if reply.by_last_executor else "")[:200],
                state=(Reply.State.APPROVAL if waiting else Reply.State.PUBLISHED).value,
                outcome=row.outcome if at == last else "",
                text=reply.text,
                version=at + 1,
                submitted_at=min(reply.approval_sent_at or moment, moment),
                published_at=None if waiting else moment,
            )
        )
    return made


@dataclass(slots=True)
class Draft:
    """A case and what hangs on it, all that can be said without ids, author and number."""

    row: IncomingRow
    case: Case
    message: Message
    event: CaseEvent
    begun: Terms
    replies: list[Reply]
    appeal: Appeal | None
    waits_as: str  # name of an agency nobody knows


def draft(
    line: Line, row: IncomingRow, refs: References, *, now: datetime, batch: ImportBatch
) -> Draft:
    topic, territory = refs.topic(row), refs.territory(row)
    channel = refs.channel(row.channel)
    placing = place_case(row, refs, topic, territory)
    facts = facts_of(row, channel.regime)
    agency = placing.agency.id if placing.agency else None
    at_desk = placing.status in BEFORE_AGENCY
    case = fresh(
        Case,
        regime=facts.regime,
        fast_track=facts.fast_track,
        kind=row.kind or (topic.kind if topic else "solvable"),
        channel_id=channel.id,
        topic_id=topic.id if topic else None,
        territory_id=territory.id if territory else None,
        place=place_of(row),
        lat=row.lat,
        lon=row.lon,
        severity=topic.severity if topic else 2,
        agency_id=None if at_desk else agency,
        proposed_agency_id=agency if at_desk else None,
        received_at=row.posted_at,
        # History was registered where it comes from; a new message is registered now.
        registered_at=facts.registered_at or (row.posted_at if row.status or row.replies else now),
        audience=min(row.audience or 0, 2_000_000_000),
    )
    set_state(case, row, placing.status)
    appeal = None
    if case.regime == Regime.LAW59:
        appeal = appeal_row(case, facts, at_desk=at_desk)
        if at_desk and not appeal.incoming_number and case.status == Status.MODERATION:
            case.status = Status.RECEIVED.value  # waits for its registration
    event = fresh(
        CaseEvent,
        at=now,
        move="imported",
        after=case.status,
        data=Encoded(f'{{"batch":{batch.id},"row":{line.number}}}'),
    )
    return Draft(
        row,
        case,
        make_message(line, row, case, now=now, batch=batch),
        event,
        begin(case, refs, migration=facts.migration),
        make_replies(case, row, refs) if row.replies else [],
        appeal,
        placing.unknown_name if not at_desk else "",
    )


def complete(
    rows: Rows, made: Draft, citizen: Citizen, refs: References, *, pk: int, number: str
) -> None:
    """Give a draft its ids and add it to what is written."""
    case, row = made.case, made.row
    title, words = heading_and_words(row, citizen)
    case.__dict__ |= {"id": pk, "number": number, "citizen_id": citizen.id, "title": title}
    made.message.case_id, made.message.author_id = pk, citizen.id
    made.event.case_id = pk
    for clock in made.begun.clocks:
        clock.case_id = pk
    for reply in made.replies:
        reply.case_id = pk
    if made.begun.assignment is not None:
        made.begun.assignment.case_id = pk
    if made.appeal is not None:
        made.appeal.case_id = pk
        if made.appeal.incoming_number is None:  # registered elsewhere, under a number we lack
            made.appeal.incoming_number = number
        rows.appeals.append(made.appeal)
    rows.begin(made.begun)
    rows.cases.append(case)
    rows.words.append(words)
    rows.messages.append(made.message)
    rows.replies += made.replies
    rows.events.append(made.event)
    if made.waits_as:
        rows.awaiting.append(awaiting(case, made.waits_as, refs))


def heading_and_words(row: IncomingRow, citizen: Citizen) -> tuple[str, str]:
    """Title and searched words without the author's name, as the row or our own card has it."""
    name = citizen.hidden_name
    if name in ("", row.author.hidden_name):
        return row.title, row.words
    words = mask_text(row.text, name)
    return heading(words), words


def awaiting(case: Case, name: str, refs: References) -> AwaitingAgency:
    return fresh(AwaitingAgency, case_id=case.id, name_id=refs.name_id(name))


def make_message(
    line: Line,
    row: IncomingRow,
    case: Case,
    *,
    now: datetime,
    batch: ImportBatch,
    version: int = 1,
) -> Message:
    return fresh(
        Message,
        case_id=case.id,
        channel_id=case.channel_id,
        external_id=row.external_id,
        version=version,
        author_id=case.citizen_id,
        text=row.text,
        url=row.url,
        posted_at=row.posted_at,
        received_at=now,
        fingerprint=row.fingerprint,
        raw=raw_of(line, batch),
        batch_id=batch.id,
    )


def numbers_for(rows: Sequence[IncomingRow], fresh: Sequence[str], now: datetime) -> list[str]:
    """Running numbers with the year of registration: history keeps the year it came in."""
    return [
        f"{(row.posted_at if row.status or row.replies else now):%y}-{number.split('-')[1]}"
        for row, number in zip(rows, fresh, strict=True)
    ]
