"""A row whose message is known: what changed in the file against what people did here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.models import Case, CaseEvent, Message, Reply
from intake import building
from intake.incoming import IncomingRow, Line
from intake.refs import References

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


@dataclass(slots=True)
class Outcome:
    """What a known row leads to; `conflicts`: fields a person decided otherwise."""

    before: dict[str, Any] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    new_version: Message | None = None
    replies: list[Reply] = field(default_factory=list)
    clocks: list[Any] = field(default_factory=list)
    restart_clocks: bool = False
    message_changed: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.before or self.new_version or self.replies)


def changed_fields(message: Message, row: IncomingRow) -> set[str]:
    """Fields whose value differs from the file this message came with (all, where unknown)."""
    old = message.raw.get("hashes", {}) if isinstance(message.raw, dict) else {}
    return {name for name, digest in row.field_hashes().items() if old.get(name) != digest}


def compare(
    line: Line,
    row: IncomingRow,
    message: Message,
    case: Case,
    *,
    refs: References,
    worked: bool,
    replies: Iterable[Reply],
    now: datetime,
    batch_id: int,
) -> Outcome:
    """Change `case` in memory where nobody decided otherwise; nothing is written.

    `worked`: a person moved the case. `replies`: those the case has.
    """
    found = Outcome()
    changed = changed_fields(message, row)
    if row.text != message.text:
        found.new_version = building.make_message(
            line, row, case, None, now=now, batch_id=batch_id, version=message.version + 1
        )
    elif message.fingerprint != row.fingerprint:
        found.message_changed = True
    _card(case, row, refs, changed, found)
    if changed.intersection(_PROGRESS):
        _progress(case, row, refs, worked, list(replies), found)
    return found


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
    for name, sources in _CARD.items():
        value = values[name]
        if value in (None, "") or not changed.intersection(sources):
            continue
        old = getattr(case, name)
        if old == value:
            continue
        if _TOUCHED_AS.get(name, name) in case.touched:
            found.conflicts.append(next(s for s in sources if s in changed))
            continue
        found.before[name] = old
        setattr(case, name, value)


def _progress(
    case: Case,
    row: IncomingRow,
    refs: References,
    worked: bool,
    there: list[Reply],
    found: Outcome,
) -> None:
    if not (row.status or row.replies or row.outcome):
        return
    agency = refs.by_pk.get(case.agency_id) if case.agency_id else None
    agency = refs.named_agency(row) or agency or refs.agency(row, refs.topic(row), None)
    status = building.state_of(row, has_agency=agency is not None)
    known = {reply.text for reply in there}
    fresh = [reply for reply in row.replies if reply.text not in known]
    trial = Case(status=status, agency=agency)
    building.set_state(trial, row, status)
    wanted = {
        "status": str(status),
        "outcome": trial.outcome or case.outcome,
        "agency_id": case.agency_id if status in building.BEFORE_AGENCY else trial.agency_id,
    }
    if all(getattr(case, name) == value for name, value in wanted.items()) and not fresh:
        return
    if worked or any(reply.author_id for reply in there):
        # The step here is a person's doing: reported, not overwritten.
        if wanted["status"] != case.status:
            found.conflicts.append("step")
        if wanted["agency_id"] != case.agency_id:
            found.conflicts.append("agency")
        if fresh:
            found.conflicts.append("reply_1")
        if wanted["outcome"] != case.outcome and "step" not in found.conflicts:
            found.conflicts.append("outcome")
        return
    old = {name: getattr(case, name) for name in _STATE_FIELDS}
    if wanted["agency_id"]:
        case.agency = refs.by_pk[wanted["agency_id"]]
    if status in building.BEFORE_AGENCY and case.agency_id is None:
        case.proposed_agency = agency
    due = case.due_at
    building.set_state(case, row, status)
    if case.status == old["status"]:
        case.due_at = due
    else:
        found.restart_clocks = True
        found.clocks = building.start_clocks(case, row, refs)
    found.before |= {n: v for n, v in old.items() if getattr(case, n) != v}
    if fresh and case.agency_id:
        last = max((reply.version for reply in there), default=0)
        texts = {reply.text for reply in fresh}
        made = [r for r in building.make_replies(case, row) if r.text in texts]
        for number, reply in enumerate(made, last + 1):
            reply.version = number
        found.replies = made


def event_of(case: Case, found: Outcome, *, before: str, now: datetime, **data: Any) -> CaseEvent:
    return CaseEvent(
        case_id=case.pk,
        at=now,
        move="import_updated",
        before=before,
        after=str(case.status),
        data={
            **data,
            "fields": sorted(found.before),
            "replies": len(found.replies),
            **({"version": found.new_version.version} if found.new_version else {}),
        },
    )


__all__ = ["Outcome", "changed_fields", "compare", "event_of"]
