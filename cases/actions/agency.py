"""Between centre and agency: route, take, assign, dispute, redirect."""

from datetime import datetime

from django.db.models import Q

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases import clocks
from cases.actions.appeals import appeal_of
from cases.actions.moving import Moving, moving
from cases.actions.repeats import mark_repeat
from cases.errors import BadChange
from cases.models import Assignment, Case, Clock
from cases.workflow import Regime, Status

_MODERATION = ("SN-MOD",)


def end_assignment(step: Moving, ended_by: str) -> None:
    """Whoever held the case holds it no more; written with the move."""
    step.along(
        "update cases_assignment set until = %s, ended_by = %s where case_id = %s"
        " and until is null returning id",
        step.at,
        ended_by,
        step.case.pk,
    )


def _assign_to(step: Moving, agency: Agency) -> Assignment:
    return Assignment.objects.create(
        case=step.case, agency=agency, executor=step.case.executor, at=step.at
    )


def give_to(step: Moving, agency: Agency, *, ended_by: str = "") -> None:
    """Give the case to the agency: a new assignment with its own term.

    The citizen's own term starts with the first one and survives every redirect.
    """
    case, book = step.case, step.book
    first = case.assigned_at is None
    if ended_by:
        book.stop(Clock.Kind.EXECUTOR)
        Assignment.objects.filter(case=case, until=None).update(until=step.at, ended_by=ended_by)
    case.agency = agency
    case.executor = None
    case.proposed_agency = None
    case.assigned_at = step.at
    book.stop(codes=[*_MODERATION, "L59-REG", *clocks.DISPUTE, *clocks.PASS_ON])
    if first:
        book.retune(agency)
    clocks.start_main(book, agency, start=main_start(case, step.at), migration=_migration(case))
    clocks.start_executor(book, agency, _assign_to(step, agency))
    step.data |= {"agency": agency.pk, "agency_name": str(agency)}
    # By when to answer; that an appeal may be passed on only so long is no term of the answer.
    owed = book.of(Clock.Kind.TOTAL, Clock.Kind.REPLY, Clock.Kind.EXECUTOR)
    due = clocks.binding_due(Status.ROUTED, owed)
    step.data["due_at"] = due.isoformat() if due else None


def _migration(case: Case) -> bool:
    return case.regime == Regime.LAW59 and appeal_of(case).migration


def main_start(case: Case, at: datetime) -> datetime:
    """Where the citizen's term is counted from.

    Social networks count from assignment, the other regimes from registration; an answered
    case that was reopened has a new term, counted from now in every regime.
    """
    again = case.answered_at is not None
    return at if again or case.regime == Regime.SOCIAL else case.registered_at


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
        if step.case.rejection_by_id is not None:
            raise BadChange("rejection_waits", field="agency")
        reopened = step.before == Status.REOPENED
        give_to(step, agency, ended_by="route" if reopened else "")
        mark_repeat(step.case)
        step.case.closed_at = None
        step.data |= {"note": note, "rule": rule}
        step.case.touched = sorted({*step.case.touched, "agency"})
    return step.case


def recall_routing(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """Take a mistaken routing back to the desk; the citizen's term goes on for the next agency.

    The terms of the desk run on to the end they had: it was not routed in time, if it was not.
    """
    with moving(case, "recall_routing", actor, version=version) as step:
        step.data = {"reason": reason, "agency": step.case.agency_id}
        step.book.stop(Clock.Kind.EXECUTOR)
        end_assignment(step, "recall_routing")
        _back_at_desk(step)
        step.case.agency = None
        step.case.executor = None
        step.case.assigned_at = None
    return step.case


def _back_at_desk(step: Moving) -> None:
    """What the routing and the taking ended at the desk was not done after all.

    Not where the case was reopened since: it came to the desk with a term of its own.
    """
    last = (
        step.case.events.filter(
            Q(move__in=["route", "split"], before=Status.MODERATION) | Q(after=Status.REOPENED)
        )
        .order_by("-pk")
        .first()
    )
    if last is not None and last.after == Status.ROUTED:
        step.book.run_on_since(last.at, [*_MODERATION, *clocks.PASS_ON, *clocks.REDIRECTION])


def take(case: Case, *, actor: User, version: int | None = None) -> Case:
    """Take the case into one's own work."""
    with moving(case, "take", actor, version=version) as step:
        step.case.executor = actor
        accepted(step)
        step.data = {"executor": actor.pk}
    return step.case


def accepted(step: Moving) -> None:
    """The agency works on it: nobody will redirect it within the first seven days of 59-FZ."""
    step.along(
        "update cases_assignment set executor_id = %s where case_id = %s and until is null"
        " returning id",
        step.case.executor_id,
        step.case.pk,
    )
    if step.case.regime == Regime.LAW59:
        step.book.stop(codes=clocks.REDIRECTION)


def assign(
    case: Case, *, actor: User, executor: User, reason: str = "", version: int | None = None
) -> Case:
    """Name the executor; he must hold the right to answer for the case's agency.

    Another executor has an assignment of his own: with the time that is left, or with a whole
    term where it has run out already.
    """
    with moving(case, "assign", actor, version=version) as step:
        ids = granted_agency_ids(executor, Right.ANSWER_CASES)
        if ids is not None and step.case.agency_id not in ids:
            raise BadChange("executor_may_not_answer", field="executor")
        before = step.case.executor_id
        step.data = {
            "executor": executor.pk,
            "executor_name": str(executor),
            "before": before,
        }
        if reason:
            step.data["reason"] = reason
        step.case.executor = executor
        if before not in (None, executor.pk):
            pass_to(step, "assign")
        if step.case.status == Status.ROUTED:
            step.case.status = Status.IN_WORK
            accepted(step)
        elif before is None:
            accepted(step)
    return step.case


def pass_to(step: Moving, ended_by: str) -> None:
    """A new holder, with the time that is left or, where it has run out, a whole term."""
    agency = step.case.agency
    assert agency is not None  # a state at an agency, by database constraint
    running = step.book.of(Clock.Kind.EXECUTOR)
    step.book.stop(Clock.Kind.EXECUTOR)
    Assignment.objects.filter(case=step.case, until=None).update(until=step.at, ended_by=ended_by)
    fresh = _assign_to(step, agency)
    for clock in running:
        if clock.due_at > step.at:
            step.book.add(
                Clock.Kind.EXECUTOR,
                clock.code,
                start=step.at,
                due=clock.due_at,
                explanation=clock.explanation,
                agency=agency,
                rule=clock.rule,
                assignment=fresh,
            )
        else:
            clocks.start_executor(step.book, agency, fresh)


def dispute_competence(
    case: Case,
    *,
    actor: User,
    reason: str,
    proposed: Agency,
    note: str = "",
    version: int | None = None,
) -> Case:
    """Say that the case belongs elsewhere; its clocks run on while the centre decides.

    59-FZ: only within the seven days in which an appeal is passed on.
    """
    with moving(case, "dispute_competence", actor, version=version) as step:
        if proposed.pk == step.case.agency_id:
            raise BadChange("proposed_is_own", field="proposed")
        book = step.book
        decides = centre() or step.case.agency
        assert decides is not None  # a state at an agency, by database constraint
        if step.case.regime == Regime.LAW59:
            _within_redirection(step)
        book.start(Clock.Kind.STAGE, clocks.DISPUTE, start=step.at, agency=decides)
        step.case.proposed_agency = proposed
        step.data = {
            "reason": reason,
            "note": note,
            "proposed": proposed.pk,
            "proposed_name": str(proposed),
        }
    return step.case


def _within_redirection(step: Moving) -> None:
    """The term of passing an appeal on runs again from registration; refuse when it has passed."""
    case, book = step.case, step.book
    assert case.agency is not None  # a state at an agency, by database constraint
    rule = book.rule(clocks.REDIRECTION, case.registered_at)
    if rule is None:
        return
    if book.due(rule, case.registered_at, case.agency).moment < step.at:
        raise BadChange("dispute_too_late", field="reason")
    book.start(Clock.Kind.STAGE, clocks.REDIRECTION, start=case.registered_at, agency=case.agency)


def centre() -> Agency | None:
    """Whose calendar the desk's own terms follow (one query)."""
    found: Agency | None = (
        Agency.objects.filter(kind=Agency.Kind.CENTRE).select_related("calendar").order_by("pk")
    ).first()
    return found


def redirect(
    case: Case, *, actor: User, agency: Agency, note: str = "", version: int | None = None
) -> Case:
    """Decide the dispute for another agency."""
    with moving(case, "redirect", actor, version=version) as step:
        if agency.pk == step.case.agency_id:
            raise BadChange("redirect_to_same", field="agency")
        if not agency.is_active:
            raise BadChange("agency_inactive", field="agency")
        case = step.case
        step.data = {"from": case.agency_id, "note": note}
        step.data["undo"] = {
            "executor": case.executor_id,
            "proposed": case.proposed_agency_id,
            "assigned_at": case.assigned_at.isoformat() if case.assigned_at else None,
        }
        give_to(step, agency, ended_by="redirect")
    return step.case


def refuse_redirect(case: Case, *, actor: User, note: str = "", version: int | None = None) -> Case:
    """Leave the case where it is: with its executor, or for anybody of the agency to take."""
    with moving(case, "refuse_redirect", actor, version=version) as step:
        step.case.proposed_agency = None
        _await_taker(step)
        step.book.stop(codes=[*clocks.DISPUTE, *clocks.REDIRECTION])
        step.data = {"note": note}
    return step.case


def _await_taker(step: Moving) -> None:
    """In work is what somebody works on; a case nobody has taken is there to be taken."""
    if step.case.executor_id is None:
        step.case.status = Status.ROUTED


def resume(case: Case, *, actor: User, note: str = "", version: int | None = None) -> Case:
    """Give a reopened case back to the agency that answered it, with a new term."""
    with moving(case, "resume", actor, version=version) as step:
        agency = step.case.agency
        if agency is None:
            raise BadChange("no_agency", field="agency")
        step.case.closed_at = None
        _await_taker(step)
        held = Assignment.objects.filter(case=step.case, until=None).first()
        if held is None:
            held = _assign_to(step, agency)
        step.book.stop(Clock.Kind.STAGE)
        clocks.start_main(
            step.book, agency, start=main_start(step.case, step.at), migration=_migration(step.case)
        )
        clocks.start_executor(step.book, agency, held)
        step.data = {"note": note}
    return step.case


def respond_first(
    case: Case, *, actor: User, url: str = "", note: str = "", version: int | None = None
) -> Case:
    """Record that the citizen was told at once that his message was read.

    Only where the region keeps the term of the first response (SN-PRIMARY in use).
    """
    with moving(case, "respond_first", actor, version=version) as step:
        if step.book.coded(*clocks.PRIMARY) is None:
            raise BadChange("no_first_response", field="url")
        step.book.stop(codes=clocks.PRIMARY)
        step.case.first_response_at = step.at
        step.data = {"url": url, "note": note}
    return step.case
