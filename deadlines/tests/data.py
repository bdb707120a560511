"""The shipped tables as values."""

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from deadlines import WeekPlan, WorkCalendar
from deadlines.reference import (
    DeadlineRule,
    ProductionDay,
    bounds,
    days_for_week,
    read_deadline_rules,
    read_production_calendar,
)

ROOT = Path(__file__).resolve().parents[2]
MOSCOW = ZoneInfo("Europe/Moscow")


@cache
def production_rows() -> tuple[ProductionDay, ...]:
    path = ROOT / "agencies" / "reference" / "production_calendar.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(read_production_calendar(lines))


@cache
def rules() -> dict[str, DeadlineRule]:
    path = ROOT / "cases" / "reference" / "deadline_rules.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {rule.term.code: rule for rule in read_deadline_rules(lines)}


def production_calendar(week: WeekPlan | None = None) -> WorkCalendar:
    """The production calendar as an agency with this week lives it (default: five days, 9-18)."""
    week = week or WeekPlan.five_day()
    first, last, confirmed_until = bounds(production_rows())
    days = days_for_week(production_rows(), week)
    return WorkCalendar(first, last, week, days, confirmed_until)
