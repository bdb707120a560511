"""Personal control: set or changed, proposed to be lifted, lifted by the head's office alone."""

from datetime import date

from agencies.models import User
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Case, Control


def _running(step: Moving) -> Control | None:
    found: Control | None = step.case.controls.filter(lifted_at=None).first()
    return found


def _of(step: Moving) -> Control:
    """The row of the running control; made where an import brought the case under control."""
    case = step.case
    if case.controlled_by_id is None:
        raise BadChange("not_controlled", field="reason")
    return _running(step) or Control.objects.create(
        case=case,
        set_by_id=case.controlled_by_id,
        reason=case.control_reason,
        until_on=case.controlled_until,
        set_at=step.at,
    )


def set_control(
    case: Case,
    *,
    actor: User,
    reason: str,
    until: date | None = None,
    resolution: str = "",
    version: int | None = None,
) -> Case:
    """Put the case under the personal control of the head of the region, or change what is
    asked for while it is: a proposal to lift it is answered by that."""
    with moving(case, "set_control", actor, version=version) as step:
        step.data = {"reason": reason, "until": until.isoformat() if until else None}
        if resolution.strip():
            step.data["resolution"] = resolution.strip()
        known = _running(step)
        if known is None or step.case.controlled_by_id is None:
            step.case.controlled_by = actor
            known = known or Control(case=step.case, set_by=actor, set_at=step.at)
        known.reason, known.until_on = reason, until
        known.resolution = resolution.strip() or known.resolution
        known.proposed_by, known.proposed_at, known.proposal = None, None, ""
        known.save()
        step.case.controlled_until = until
        step.case.control_reason = reason
    return step.case


def propose_lifting(case: Case, *, actor: User, outcome: str, version: int | None = None) -> Case:
    """Say that the control may be lifted, and what came of it; the head's office decides."""
    with moving(case, "propose_lifting", actor, version=version) as step:
        control = _of(step)
        if control.proposed_at is not None:
            raise BadChange("lifting_proposed", field="outcome")
        control.proposed_by, control.proposed_at = actor, step.at
        control.proposal = outcome.strip()
        control.save(update_fields=["proposed_by", "proposed_at", "proposal"])
        step.data = {"note": control.proposal}
    return step.case


def decline_lifting(case: Case, *, actor: User, note: str, version: int | None = None) -> Case:
    """The head's office keeps the control."""
    with moving(case, "decline_lifting", actor, version=version) as step:
        control = _of(step)
        if control.proposed_at is None:
            raise BadChange("lifting_not_proposed", field="note")
        step.data = {"note": note, "proposed_by": control.proposed_by_id}
        control.proposed_by, control.proposed_at, control.proposal = None, None, ""
        control.save(update_fields=["proposed_by", "proposed_at", "proposal"])
    return step.case


def lift_control(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """`reason`: what came of it; it stays in the history of the case's control."""
    with moving(case, "lift_control", actor, version=version) as step:
        control = _of(step)
        step.data = {"reason": reason, "set_by": step.case.controlled_by_id}
        if control.proposed_by_id is not None:
            step.data["proposed_by"] = control.proposed_by_id
        control.lifted_by, control.lifted_at, control.outcome = actor, step.at, reason
        control.save(update_fields=["lifted_by", "lifted_at", "outcome"])
        step.case.controlled_by = None
        step.case.controlled_until = None
        step.case.control_reason = ""
    return step.case
