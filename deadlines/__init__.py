"""When a case must be answered: working calendars, terms, due moments and their explanation.

Plain Python: no Django, no database. Calendar rows and rules come in as values; what goes out is
a moment in UTC and the codes and numbers from which the portal words the explanation.
"""

from deadlines.compute import compute_due, due_many, moment_at_share, working_minutes_between
from deadlines.due import Action, Due, Skipped, Step
from deadlines.hours import (
    DayHours,
    DayKind,
    Interval,
    WeekPlan,
    clock,
    minute_of_day,
)
from deadlines.terms import Roll, Term, Unit
from deadlines.workcalendar import CalendarGap, WorkCalendar

__all__ = [
    "Action",
    "CalendarGap",
    "DayHours",
    "DayKind",
    "Due",
    "Interval",
    "Roll",
    "Skipped",
    "Step",
    "Term",
    "Unit",
    "WeekPlan",
    "WorkCalendar",
    "clock",
    "compute_due",
    "due_many",
    "minute_of_day",
    "moment_at_share",
    "working_minutes_between",
]
