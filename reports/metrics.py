"""The dictionary of metrics: one definition of each, read by pages, API, exports and reports.

A metric names its numerator and denominator as sets of facts (`reports.measures`): every figure
opens exactly these rows (`reports.rows`), and a test recomputes it from them for every role.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reports.measures import MEASURES, Kind


class Unit(StrEnum):
    NUMBER = "number"
    SHARE = "share"
    MINUTES = "minutes"  # elapsed
    WORKED = "worked"  # working minutes
    POINTS = "points"
    TIMES = "times"


class Statistic(StrEnum):
    COUNT = "count"
    SHARE = "share"
    MEAN = "mean"
    MEDIAN = "median"
    SLOW_TENTH = "slow_tenth"
    RATING = "rating"
    DEVIATION = "deviation"
    NONE = "none"  # no data are collected yet


@dataclass(frozen=True, slots=True)
class Metric:
    """`numerator`, `denominator`: measures whose facts make the set; they share one kind.

    `better`: +1 more is better, -1 less, 0 neither. `minimum`: below so many in the denominator
    nothing is compared. `whole_days`: only days that are over count, for a term of today may
    still be kept. `now`: how the open cases stand, whatever the period; a denominator of such are
    those of them nobody has taken. `parts`: what it is made of (`figures.parts_of`), with rows.
    """

    code: str
    title: Promise
    meaning: Promise
    unit: Unit
    statistic: Statistic
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    better: int = 0
    minimum: int = 0
    whole_days: bool = False
    now: bool = False
    duration: str = ""
    source: str = ""
    parts: tuple[str, ...] = field(default=())

    @property
    def kind(self) -> Kind | None:
        return MEASURES[self.numerator[0]].kind if self.numerator else None

    @property
    def has_rows(self) -> bool:
        return bool(self.numerator)

    @property
    def opens(self) -> bool:
        """Whether a figure leads on: to its rows, or to the figures it is made of and theirs."""
        return self.has_rows or bool(self.parts)


_SHARE, _MEAN, _COUNT = Statistic.SHARE, Statistic.MEAN, Statistic.COUNT
_MEDIAN, _SLOW = Statistic.MEDIAN, Statistic.SLOW_TENTH
_MINIMUM = 10
_LIST = (
    Metric(
        "received",
        _("Cases received"),
        _("Cases by the day they arrived, those later merged or rejected included."),
        Unit.NUMBER, _COUNT, ("received",), source="4.2",
    ),
    Metric(
        "overdue_share",
        _("Overdue share"),
        _(
            "Terms owed to citizens that ended in the period: those that ended late or still run,"
            " of all. A case counts once; today's terms count from tomorrow on."
        ),
        Unit.SHARE, _SHARE, ("due_late", "due_running"), ("due",),
        better=-1, minimum=_MINIMUM, whole_days=True, source="4.1",
    ),
    Metric(
        "reply_time",
        _("Time to reply"),
        _("Working time from assignment to the first published reply: half are faster."),
        Unit.WORKED, _MEDIAN, ("worked_replies",), ("worked_replies",),
        better=-1, minimum=_MINIMUM, duration="worked", source="4.1",
    ),
    Metric(
        "reply_time_mean",
        _("Mean time to reply"),
        _("Working time from assignment to the first published reply, on average."),
        Unit.WORKED, _MEAN, ("worked_minutes",), ("worked_replies",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "reply_time_slow",
        _("Slowest tenth of replies"),
        _("Nine replies in ten were faster: working time from assignment."),
        Unit.WORKED, _SLOW, ("worked_replies",), ("worked_replies",),
        better=-1, minimum=_MINIMUM, duration="worked", source="4.1",
    ),
    Metric(
        "reply_calendar",
        _("Time to reply for the citizen"),
        _("Day and night from arrival to the first published reply: half are faster."),
        Unit.MINUTES, _MEDIAN, ("first_replies",), ("first_replies",),
        better=-1, minimum=_MINIMUM, duration="minutes", source="4.1",
    ),
    Metric(
        "reply_calendar_mean",
        _("Mean time to reply for the citizen"),
        _("Day and night from arrival to the first published reply, on average."),
        Unit.MINUTES, _MEAN, ("reply_minutes",), ("first_replies",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "reply_calendar_slow",
        _("Slowest tenth for the citizen"),
        _("Nine first replies in ten were faster: day and night from arrival."),
        Unit.MINUTES, _SLOW, ("first_replies",), ("first_replies",),
        better=-1, minimum=_MINIMUM, duration="minutes", source="4.1",
    ),
    Metric(
        "in_time",
        _("Answered within the norm"),
        _("First replies published by the end of the agency's term, of those that had a term."),
        Unit.SHARE, _SHARE, ("in_time",), ("timed_replies",),
        better=1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "approval_time",
        _("Time in approval"),
        _("From sending the reply for approval to its publication, day and night: half faster."),
        Unit.MINUTES, _MEDIAN, ("published",), ("published",),
        better=-1, minimum=_MINIMUM, duration="approval", source="4.1",
    ),
    Metric(
        "approval_mean",
        _("Mean time in approval"),
        _("From sending the reply for approval to its publication, on average."),
        Unit.MINUTES, _MEAN, ("approval_minutes",), ("published",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "solved_share",
        _("Solved"),
        _("Closed as solved, of the closed cases that can be solved."),
        Unit.SHARE, _SHARE, ("solved",), ("solvable_closed",),
        better=1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "explained_share",
        _("Explained only"),
        _("Closed with an explanation, of the closed cases that can be solved."),
        Unit.SHARE, _SHARE, ("explained",), ("solvable_closed",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "rework_share",
        _("Returned for rework"),
        _("Replies returned at least once, of the replies a supervisor reviewed."),
        Unit.SHARE, _SHARE, ("returned",), ("reviewed",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "brush_off_share",
        _("Brush-offs"),
        _("Replies a supervisor called a brush-off (the last verdict), of those reviewed."),
        Unit.SHARE, _SHARE, ("brush_offs",), ("reviewed",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "flag_share",
        _("Flagged by the check"),
        _("Replies the check flagged, of those it read. Not a verdict."),
        Unit.SHARE, _SHARE, ("flagged",), ("checked",),
        minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "repeat_share",
        pgettext_lazy("metric", "Repeats"),
        _("Cases by the same author, or on the same topic and place, after a final reply, of all."),
        Unit.SHARE, _SHARE, ("repeats",), ("received",),
        better=-1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "satisfaction",
        pgettext_lazy("metric", "Satisfaction"),
        _("Marks 4 and 5 of all marks of authors; no figure where nobody gave a mark."),
        Unit.SHARE, _SHARE, ("good_marks",), ("marks",),
        better=1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "marked_share",
        _("Replies with a mark"),
        _("Final replies the author gave a mark, of those published."),
        Unit.SHARE, _SHARE, ("marked_replies",), ("final_replies",),
        minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "incomplete_share",
        _("Incomplete replies"),
        _("Faults found by a mystery citizen, of replies. No such checks are recorded: no data."),
        Unit.SHARE, Statistic.NONE, (), better=-1, source="4.1",
    ),
    Metric(
        "broken_promises",
        _("Overdue promises"),
        _("Promises past their day without a report, of those due in the period until yesterday."),
        Unit.SHARE, _SHARE, ("promises_broken", "promises_running"), ("promises",),
        better=-1, minimum=5, whole_days=True, source="4.1",
    ),
    Metric(
        "photo_share",
        _("Replies with a photo"),
        _("Published replies with a picture or a film, of those to cases that can be solved."),
        Unit.SHARE, _SHARE, ("with_photo",), ("solvable_replies",),
        better=1, minimum=_MINIMUM, source="4.1",
    ),
    Metric(
        "rating",
        _("Rating of the agency"),
        _(
            "100 points: 40 for replies within the norm, 40 for reviewed replies that are no"
            " brush-offs, 20 for satisfaction. A part without data is left out and the others"
            " weigh more. Agencies are compared inside their class."
        ),
        Unit.POINTS, Statistic.RATING, (), better=1, minimum=2, source="4.1",
        parts=("in_time", "brush_off_share", "satisfaction"),
    ),
    Metric(
        "deviation",
        _("Deviation from the usual"),
        _(
            "Cases of the last day of the period against the median of the same weekday over the"
            " eight weeks before."
        ),
        Unit.TIMES, Statistic.DEVIATION, (), source="4.1", parts=("received",),
    ),
    Metric(
        "overdue_now",
        pgettext_lazy("metric", "Overdue now"),
        _("Open cases whose due moment has passed."),
        Unit.NUMBER, _COUNT, ("open_due",), better=-1, now=True, source="design 05",
    ),
    Metric(
        "due_today",
        pgettext_lazy("metric", "Due today"),
        _("Open cases due today, passed moments included, and those of them nobody has taken."),
        Unit.NUMBER, _COUNT, ("open_due",), ("open_due_unassigned",), now=True, source="design 05",
    ),
    Metric(
        "open_now",
        _("Open cases"),
        _("Cases whose citizen still waits."),
        Unit.NUMBER, _COUNT, ("open",), now=True, source="design 05",
    ),
)  # fmt: skip
METRICS: dict[str, Metric] = {metric.code: metric for metric in _LIST}
RATING_WEIGHTS = {"in_time": 40, "brush_off_share": 40, "satisfaction": 20}
