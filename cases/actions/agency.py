"""Between centre and agency: route, take, assign, dispute, redirect."""

from django.utils import timezone

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases import clocks
from cases.actions.moving import Moving, moving
from cases.actions.repeats import mark_repeat
from cases.errors import BadChange
from cases.models import Case, Clock


def _hand_over(step: Moving, agency: Agency) -> None:
    """Give the case to the agency; the reply clock starts once and survives redirects."""
    step.case.agency = agency
    step.case.executor = None
    step.case.proposed_agency = None
    step.case.assigned_at = step.at
    clocks.stop_clocks(step.case, Clock.Kind.STAGE, at=step.at)
    clocks.start_reply_clock(step.case, at=step.at)
    step.data |= {"agency": agency.pk, "agency_name": str(agency)}
    step.data["due_at"] = step.case.due_at.isoformat() if step.case.due_at else None


def route(
    case: Case,
    *,
    actor: User,
    agency: Agency,
    note: str = "",
    rule: int | None = None,
    version: int | None = None,
) -> Case:
    """Send the case to an agency; `rule`: id of the routing rule that proposed it."""
    if not agency.is_active:
        raise BadChange("agency_inactive", field="agency")
    with moving(case, "route", actor, version=version) as step:
        _hand_over(step, agency)
        mark_repeat(step.case)
        step.data |= {"note": note, "rule": rule}
        step.case.touched = sorted({*step.case.touched, "agency"})
    return step.case


def recall_routing(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """Take a mistaken routing back to the desk; the reply clock goes on for the next agency."""
    with moving(case, "recall_routing", actor, version=version) as step:
        step.data = {"reason": reason, "agency": step.case.agency_id}
        step.case.agency = None
        step.case.executor = None
        step.case.assigned_at = None
    return step.case


def take(case: Case, *, actor: User, version: int | None = None) -> Case:
    """Take the case into one's own work."""
    with moving(case, "take", actor, version=version) as step:
        step.case.executor = actor
        step.data = {"executor": actor.pk}
    return step.case


def assign(
    case: Case, *, actor: User, executor: User, reason: str = "", version: int | None = None
) -> Case:
    """Name the executor; he must hold the right to answer for the case's agency."""
    with moving(case, "assign", actor, version=version) as step:
        ids = granted_agency_ids(executor, Right.ANSWER_CASES)
        if ids is not None and step.case.agency_id not in ids:
            raise BadChange("executor_may_not_answer", field="executor")
        step.data = {
            "executor": executor.pk,
            "executor_name": str(executor),
            "before": step.case.executor_id,
        }
        if reason:
            step.data["reason"] = reason
        step.case.executor = executor
        if step.case.status == "routed":
            step.case.status = "in_work"
    return step.case


def dispute_competence(
    case: Case,
    *,
    actor: User,
    reason: str,
    note: str = "",
    proposed: Agency | None = None,
    version: int | None = None,
) -> Case:
    """Say that the case belongs elsewhere; the clock runs on while the centre decides."""
    with moving(case, "dispute_competence", actor, version=version) as step:
        if proposed is not None and proposed.pk == step.case.agency_id:
            raise BadChange("proposed_is_own", field="proposed")
        step.case.proposed_agency = proposed
        step.data = {
            "reason": reason,
            "note": note,
            "proposed": proposed.pk if proposed else None,
            "proposed_name": str(proposed) if proposed else "",
        }
    return step.case


def redirect(
    case: Case, *, actor: User, agency: Agency, note: str = "", version: int | None = None
) -> Case:
    """Decide the dispute for another agency."""
    with moving(case, "redirect", actor, version=version) as step:
        if agency.pk == step.case.agency_id:
            raise BadChange("redirect_to_same", field="agency")
        step.data = {"from": step.case.agency_id, "note": note}
        _hand_over(step, agency)
    return step.case


def refuse_redirect(case: Case, *, actor: User, note: str = "", version: int | None = None) -> Case:
    """Leave the case where it is."""
    with moving(case, "refuse_redirect", actor, version=version) as step:
        step.case.proposed_agency = None
        step.data = {"note": note}
    return step.case


def resume(case: Case, *, actor: User, note: str = "", version: int | None = None) -> Case:
    """Give a reopened case back to the agency that answered it, with a new reply term."""
    with moving(case, "resume", actor, version=version) as step:
        if step.case.agency is None:
            raise BadChange("no_agency", field="agency")
        step.case.closed_at = None
        clocks.start_reply_clock(step.case, at=timezone.now())
        step.data = {"note": note}
    return step.case
