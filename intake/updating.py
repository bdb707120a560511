"""A row whose message is known: what changed in the file against what people did here."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.models import Assignment, Case, Clock, Message, Reply
from cases.titles import make_title
from cases.workflow import BEFORE_AGENCY, Status
from intake import building, terms
from intake.incoming import IncomingRow, Line
from intake.models import AwaitingAgency, ImportBatch
from intake.refs import References
from intake.terms import Terms

# Fields of the file that decide about each part of a case.
_CARD: dict[str, tuple[str, ...]] = {
    "topic_id": ("topic", "topic_group"),
    "territory_id": ("territory", "settlement"),
    "place": ("address", "settlement", "street", "house"),
    "lat": ("lat",),
    "lon": ("lon",),
    "kind": ("kind",),
    "audience": ("audience",),
}
_PROGRESS = (
    *("step", "outcome", "finished_at", "close_reason", "agency", "executor"),
    *("first_reply_at", "executor_reply_at", "assigned_at", "satisfaction_at"),
    *("first_reply_text", "reply_1", "reply_2", "reply_3"),
)
_STATE_FIELDS = (
    *("status", "agency_id", "proposed_agency_id", "assigned_at", "submitted_at", "due_at"),
    *("answered_at", "closed_at", "outcome", "close_reason"),
)
_TOUCHED_AS = {"topic_id": "topic", "territory_id": "territory"}
_REPLY_FIELDS = {0: "first_reply_text", 1: "reply_1", 2: "reply_2", 3: "reply_3"}


@dataclass(slots=True)
class Known:
    """A message of the file that is here already, with what its case has."""

    message: Message
    case: Case
    replies: Sequence[Reply]
    clocks: Sequence[Clock]
    holdings: Sequence[Assignment]
    worked: bool  # a person moved the case
    told: MappingType[str, Any]  # what the file said when it last told of this message


@dataclass(slots=True)
class Outcome:
    """What a known row leads to; `conflicts`: fields a person decided otherwise."""

    before: dict[str, Any] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    new_version: Message | None = None
    replies: list[Reply] = field(default_factory=list)
    changed_replies: list[Reply] = field(default_factory=list)
    terms: Terms = field(default_factory=Terms)
    awaiting: AwaitingAgency | None = None
    # [state, published_at] of changed replies before; which rows beside the case were there.
    reply_before: dict[int, list[Any]] = field(default_factory=dict)
    last_version: int = 0
    clock_ids: list[int] = field(default_factory=list)
    assignment_ids: list[int] = field(default_factory=list)

    @property
    def kept(self) -> dict[str, Any]:
        """What an undo needs to put the case back."""
        if not self.changed:
            return {}
        return {
            "fields": self.before,
            "replies": self.reply_before,
            "version": self.last_version,
            "clocks": self.terms.clock_before,
            "clock_ids": self.clock_ids,
            "assignments": self.terms.assignment_before,
            "assignment_ids": self.assignment_ids,
        }

    @property
    def changed(self) -> bool:
        return bool(self.before or self.new_version or self.replies or self.changed_replies)


def compare(
    line: Line,
    row: IncomingRow,
    known: Known,
    *,
    refs: References,
    now: datetime,
    batch: ImportBatch,
) -> Outcome:
    """Change the case in memory where nobody decided otherwise; nothing is written."""
    found = Outcome(
        last_version=max((reply.version for reply in known.replies), default=0),
        clock_ids=[clock.pk for clock in known.clocks],
        assignment_ids=[holding.pk for holding in known.holdings],
    )
    case, message = known.case, known.message
    changed = row.differing(known.told)
    if row.text != message.text:
        found.new_version = building.make_message(
            line, row, case, now=now, batch=batch, version=message.version + 1
        )
        name = case.citizen.hidden_name
        if "title" not in case.touched and case.title == make_title(message.text, name):
            _set(case, "title", building.heading_and_words(row, case.citizen)[0], found)
    _card(case, row, refs, changed, found)
    if changed.intersection(_PROGRESS):
        _progress(row, known, refs, found, now)
    return found


def _set(case: Case, name: str, value: Any, found: Outcome) -> None:
    old = getattr(case, name)
    if old != value:
        found.before[name] = old
        setattr(case, name, value)


def _card(
    case: Case, row: IncomingRow, refs: References, changed: set[str], found: Outcome
) -> None:
    topic, territory = refs.topic(row), refs.territory(row)
    values: dict[str, Any] = {
        "topic_id": topic.pk if topic else None,
        "territory_id": territory.pk if territory else None,
        "place": building.place_of(row),
        "lat": row.lat,
        "lon": row.lon,
        "kind": row.kind,
        "audience": row.audience,
    }
    severity = refs.severity(case.topic_id)
    for name, sources in _CARD.items():
        value = values[name]
        if value in (None, "") or not changed.intersection(sources):
            continue
        if getattr(case, name) == value:
            continue
        if _TOUCHED_AS.get(name, name) in case.touched:
            found.conflicts.append(next(s for s in sources if s in changed))
            continue
        _set(case, name, value, found)
    # The severity came with the topic and goes with it, unless a person weighed it.
    if "topic_id" in found.before and "severity" not in case.touched and case.severity == severity:
        _set(case, "severity", refs.severity(case.topic_id), found)


def _placing(row: IncomingRow, case: Case, refs: References) -> building.Placing:
    placing = building.place_case(row, refs, refs.topic(row), refs.territory(row))
    if case.status == Status.RECEIVED and placing.status == Status.MODERATION:
        placing = placing._replace(status=Status.RECEIVED)  # an appeal waits for its number
    if row.agency or row.executor or case.agency_id is None:
        return placing
    # The file does not say whose it is: it stays where it is.
    agency = refs.by_pk.get(case.agency_id)
    return building.Placing(building.step_of(row), agency, "")


def _progress(
    row: IncomingRow, known: Known, refs: References, found: Outcome, now: datetime
) -> None:
    if not (row.status or row.replies or row.outcome):
        return
    case = known.case
    placing = _placing(row, case, refs)
    trial = Case(status=placing.status)
    building.set_state(trial, row, placing.status)
    agency = placing.agency.pk if placing.agency else None
    wanted = {
        "status": str(placing.status),
        "outcome": trial.outcome or case.outcome,
        "agency_id": case.agency_id if placing.status in BEFORE_AGENCY else agency,
    }
    fresh = {reply.text for reply in row.replies} - {reply.text for reply in known.replies}
    if all(getattr(case, name) == value for name, value in wanted.items()) and not fresh:
        return
    if known.worked or any(reply.author_id for reply in known.replies):
        # The step here is a person's doing: reported, not overwritten.
        found.conflicts += _conflicts(case, wanted, bool(fresh))
        return
    old = {name: getattr(case, name) for name in _STATE_FIELDS}
    case.agency_id = wanted["agency_id"]
    if placing.status in BEFORE_AGENCY:
        case.proposed_agency_id = agency
        if placing.status == Status.MODERATION:
            case.agency_id = None
    due = case.due_at
    building.set_state(case, row, placing.status)
    if (case.status, case.agency_id) == (old["status"], old["agency_id"]):
        case.due_at = due
    else:
        found.terms = terms.move(case, known.clocks, known.holdings, refs, now)
    found.before |= {n: v for n, v in old.items() if getattr(case, n) != v}
    _settle_waiting(row, case, known.replies, found)
    _add_replies(row, known, fresh, refs, found)
    if placing.unknown_name and placing.status not in BEFORE_AGENCY:
        found.awaiting = building.awaiting(case, placing.unknown_name, refs)


def _conflicts(case: Case, wanted: dict[str, Any], new_reply: bool) -> list[str]:
    """Fields of the file that say otherwise than people here."""
    found = []
    if wanted["status"] != case.status:
        found.append("step")
    if wanted["agency_id"] != case.agency_id:
        found.append("agency")
    if new_reply:
        found.append("reply_1")
    if wanted["outcome"] != case.outcome and "step" not in found:
        found.append("outcome")
    return found


def _settle_waiting(row: IncomingRow, case: Case, there: Sequence[Reply], found: Outcome) -> None:
    """A text that waited for its approval elsewhere was sent meanwhile, or another one was."""
    if case.status not in building.FINISHED:
        return
    sent = {reply.text: reply.sent_at for reply in row.replies}
    for reply in there:
        if reply.state != Reply.State.APPROVAL or reply.author_id is not None:
            continue
        found.reply_before[reply.pk] = [reply.state, reply.published_at]
        if reply.text in sent:
            reply.state = Reply.State.PUBLISHED.value
            reply.published_at = sent[reply.text] or case.answered_at
        else:
            reply.state = Reply.State.WITHDRAWN.value
        found.changed_replies.append(reply)


def _add_replies(
    row: IncomingRow, known: Known, fresh: set[str], refs: References, found: Outcome
) -> None:
    """New texts behind those there are; one in the place of an earlier text corrects it."""
    if not fresh:
        return
    case = known.case
    by_text = {reply.text: reply for reply in known.replies}
    new_texts = {reply.text for reply in row.replies}
    ordinals = {reply.text: reply.ordinal for reply in row.replies}
    version = max((reply.version for reply in known.replies), default=0)
    for reply in building.make_replies(case, row, refs):
        if reply.text not in fresh:
            continue
        version += 1
        reply.version = version
        earlier = known.told.get(_REPLY_FIELDS[ordinals[reply.text]], "")
        if earlier in by_text and earlier not in new_texts:
            reply.corrects_id = by_text[earlier].pk
        found.replies.append(reply)
