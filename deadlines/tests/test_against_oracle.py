"""Random calendars, zones and starts: the fast count agrees with the walking one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from deadlines import (
    Action,
    CalendarGap,
    Due,
    Roll,
    Term,
    Unit,
    compute_due,
    due_many,
    moment_at_share,
    working_minutes_between,
)
from deadlines.hours import clock
from deadlines.tests.oracle import OutsideCalendarError
from deadlines.tests.strategies import RAW, USUAL, Raw, moments

FAST, DEEP = 120, 4000
FIVE_DAY = Raw([USUAL] * 5 + [[], []], [], "Europe/Moscow")
CUTOFF = st.none() | st.sampled_from((1, 720, 1020, 1080)) | st.integers(0, 1439)


def examples(count: int = FAST) -> Callable[..., object]:
    """Settings of a run over `count` random cases."""
    return settings(
        max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )


def outcome(count: Callable[[], object]) -> object:
    """The result, or the word that the calendar ended."""
    try:
        return count()
    except (CalendarGap, OutsideCalendarError):
        return "outside"


def text(cutoff: int | None) -> str | None:
    return None if cutoff is None else clock(cutoff)


def check_working_minutes(raw: Raw, start: datetime, amount: int, cutoff: int | None) -> None:
    zone, calendar = ZoneInfo(raw.zone), raw.calendar()
    oracle = raw.oracle()
    term = Term("T", amount, Unit.WORKING_MINUTES, cutoff=text(cutoff))
    due = outcome(lambda: compute_due(term, start, calendar=calendar, zone=zone))
    expected = outcome(lambda: oracle.after_working_minutes(start, amount, cutoff))
    if not isinstance(due, Due):
        assert due == expected
        return
    assert (due.counted_from, due.moment) == expected
    counted = [step for step in due.steps if step.action is Action.COUNT]
    assert sum(step.minutes for step in counted) == amount
    for step in counted:
        worked = oracle.minutes(step.day)
        assert sum(step.begin <= minute < step.end for minute in worked) == step.minutes
    passed = {s.day for s in due.skipped}
    day = start.astimezone(zone).date()
    while day <= counted[-1].day:
        assert (day in passed) == (not oracle.minutes(day))
        day += timedelta(days=1)
    assert Due.from_json(due.as_json()) == due
    spent = working_minutes_between(due.counted_from, due.moment, calendar=calendar, zone=zone)
    assert spent == amount


def check_between(raw: Raw, start: datetime, end: datetime) -> None:
    zone, calendar, oracle = ZoneInfo(raw.zone), raw.calendar(), raw.oracle()
    found = outcome(lambda: working_minutes_between(start, end, calendar=calendar, zone=zone))
    assert found == outcome(lambda: oracle.working_minutes(start, end))


def check_working_days(
    raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None
) -> None:
    zone, calendar, oracle = ZoneInfo(raw.zone), raw.calendar(), raw.oracle()
    term = Term("T", amount, Unit.WORKING_DAYS, counts_day_zero=zero, cutoff=text(cutoff))
    due = outcome(lambda: compute_due(term, start, calendar=calendar, zone=zone))
    moment = due.moment if isinstance(due, Due) else due
    assert moment == outcome(lambda: oracle.after_working_days(start, amount, zero, cutoff))
    if isinstance(due, Due):
        assert sum(step.action is Action.COUNT for step in due.steps) == amount
        assert Due.from_json(due.as_json()) == due


def check_calendar_days(
    raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None, roll: Roll
) -> None:
    zone, calendar, oracle = ZoneInfo(raw.zone), raw.calendar(), raw.oracle()
    term = Term("T", amount, Unit.CALENDAR_DAYS, roll, counts_day_zero=zero, cutoff=text(cutoff))
    due = outcome(lambda: compute_due(term, start, calendar=calendar, zone=zone))
    moment = due.moment if isinstance(due, Due) else due
    expected = outcome(lambda: oracle.after_calendar_days(start, amount, zero, cutoff, roll.value))
    assert moment == expected
    if isinstance(due, Due):
        assert due.moment >= start
        assert Due.from_json(due.as_json()) == due


MINUTES = (
    RAW,
    moments(),
    st.sampled_from((1, 30, 60, 240, 480, 540)) | st.integers(1, 4000),
    CUTOFF,
)
DAYS = (RAW, moments(), st.integers(1, 12), st.booleans(), CUTOFF)
ROLLED = (*DAYS, st.sampled_from(list(Roll)))


@examples()
@given(*MINUTES)
@example(FIVE_DAY, datetime(2025, 12, 22, 15, tzinfo=UTC), 1, None)
@example(FIVE_DAY, datetime(2025, 12, 22, 14, 59, 59, tzinfo=UTC), 1, None)
def test_working_minutes_agree_with_the_walk(
    raw: Raw, start: datetime, amount: int, cutoff: int | None
) -> None:
    check_working_minutes(raw, start, amount, cutoff)


@examples(60)
@given(RAW, moments(), moments())
def test_working_time_between_agrees_with_the_walk(
    raw: Raw, start: datetime, end: datetime
) -> None:
    check_between(raw, start, end)


@examples()
@given(*DAYS)
def test_working_days_agree_with_the_walk(
    raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None
) -> None:
    check_working_days(raw, start, amount, zero, cutoff)


@examples()
@given(*ROLLED)
def test_calendar_days_agree_with_the_walk(
    raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None, roll: Roll
) -> None:
    check_calendar_days(raw, start, amount, zero, cutoff, roll)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    unit = draw(st.sampled_from(list(Unit)))
    by_day = unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS)
    return Term(
        "T",
        draw(st.integers(1, 10)),
        unit,
        draw(st.sampled_from(list(Roll))) if unit is Unit.CALENDAR_DAYS else Roll.NONE,
        counts_day_zero=by_day and draw(st.booleans()),
        cutoff=None if unit is Unit.HOURS else text(draw(CUTOFF)),
    )


@examples()
@given(RAW, terms(), st.lists(moments(0, 30), min_size=2, max_size=12))
def test_who_starts_later_is_never_due_earlier(
    raw: Raw, term: Term, starts: list[datetime]
) -> None:
    zone, calendar = ZoneInfo(raw.zone), raw.calendar()
    try:
        found = due_many(term, sorted(starts), calendar=calendar, zone=zone)
    except CalendarGap:
        assume(False)
    dues = [due.moment for due in found]
    assert dues == sorted(dues)
    assert all(due.moment > due.started_at - timedelta(minutes=1) for due in found)


@examples()
@given(RAW, terms(), moments(0, 25), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_warnings_come_in_order_within_the_term(
    raw: Raw, term: Term, start: datetime, shares: list[float]
) -> None:
    zone, calendar = ZoneInfo(raw.zone), raw.calendar()
    try:
        due = compute_due(term, start, calendar=calendar, zone=zone)
    except CalendarGap:
        assume(False)
    found = [moment_at_share(due, s, calendar=calendar, zone=zone) for s in sorted(shares)]
    assert found == sorted(found)
    assert all(due.counted_from <= moment <= due.moment for moment in found)


@pytest.mark.slow
class TestDeep:
    """The same comparisons over many more calendars."""

    @examples(DEEP)
    @given(*MINUTES)
    def test_working_minutes(
        self, raw: Raw, start: datetime, amount: int, cutoff: int | None
    ) -> None:
        check_working_minutes(raw, start, amount, cutoff)

    @examples(DEEP // 4)
    @given(RAW, moments(), moments())
    def test_between(self, raw: Raw, start: datetime, end: datetime) -> None:
        check_between(raw, start, end)

    @examples(DEEP)
    @given(*DAYS)
    def test_working_days(
        self, raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None
    ) -> None:
        check_working_days(raw, start, amount, zero, cutoff)

    @examples(DEEP)
    @given(*ROLLED)
    def test_calendar_days(
        self, raw: Raw, start: datetime, amount: int, zero: bool, cutoff: int | None, roll: Roll
    ) -> None:
        check_calendar_days(raw, start, amount, zero, cutoff, roll)
