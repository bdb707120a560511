"""Rules of terms and calendars as rows: what they say reaches the count."""

from datetime import date

import pytest
from django.utils import timezone

from agencies.models import CalendarDay, WorkingCalendar
from cases import clocks
from cases.calendar import work_calendar
from cases.models import Clock, DeadlineRule
from cases.workflow import Status
from tests.factories import make_case

pytestmark = pytest.mark.django_db


def test_a_term_that_only_warns_never_makes_a_case_overdue(region) -> None:
    DeadlineRule.objects.update(is_active=False)
    rule = DeadlineRule.objects.get(code="POS-TARGET")
    assert rule.warning_only
    DeadlineRule.objects.filter(pk=rule.pk).update(is_active=True)
    case = make_case(Status.IN_WORK, region["own"], due_at=None)
    clock = clocks.start_clock(
        case, ("POS-TARGET",), kind=Clock.Kind.TOTAL, start=timezone.now(), agency=region["own"]
    )
    assert clock is not None
    assert case.due_at is None


def test_a_cutoff_of_the_rule_reaches_the_count(region) -> None:
    rule = DeadlineRule(
        code="X", amount=1, unit="working_days", start="assignment", title="x", cutoff="17:00"
    )
    assert clocks.term_of(rule).cutoff == "17:00"
    rule.cutoff = ""
    assert clocks.term_of(rule).cutoff is None


def test_who_rests_on_other_days_keeps_holidays_and_not_transfers(region) -> None:
    hours = [["09:00", "18:00"]]
    museum = WorkingCalendar.objects.create(
        code="museum", name="Музей", week=[[], [], *[hours] * 5], follows_production=True
    )
    usual = region["own"].calendar
    moved = CalendarDay.objects.filter(calendar=None, kind="moved_off").order_by("day")
    weekday_moved = [row.day for row in moved if row.day.weekday() in (2, 3, 4)]
    assert weekday_moved
    holiday = date(2026, 6, 12)
    theirs, ours = work_calendar(museum.pk), work_calendar(usual.pk)
    assert theirs.intervals(holiday) == ()
    for day in weekday_moved:
        assert ours.intervals(day) == ()
        assert theirs.intervals(day) != ()
