"""An open case passes to another executor or another agency, its terms running on."""

from agencies.access import granted_agency_ids, holds
from agencies.models import Agency, User
from agencies.roles import Right
from cases import clocks
from cases.actions import drafts
from cases.actions.agency import accepted, pass_to
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Case, CaseEvent
from cases.workflow import Regime, Status

# Any of them held on where the case is and on where it goes.
RIGHTS = (Right.ASSIGN_CASES, Right.ROUTE_CASES, Right.MANAGE_AGENCIES)


def may_hand_over(actor: User, source: int | None, target: int) -> bool:
    return any(holds(actor, right, source) and holds(actor, right, target) for right in RIGHTS)


def hand_over(
    case: Case,
    *,
    actor: User,
    executor: User | None,
    agency: Agency | None = None,
    reason: str = "",
    holder: int | None = None,
    handover: int | None = None,
    undone: CaseEvent | None = None,
    version: int | None = None,
) -> Case:
    """Give the case to `executor`, of `agency` where it goes to another one.

    Who numbers cases but does not read them (an administrator) may do it too: the scope is the
    states. `holder`: the executor it was planned to be taken from; another one holds it by now →
    BadChange. The citizen's term runs on; the new holder has what is left of the executor's.
    `undone`: the assignment or taking, last on the case, that is taken back by this: the case may
    be nobody's again, and who took it gives it back himself.
    """
    target = agency.pk if agency is not None else case.agency_id

    def allowed(fresh: Case, who: User) -> bool:
        if undone is not None and undone.move == "take" and undone.actor_id == who.pk:
            return fresh.executor_id == who.pk
        goes = agency.pk if agency is not None else fresh.agency_id
        return goes is not None and may_hand_over(who, fresh.agency_id, goes)

    with moving(
        case,
        "hand_over",
        actor,
        version=version,
        right_checked=allowed,
        scope=Right.VIEW_STATES,
    ) as step:
        fresh = step.case
        moves = agency is not None and agency.pk != fresh.agency_id
        before = fresh.executor_id
        if holder is not None and before != holder:
            raise BadChange("handed_over_meanwhile", field="executor")
        if undone is None:
            _check(step, executor, agency if moves else None, target or 0)
        elif executor is not None:
            _able(executor, target or 0)
        step.data = {"before": before, "reason": reason}
        if handover is not None:
            step.data["handover"] = handover
        if executor is not None:
            step.data |= {"executor": executor.pk, "executor_name": str(executor)}
        fresh.executor = executor
        if moves and agency is not None:
            _move(step, agency)
        pass_to(step, "hand_over")
        _settle_state(step)
        if undone is not None and fresh.regime == Regime.LAW59:
            # Not accepted after all: the appeal may still be passed on.
            step.book.run_on(undone.at, clocks.REDIRECTION)
        if before is not None and executor is not None:
            drafts.pass_draft(step, before, executor.pk)
    return step.case


def _check(step: Moving, executor: User | None, agency: Agency | None, target: int) -> None:
    if agency is None and (executor is None or executor.pk == step.case.executor_id):
        raise BadChange("nothing_handed_over", field="executor")
    if agency is not None and not agency.is_active:
        raise BadChange("agency_inactive", field="agency")
    if agency is not None and step.case.status == Status.REDIRECT_ASKED:
        raise BadChange("handover_in_dispute", field="agency")
    if executor is not None:
        _able(executor, target)


def _able(executor: User, target: int) -> None:
    ids = granted_agency_ids(executor, Right.ANSWER_CASES)
    if ids is not None and target not in ids:
        raise BadChange("executor_may_not_answer", field="executor")


def _move(step: Moving, agency: Agency) -> None:
    case = step.case
    step.data |= {"from": case.agency_id, "agency": agency.pk, "agency_name": str(agency)}
    case.agency = agency
    case.proposed_agency = None
    case.touched = sorted({*case.touched, "agency"})


def _settle_state(step: Moving) -> None:
    """A named executor works on it; without one the agency has yet to name him."""
    case = step.case
    if case.executor_id is None and case.status == Status.IN_WORK:
        case.status = Status.ROUTED
    elif case.executor_id is not None and case.status == Status.ROUTED:
        case.status = Status.IN_WORK
        accepted(step)


__all__ = ["RIGHTS", "hand_over", "may_hand_over"]
