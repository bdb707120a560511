"""A row of a file -> unsaved case, message, clocks, replies and events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cases import clocks
from cases.bulk import copy_cases, copy_in, take_ids
from cases.models import Case, CaseEvent, Citizen, Clock, Message, Reply
from cases.titles import make_title
from cases.workflow import BEFORE_AGENCY, Status
from intake.incoming import IncomingRow, Line
from intake.refs import References

# A step of the file -> state here. What needs rows of our own making (a card merged into
# another, a reply under review) becomes the nearest state that does not.
_STATES: dict[str, Status] = {
    "": Status.MODERATION,
    "received": Status.MODERATION,
    "moderation": Status.MODERATION,
    "merged": Status.CLOSED,
}
_FINISHED = {Status.ANSWERED, Status.CLOSED}


@dataclass(slots=True)
class Rows:
    """What one chunk writes, in the order of the foreign keys."""

    cases: list[Case] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)

    def write(self) -> None:
        copy_cases(self.cases, self.texts)
        for rows in (self.messages, self.clocks, self.replies, self.events):
            if not rows:
                continue
            model = type(rows[0])
            missing = [row for row in rows if row.pk is None]
            for row, pk in zip(missing, take_ids(model, len(missing)), strict=True):
                row.pk = pk
            copy_in(model, rows)  # type: ignore[arg-type]


def raw_of(line: Line, row: IncomingRow) -> dict[str, Any]:
    """What the file said, with a hash of every field: a later file shows what it changed."""
    return {"cells": line.cells, "hashes": row.field_hashes()}


def place_of(row: IncomingRow) -> str:
    parts = (row.settlement, row.street, row.house)
    place = row.address or ", ".join(part for part in parts if part)
    return place[:300]


def state_of(row: IncomingRow, *, has_agency: bool) -> Status:
    """Without a step: moderation, or answered when the row brings a reply."""
    status = _STATES.get(row.status) or Status(row.status)
    if not row.status and row.replies:
        status = Status.ANSWERED
    if status == Status.APPROVAL and not row.replies:
        status = Status.IN_WORK  # an approver would find nothing to approve
    if not has_agency and status not in BEFORE_AGENCY:
        return Status.MODERATION
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
    case.status = status
    case.assigned_at = row.timings.assigned_at or (
        row.posted_at if status not in BEFORE_AGENCY else None
    )
    case.answered_at = answered_at(row) if status in _FINISHED else None
    case.closed_at = None
    if status in {Status.CLOSED, Status.REJECTED, Status.CEASED}:
        case.closed_at = max(row.finished_at or row.posted_at, case.answered_at or row.posted_at)
        case.close_reason = row.close_reason[:60]
    if status == Status.APPROVAL:
        case.submitted_at = row.timings.approval_sent_at or row.posted_at
    case.outcome = row.outcome if status in _FINISHED else ""
    case.due_at = None


def start_clocks(case: Case, row: IncomingRow, refs: References) -> list[Clock]:
    """The reply clock of a case at an agency, the moderation clock of one before it."""
    agency = refs.by_pk.get(case.agency_id) if case.agency_id else None
    if case.status == Status.MODERATION:
        if refs.centre is None:
            return []
        made = refs.clock(
            case,
            clocks.MODERATION_RULES.get(case.regime, ()),
            kind=Clock.Kind.STAGE,
            start=case.registered_at,
            agency=refs.centre,
        )
    elif agency is not None and case.status != Status.REJECTED:
        social = case.regime == "social"
        start = (case.assigned_at if social else None) or case.registered_at
        stopped = case.answered_at or case.closed_at
        made = refs.clock(
            case,
            clocks.REPLY_RULES[case.regime],
            kind=Clock.Kind.REPLY,
            start=start,
            agency=agency,
            stopped_at=max(stopped, start) if stopped else None,
        )
    else:
        return []
    return [made] if made else []


def make_replies(case: Case, row: IncomingRow, *, after: int = 0) -> list[Reply]:
    """Replies as history, in their order; `after`: version of the last one there is."""
    if case.agency_id is None:
        return []
    made: list[Reply] = []
    moment = answered_at(row)
    last = len(row.replies) - 1
    for at, reply in enumerate(row.replies):
        moment = max(reply.sent_at or moment + timedelta(seconds=1 if made else 0), row.posted_at)
        waiting = case.status == Status.APPROVAL and at == last
        made.append(
            Reply(
                case_id=case.pk,
                agency_id=case.agency_id,
                author_name=((row.executor or row.agency) if reply.by_last_executor else "")[:200],
                state=Reply.State.APPROVAL if waiting else Reply.State.PUBLISHED,
                outcome=row.outcome if at == last else "",
                text=reply.text,
                version=after + at + 1,
                submitted_at=min(reply.approval_sent_at or moment, moment),
                published_at=None if waiting else moment,
            )
        )
    return made


def make_case(
    rows: Rows,
    line: Line,
    row: IncomingRow,
    citizen: Citizen,
    refs: References,
    *,
    ids: tuple[int, int],
    number: str,
    now: datetime,
    batch_id: int,
) -> Case:
    """Add a new case with all that hangs on it; `ids`: of the case and the message."""
    topic, territory = refs.topic(row), refs.territory(row)
    agency = refs.agency(row, topic, territory)
    status = state_of(row, has_agency=agency is not None)
    channel = refs.channel(row.channel)
    case = Case(
        pk=ids[0],
        number=number,
        regime=channel.regime,
        kind=row.kind or (topic.kind if topic else "solvable"),
        title=make_title(row.text, citizen.hidden_name),
        channel=channel,
        citizen=citizen,
        topic=topic,
        territory=territory,
        place=place_of(row),
        lat=row.lat,
        lon=row.lon,
        severity=topic.severity if topic else 2,
        received_at=row.posted_at,
        # History was registered where it comes from; a new message is registered now.
        registered_at=row.posted_at if row.status or row.replies else now,
        audience=min(row.audience or 0, 2_000_000_000),
    )
    if status in BEFORE_AGENCY:
        case.proposed_agency = agency
    else:
        case.agency = agency
    set_state(case, row, status)
    rows.clocks += start_clocks(case, row, refs)
    rows.cases.append(case)
    rows.texts.append(row.text)
    rows.messages.append(make_message(line, row, case, ids[1], now=now, batch_id=batch_id))
    rows.replies += make_replies(case, row)
    rows.events.append(
        CaseEvent(
            case_id=case.pk,
            at=now,
            move="imported",
            after=status,
            data={"batch": batch_id, "row": line.number},
        )
    )
    return case


def make_message(
    line: Line,
    row: IncomingRow,
    case: Case,
    pk: int | None,
    *,
    now: datetime,
    batch_id: int,
    version: int = 1,
) -> Message:
    return Message(
        pk=pk,
        case_id=case.pk,
        channel_id=case.channel_id,
        external_id=row.external_id,
        version=version,
        author_id=case.citizen_id,
        text=row.text,
        url=row.url,
        posted_at=row.posted_at,
        received_at=now,
        fingerprint=row.fingerprint,
        raw=raw_of(line, row),
        batch_id=batch_id,
    )


def numbers_for(rows: Sequence[IncomingRow], fresh: Sequence[str], now: datetime) -> list[str]:
    """Running numbers with the year of registration: history keeps the year it came in."""
    return [
        f"{(row.posted_at if row.status or row.replies else now):%y}-{number.split('-')[1]}"
        for row, number in zip(rows, fresh, strict=True)
    ]
