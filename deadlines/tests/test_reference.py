"""The shipped tables against outside knowledge."""

from datetime import date, timedelta

import pytest
from holidays.countries.russia import RU

from deadlines import Roll, Unit, WeekPlan
from deadlines.reference import (
    bounds,
    days_for_week,
    read_deadline_rules,
    read_production_calendar,
)
from deadlines.tests.data import production_calendar, production_rows, rules

HEADER = "day,kind,title,replaces,shorter_by,source,confirmed\n"


def days_of(year: int) -> list[date]:
    count = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return [date(year, 1, 1) + timedelta(days=n) for n in range(count)]


@pytest.mark.parametrize(
    ("year", "days", "hours"),
    # published norms of a 40-hour week; 2027 by the preliminary transfers
    [(2024, 248, 1979), (2025, 247, 1972), (2026, 247, 1972), (2027, 247, 1972)],
)
def test_totals_are_the_published_ones(year: int, days: int, hours: int) -> None:
    calendar = production_calendar()
    open_days = [day for day in days_of(year) if calendar.is_workday(day)]
    assert len(open_days) == days
    minutes = sum(end - start for day in open_days for start, end in calendar.intervals(day))
    assert minutes == hours * 60


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_every_day_agrees_with_the_holidays_package(year: int) -> None:
    calendar, other = production_calendar(), RU(years=year)  # type: ignore[no-untyped-call]
    wrong = [d for d in days_of(year) if calendar.is_workday(d) != other.is_working_day(d)]
    assert wrong == []


@pytest.mark.parametrize(
    ("year", "shorter"),
    [
        (2024, ["02-22", "03-07", "05-08", "06-11", "11-02"]),
        (2025, ["03-07", "04-30", "06-11", "11-01"]),
        (2026, ["04-30", "05-08", "06-11", "11-03"]),
        (2027, ["02-20", "04-30", "06-11", "11-03"]),
    ],
)
def test_eves_end_an_hour_earlier_and_no_other_day_does(year: int, shorter: list[str]) -> None:
    calendar = production_calendar()
    found = [
        f"{day:%m-%d}"
        for day in days_of(year)
        if calendar.is_workday(day) and calendar.intervals(day)[-1][1] == 17 * 60
    ]
    assert found == shorter


def test_only_2027_is_not_confirmed() -> None:
    assert bounds(production_rows()) == (date(2024, 1, 1), date(2027, 12, 31), date(2026, 12, 31))
    assert {row.hours.day.year for row in production_rows() if not row.confirmed} == {2027}
    assert all(row.source for row in production_rows())


def test_nothing_confirmed_means_the_day_before_the_first() -> None:
    rows = read_production_calendar([HEADER, "2027-01-01,holiday,x,,,s,no\n"])
    assert bounds(rows)[2] == date(2026, 12, 31)


def test_a_tuesday_to_saturday_week_works_on_9_january_and_moves_its_own_days() -> None:
    hours = ((540, 1080),)
    calendar = production_calendar(WeekPlan(((),) + (hours,) * 5 + ((),)))
    assert calendar.is_workday(date(2026, 1, 9))  # the Saturday moved there is not theirs
    assert not calendar.is_workday(date(2026, 3, 10))  # Sunday 8 March moves to Tuesday
    assert not calendar.is_workday(date(2026, 3, 9))
    assert calendar.is_workday(date(2026, 12, 31))
    assert calendar.intervals(date(2026, 12, 31)) == ((540, 1020),)
    assert calendar.intervals(date(2027, 12, 31)) == ((540, 1020),)  # the table ends here
    assert calendar.intervals(date(2026, 11, 3)) == ((540, 1020),)
    assert not calendar.is_workday(date(2024, 2, 23))
    assert calendar.is_workday(date(2024, 4, 27))
    assert calendar.is_workday(date(2024, 4, 30))


def test_a_week_without_work_moves_nothing() -> None:
    week = WeekPlan(((),) * 5 + ((), ((540, 600),)))
    assert days_for_week(production_rows(), week)
    assert days_for_week(production_rows(), WeekPlan(((),) * 7))


def test_faulty_rows_are_named_by_their_line() -> None:
    with pytest.raises(ValueError, match="line 3"):
        read_production_calendar(
            [HEADER, "2026-01-01,holiday,x,,,s,yes\n", "2026-01-02,fest,x,,,s,yes\n"]
        )
    with pytest.raises(ValueError, match="line 2: yes or no"):
        read_production_calendar([HEADER, "2026-01-01,holiday,x,,,s,maybe\n"])
    with pytest.raises(ValueError, match="line 2"):
        read_deadline_rules(["code,amount\n", "A,1\n"])


def test_rules_hold_the_terms_of_the_norms() -> None:
    terms = {code: (rule.term.amount, rule.term.unit) for code, rule in rules().items()}
    assert terms == {
        "SN-FIRST": (8, Unit.WORKING_HOURS),
        "SN-URGENT": (4, Unit.WORKING_HOURS),
        "SN-PRIMARY": (3, Unit.WORKING_HOURS),
        "SN-FINAL": (7, Unit.WORKING_DAYS),
        "SN-MOD": (1, Unit.WORKING_HOURS),
        "SN-APPR": (30, Unit.WORKING_MINUTES),
        "POS-STD": (30, Unit.CALENDAR_DAYS),
        "POS-FAST": (10, Unit.CALENDAR_DAYS),
        "POS-TARGET": (8, Unit.CALENDAR_DAYS),
        "L59-REG": (3, Unit.CALENDAR_DAYS),
        "L59-REDIR": (7, Unit.CALENDAR_DAYS),
        "L59-MAIN": (30, Unit.CALENDAR_DAYS),
        "L59-EXT": (30, Unit.CALENDAR_DAYS),
        "L59-MIG": (20, Unit.CALENDAR_DAYS),
        "L59-SHORT": (7, Unit.CALENDAR_DAYS),
        "L59-PASS": (5, Unit.CALENDAR_DAYS),
        "PORTAL-8": (8, Unit.WORKING_DAYS),
        "HOTLINE": (8, Unit.WORKING_DAYS),
        "INTERNAL": (8, Unit.WORKING_DAYS),
        "EXEC": (3, Unit.WORKING_DAYS),
        "DISPUTE": (2, Unit.WORKING_HOURS),
        "REWORK-SN": (4, Unit.WORKING_HOURS),
        "REWORK": (3, Unit.WORKING_DAYS),
        "SURVEY": (96, Unit.HOURS),
        "PART-SN": (4, Unit.WORKING_HOURS),
        "PART": (3, Unit.WORKING_DAYS),
        "L59-REQ": (15, Unit.CALENDAR_DAYS),
    }
    law59 = [rule for rule in rules().values() if rule.regime == "law59"]
    assert len(law59) == 8
    assert all(rule.term.roll is Roll.PREVIOUS for rule in law59)
    assert all("59-ФЗ" in rule.source and "ст." in rule.source for rule in law59)
    assert [code for code, rule in rules().items() if rule.warning_only] == ["POS-TARGET"]
    assert [code for code, rule in rules().items() if not rule.is_active] == ["SN-PRIMARY"]
    assert rules()["SN-URGENT"].min_severity == 4
