"""Facts beside the state: personal control, extension, notes, closing and reopening."""

from datetime import date, datetime, timedelta

from agencies.models import User
from cases import clocks
from cases.actions.moving import moving
from cases.errors import BadChange
from cases.models import Case, Clock

LONGEST_EXTENSION = timedelta(days=366)


def set_control(
    case: Case,
    *,
    actor: User,
    reason: str,
    until: date | None = None,
    version: int | None = None,
) -> Case:
    """Put the case under the personal control of the head of the region."""
    with moving(case, "set_control", actor, version=version) as step:
        step.case.controlled_by = actor
        step.case.controlled_until = until
        step.case.control_reason = reason
        step.data = {"reason": reason, "until": until.isoformat() if until else None}
    return step.case


def lift_control(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    with moving(case, "lift_control", actor, version=version) as step:
        if step.case.controlled_by_id is None:
            raise BadChange("not_controlled", field="reason")
        step.data = {"reason": reason, "set_by": step.case.controlled_by_id}
        step.case.controlled_by = None
        step.case.controlled_until = None
        step.case.control_reason = ""
    return step.case


def extend(
    case: Case, *, actor: User, until: datetime, reason: str, version: int | None = None
) -> Case:
    """Move the due moment later, counted and with a reason; the first moment stays on record."""
    with moving(case, "extend", actor, version=version) as step:
        if step.case.due_at is None or until <= step.case.due_at:
            raise BadChange("extension_not_later", field="until")
        if until <= step.at:
            raise BadChange("extension_in_past", field="until")
        if until > step.at + LONGEST_EXTENSION:
            raise BadChange("extension_too_far", field="until")
        running = (
            step.case.clocks.filter(stopped_at=None, due_at=step.case.due_at).first()
            or step.case.clocks.filter(kind=Clock.Kind.REPLY, stopped_at=None).first()
        )
        step.data = {
            "reason": reason,
            "before": step.case.due_at.isoformat(),
            "until": until.isoformat(),
        }
        if running is not None:
            running.explanation = {
                **running.explanation,
                "extended": [
                    *running.explanation.get("extended", []),
                    {**step.data, "by": str(actor)},
                ],
            }
            running.due_at = until
            running.save(update_fields=["due_at", "explanation"])
        step.case.due_at = until
        step.case.extensions += 1
    return step.case


def add_note(case: Case, *, actor: User, text: str, version: int | None = None) -> Case:
    """An internal note: colleagues see it in the history, the citizen never does."""
    if not text.strip():
        raise BadChange("note_empty", field="text")
    with moving(case, "add_note", actor, version=version) as step:
        step.data = {"text": text.strip()}
    return step.case


def close(
    case: Case, *, actor: User, reason: str, note: str = "", version: int | None = None
) -> Case:
    """`reason`: code of a closing Reason."""
    with moving(case, "close", actor, version=version) as step:
        step.case.close_reason = reason
        step.case.closed_at = step.at
        step.case.due_at = None
        clocks.stop_clocks(step.case, at=step.at)
        step.data = {"reason": reason, "note": note}
    return step.case


def reopen(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    with moving(case, "reopen", actor, version=version) as step:
        step.case.closed_at = None
        step.case.close_reason = ""
        step.data = {"reason": reason}
    return step.case
