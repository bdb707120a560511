"""Terms of imported cases: the same clocks as the moves start, from the moments the file knows.

What the file does not know is not made up: when a reply was returned or a day was promised,
who held a finished case before its last executor.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agencies.models import Agency
from cases import clocks
from cases.bulk import encode, fresh
from cases.models import Assignment, Case, Clock
from cases.workflow import BEFORE_AGENCY, ENDED, OPEN, Regime, Status
from intake.refs import References

Kind = Clock.Kind
_DESK_CODES = frozenset({"SN-MOD", "L59-REG", "L59-REDIR", "L59-PASS", "DISPUTE"})
ENDED_BY = "import"


@dataclass(slots=True)
class Terms:
    """Clocks and assignment that begin, and what of those there are ends."""

    migration: bool = False  # an appeal about migration: shorter terms by 59-FZ
    clocks: list[Clock] = field(default_factory=list)
    assignment: Assignment | None = None
    changed_clocks: list[Clock] = field(default_factory=list)
    changed_assignments: list[Assignment] = field(default_factory=list)
    # id -> [stopped_at, missed_at] and [until, ended_by] before
    clock_before: dict[int, list[Any]] = field(default_factory=dict)
    assignment_before: dict[int, list[Any]] = field(default_factory=dict)


def begin(case: Case, refs: References, *, migration: bool = False) -> Terms:
    """The terms of a new case in its state; sets its due moment."""
    terms = Terms(migration=migration)
    agency = refs.by_pk.get(case.agency_id) if case.agency_id else None
    if case.status in (Status.RECEIVED, Status.MODERATION):
        _at_desk(case, refs, terms)
    elif agency is not None and case.status != Status.REJECTED:
        _main(case, refs, terms, agency)
        if case.status in OPEN:
            _held(case, refs, terms, agency)
        else:
            _survey(case, refs, terms, agency)
    _settle(case, terms, terms.clocks)
    return terms


def _settle(case: Case, terms: Terms, running: Iterable[Clock]) -> None:
    case.due_at = clocks.binding_due(case.status, (c for c in running if c.stopped_at is None))


def _add(
    terms: Terms,
    refs: References,
    case: Case,
    codes: Sequence[str],
    *,
    kind: str,
    start: datetime,
    agency: Agency,
    stopped_at: datetime | None = None,
) -> Clock | None:
    made = refs.clock(case, codes, kind=kind, start=start, agency=agency, stopped_at=stopped_at)
    if made is not None:
        terms.clocks.append(made)
    return made


def _at_desk(case: Case, refs: References, terms: Terms) -> None:
    """As `actions.moderation.first_terms`, by the centre's calendar."""
    desk = refs.desk
    if desk is None:
        return
    moderation = clocks.MODERATION_RULES.get(case.regime, ())
    stage = Kind.STAGE.value
    if case.regime == Regime.LAW59:
        if case.status == Status.RECEIVED:  # not registered yet
            _add(terms, refs, case, moderation, kind=stage, start=case.received_at, agency=desk)
            return
        _main(case, refs, terms, desk)
        start = case.registered_at
        passing = clocks.PASS_ON if terms.migration else clocks.REDIRECTION
        _add(terms, refs, case, passing, kind=stage, start=start, agency=desk)
        return
    _add(terms, refs, case, moderation, kind=stage, start=case.registered_at, agency=desk)
    if case.regime == Regime.SOCIAL:
        start = case.received_at
        _add(terms, refs, case, clocks.PRIMARY, kind=Kind.REPLY.value, start=start, agency=desk)
    else:
        _main(case, refs, terms, desk)


def _main(case: Case, refs: References, terms: Terms, agency: Agency) -> None:
    """The citizen's own term, ended where he has his answer."""
    social = case.regime == Regime.SOCIAL
    start = (case.assigned_at if social else None) or case.registered_at
    ended = case.answered_at or case.closed_at
    stopped = max(ended, start) if ended else None
    kind = clocks.main_kind(case.regime)
    codes = clocks.main_codes(case.regime, fast_track=case.fast_track, migration=terms.migration)
    _add(terms, refs, case, codes, kind=kind, start=start, agency=agency, stopped_at=stopped)
    if case.regime == Regime.POS:
        _add(
            terms,
            refs,
            case,
            ["POS-TARGET"],
            kind=Kind.TOTAL.value,
            start=start,
            agency=agency,
            stopped_at=stopped,
        )


def _held(
    case: Case,
    refs: References,
    terms: Terms,
    agency: Agency,
    *,
    total: Clock | None = None,
) -> None:
    """The agency holds it since its assignment, with its own term (`clocks.start_executor`)."""
    since = case.assigned_at or case.registered_at
    terms.assignment = fresh(
        Assignment, id=refs.next_id(Assignment), case_id=case.pk, agency_id=agency.pk, at=since
    )
    kind = Kind.EXECUTOR.value
    made: Clock | None = None
    if case.regime == Regime.SOCIAL:
        rules = clocks.REPLY_RULES[case.regime]
        made = _add(terms, refs, case, rules, kind=kind, start=since, agency=agency)
    else:
        total = total or next(
            (c for c in terms.clocks if c.kind == Kind.TOTAL and not c.warning_only), None
        )
        norm = refs.clock(case, clocks.EXECUTOR, kind=kind, start=since, agency=agency)
        made = _bound(case, total, norm, since)
        if made is not None:
            terms.clocks.append(made)
    if made is not None:
        made.assignment_id = terms.assignment.pk
    if case.status == Status.APPROVAL:
        _approval(case, refs, terms, agency, since)


def _approval(case: Case, refs: References, terms: Terms, agency: Agency, since: datetime) -> None:
    start = max(case.submitted_at or since, since)
    kind = Kind.APPROVAL.value
    _add(terms, refs, case, clocks.APPROVAL, kind=kind, start=start, agency=agency)


def _bound(case: Case, total: Clock | None, norm: Clock | None, since: datetime) -> Clock | None:
    """The end of the citizen's term, but never sooner than the executor's norm."""
    if total is None or total.due_at < since or (norm and norm.due_at > total.due_at):
        return norm
    told = total.explanation
    told = json.loads(told) if isinstance(told, str) else told
    return fresh(
        Clock,
        case_id=case.pk,
        kind=Kind.EXECUTOR.value,
        code=total.code,
        started_at=since,
        due_at=total.due_at,
        agency_id=case.agency_id,
        explanation=encode({**told, "bound_to": total.code}),
    )


def _survey(case: Case, refs: References, terms: Terms, agency: Agency) -> None:
    """The citizen may mark his answer; the portal closes the case when the time has passed."""
    codes = clocks.SURVEY.get(case.regime, ())
    if case.status == Status.ANSWERED and codes and case.answered_at is not None:
        start = case.answered_at
        _add(terms, refs, case, codes, kind=Kind.STAGE.value, start=start, agency=agency)


def move(
    case: Case,
    there: Sequence[Clock],
    holdings: Sequence[Assignment],
    refs: References,
    now: datetime,
) -> Terms:
    """Terms of a case a later export moved: each ends at its own moment, none begins twice."""
    terms = Terms()
    agency = refs.by_pk.get(case.agency_id) if case.agency_id else None
    running = [clock for clock in there if clock.stopped_at is None]
    if case.status not in OPEN:
        ended = case.answered_at or case.closed_at or now
        for clock in running:
            _stop(terms, clock, ended)
        _let_go(terms, holdings, ended)
        if agency is not None and case.status != Status.REJECTED:
            if not _has_main(case, there):
                _main(case, refs, terms, agency)
            if case.status not in ENDED:
                _survey(case, refs, terms, agency)
    elif case.status in BEFORE_AGENCY:
        _let_go(terms, holdings, now)
        for clock in running:
            if clock.kind in (Kind.EXECUTOR, Kind.APPROVAL):
                _stop(terms, clock, now)
        if not there:
            _at_desk(case, refs, terms)
    elif agency is not None:
        _to_agency(case, running, there, holdings, refs, terms, agency, now)
    _settle(case, terms, [*there, *terms.clocks])
    return terms


def _to_agency(
    case: Case,
    running: Sequence[Clock],
    there: Sequence[Clock],
    holdings: Sequence[Assignment],
    refs: References,
    terms: Terms,
    agency: Agency,
    now: datetime,
) -> None:
    since = case.assigned_at or now
    for clock in running:
        if clock.code in _DESK_CODES or clock.code == "SURVEY":
            _stop(terms, clock, since)
        elif clock.kind == Kind.APPROVAL and case.status != Status.APPROVAL:
            _stop(terms, clock, now)
    if not _has_main(case, there):
        _main(case, refs, terms, agency)
    held = next((holding for holding in holdings if holding.until is None), None)
    if held is None or held.agency_id != agency.pk:
        for clock in running:
            if clock.kind == Kind.EXECUTOR:
                _stop(terms, clock, since)
        _let_go(terms, holdings, since)
        total = next((c for c in running if c.kind == Kind.TOTAL and not c.warning_only), None)
        _held(case, refs, terms, agency, total=total)
    elif case.status == Status.APPROVAL and not any(c.kind == Kind.APPROVAL for c in running):
        _approval(case, refs, terms, agency, since)


def _has_main(case: Case, there: Sequence[Clock]) -> bool:
    kind = clocks.main_kind(case.regime)
    return any(
        clock.kind == kind and not clock.warning_only and clock.code not in clocks.PRIMARY
        for clock in there
    )


def _stop(terms: Terms, clock: Clock, moment: datetime) -> None:
    if clock.stopped_at is not None:
        return
    terms.clock_before[clock.pk] = [clock.stopped_at, clock.missed_at]
    clock.stopped_at = max(moment, clock.started_at)
    if clock.stopped_at > clock.due_at and not clock.warning_only:
        clock.missed_at = clock.missed_at or clock.due_at
    terms.changed_clocks.append(clock)


def _let_go(terms: Terms, holdings: Sequence[Assignment], moment: datetime) -> None:
    for holding in holdings:
        if holding.until is None:
            terms.assignment_before[holding.pk] = [holding.until, holding.ended_by]
            holding.until, holding.ended_by = max(moment, holding.at), ENDED_BY
            terms.changed_assignments.append(holding)
