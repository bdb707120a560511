"""The clocks of a case over random courses, calendars and zones against naive counts.

`Book` runs in memory: the rules are those shipped, calendars are random, the expected moments
come from the minute-walking oracle, which knows nothing of `deadlines` or of this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Agency
from cases import clocks
from cases.errors import BadChange
from cases.limits import Limits
from cases.models import Case, Clock, DeadlineRule
from cases.workflow import Regime, Status
from deadlines.tests.data import rules as shipped
from deadlines.tests.oracle import Oracle, OutsideCalendarError
from deadlines.tests.strategies import FIRST, RAW, Raw

ORIGIN = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
STARTS = st.integers(0, 15 * 24 * 60).map(lambda n: ORIGIN + timedelta(minutes=n))
GAPS = st.lists(st.integers(1, 4 * 24 * 60), min_size=1, max_size=4)


class Shipped(clocks.Rules):
    """The rules of cases/reference, without a database."""

    def __init__(self) -> None:
        self._rows = {
            code: [
                DeadlineRule(
                    code=code,
                    amount=rule.term.amount,
                    unit=rule.term.unit.value,
                    roll=rule.term.roll.value,
                    min_severity=rule.min_severity,
                    warning_only=rule.warning_only,
                    in_force_from=ORIGIN.date(),
                )
            ]
            for code, rule in shipped().items()
            if rule.is_active
        }
        for number, code in enumerate(self._rows, 1):
            self._rows[code][0].pk = number
            self._rows[code][0].in_force_from = datetime(2020, 1, 1, tzinfo=UTC).date()


RULES = Shipped()


@contextmanager
def calendars(raw: Raw) -> Iterator[None]:
    calendar = raw.calendar()
    with patch("cases.term_rules.work_calendar", lambda _id, _stamp=None: calendar):
        yield


def book_of(case: Case, at: datetime, running: list[Clock] | None = None) -> clocks.Book:
    book = clocks.Book(case, at)
    book.assume_none()
    book.running.extend(running or [])
    book._standing = clocks.Standing((), RULES, Limits())
    return book


def naive(oracle: Oracle, code: str, start: datetime) -> datetime:
    """When the term of a shipped rule ends, walked minute by minute and day by day."""
    term = shipped()[code].term
    if term.unit == "working_hours":
        return oracle.after_working_minutes(start, term.amount * 60, None)[1]
    if term.unit == "working_minutes":
        return oracle.after_working_minutes(start, term.amount, None)[1]
    if term.unit == "working_days":
        return oracle.after_working_days(start, term.amount, False, None)
    return oracle.after_calendar_days(start, term.amount, False, None, term.roll.value)


@dataclass
class Course:
    """A case sent from agency to agency; `handed`: the moments of its assignments."""

    case: Case
    agency: Agency
    handed: list[datetime] = field(default_factory=list)
    running: list[Clock] = field(default_factory=list)

    def hand_over(self, at: datetime) -> None:
        book = book_of(self.case, at, self.running)
        book.stop(Clock.Kind.EXECUTOR)
        start = at if self.case.regime == Regime.SOCIAL else self.case.registered_at
        clocks.start_main(book, self.agency, start=start)
        clocks.start_executor(book, self.agency, None)
        self.case.assigned_at = at
        self.handed.append(at)
        self.running = book.running


def course(raw: Raw, regime: str, severity: int, start: datetime) -> Course:
    agency = Agency(pk=1, time_zone=raw.zone, calendar_id=1)
    case = Case(
        pk=1,
        regime=regime,
        severity=severity,
        status=Status.ROUTED,
        registered_at=start,
        received_at=start,
        agency=agency,
    )
    return Course(case, agency)


MAIN = {
    Regime.SOCIAL: "SN-FIRST",
    Regime.POS: "POS-STD",
    Regime.LAW59: "L59-MAIN",
    Regime.PORTAL: "PORTAL-8",
    Regime.HOTLINE: "HOTLINE",
    Regime.INTERNAL: "INTERNAL",
}
REGIMES = st.sampled_from([Regime.SOCIAL, Regime.PORTAL, Regime.HOTLINE, Regime.INTERNAL])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(RAW, REGIMES, st.integers(1, 5), STARTS, GAPS)
def test_a_redirect_never_moves_the_citizens_term_and_always_starts_the_executors(
    raw: Raw, regime: str, severity: int, start: datetime, gaps: list[int]
) -> None:
    made = course(raw, regime, severity, start)
    oracle = raw.oracle()
    at = start
    with calendars(raw):
        try:
            for gap in gaps:
                made.hand_over(at)
                at += timedelta(minutes=gap)
        except BadChange:  # the random calendar ends before the term does
            return
    first, last = made.handed[0], made.handed[-1]
    code = "SN-URGENT" if regime == Regime.SOCIAL and severity >= 4 else MAIN[Regime(regime)]
    try:
        whole = naive(oracle, code, first if regime == Regime.SOCIAL else start)
        own = naive(oracle, code if regime == Regime.SOCIAL else "EXEC", last)
    except OutsideCalendarError:
        return
    kinds = {clock.kind: clock for clock in made.running if not clock.warning_only}
    assert kinds[clocks.main_kind(regime)].due_at == whole
    wanted = own if regime == Regime.SOCIAL else max(own, whole)
    assert kinds[Clock.Kind.EXECUTOR].due_at == wanted
    assert sum(clock.kind == Clock.Kind.EXECUTOR for clock in made.running) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(RAW, REGIMES, STARTS, GAPS, st.sampled_from(Status.values))
def test_the_due_moment_of_a_case_is_the_nearest_that_is_owed_in_its_state(
    raw: Raw, regime: str, start: datetime, gaps: list[int], status: str
) -> None:
    made = course(raw, regime, 2, start)
    at = start
    with calendars(raw):
        try:
            for gap in gaps:
                made.hand_over(at)
                at += timedelta(minutes=gap)
            book = book_of(made.case, at, made.running)
            book.start(Clock.Kind.APPROVAL, clocks.APPROVAL, start=at, agency=made.agency)
        except BadChange:
            return
    due = clocks.binding_due(status, book.running)
    held_elsewhere = status in ("approval", "review", "redirect_asked")
    owed = [
        clock.due_at
        for clock in book.running
        if not clock.warning_only and not (held_elsewhere and clock.kind == "executor")
    ]
    over = status in ("answered", "closed", "rejected", "merged", "ceased")
    assert due == (None if over else min(owed))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(RAW, STARTS, st.integers(0, 20 * 24 * 60))
def test_a_missed_term_stays_missed_and_a_kept_one_kept(
    raw: Raw, start: datetime, later: int
) -> None:
    made = course(raw, Regime.PORTAL, 2, start)
    with calendars(raw):
        try:
            made.hand_over(start)
        except BadChange:
            return
    due = next(clock.due_at for clock in made.running if clock.kind == Clock.Kind.TOTAL)
    at = start + timedelta(minutes=later)
    book = book_of(made.case, at, made.running)
    total = book.of(Clock.Kind.TOTAL)[0]
    until = max(due, at) + timedelta(days=1)
    book.move(total, until, {"until": until.isoformat(), "before": due.isoformat()})
    assert (total.due_at, total.missed_at) == (until, due if at > due else None)
    book.stop(at=at)
    assert total.missed_at == (due if at > due else None)
    assert book.running == []
