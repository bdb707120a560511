"""Columns of reports: how each is called, what kind its cells are, which figure they open."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reports.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: key of `reports.showing.SHOW`; `metric`: whose rows a cell opens."""

    title: Any
    kind: str
    metric: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in (
            "number",
            "before",
            "tenths",
            "any_figure",
            "figure",
            "share",
            "rate",
            "minutes",
            "times",
            "of_metric",
        )


def _column(title: Promise, kind: str = "number", metric: str = "") -> Column:
    return Column(title, kind, metric)


_AGENCY = pgettext_lazy("column", "Agency")
COLUMNS: dict[str, Column] = {
    # Figures of the dictionary.
    **{code: Column(metric.title, "figure", code) for code, metric in METRICS.items()},
    # Over narrow columns their titles are short.
    **{
        code: Column(title, "figure", code)
        for code, title in {
            "received": pgettext_lazy("column", "Received"),
            "overdue_share": pgettext_lazy("column", "Overdue"),
            "brush_off_share": pgettext_lazy("column", "Brush-offs"),
            "repeat_share": pgettext_lazy("column", "Repeats"),
            "satisfaction": pgettext_lazy("column", "Marks 4 and 5"),
            "in_time": pgettext_lazy("column", "Within the norm"),
            "rating": pgettext_lazy("column", "Rating"),
            "flag_share": pgettext_lazy("column", "Flagged"),
            "rework_share": pgettext_lazy("column", "Returned"),
            "solved_share": pgettext_lazy("column", "Solved"),
            "explained_share": pgettext_lazy("column", "Explained"),
        }.items()
    },
    "metric": _column(_("Metric"), "metric"),
    "value": _column(pgettext_lazy("metric", "Value"), "of_metric"),
    "before": _column(_("Before"), "of_metric"),
    "share_before": _column(_("Before"), "any_figure"),
    # What a row is of.
    "agency": _column(_AGENCY, "agency"),
    "class": _column(_("Class"), "class"),
    "topic": _column(_("Topic"), "topic"),
    "territory": _column(_("Territory"), "territory"),
    "case": _column(_("Case"), "case"),
    "event": _column(_("Mass event"), "event"),
    "person": _column(_("Executor"), "person"),
    "day": _column(pgettext_lazy("metric", "Day"), "day"),
    "until": _column(pgettext_lazy("column", "Until"), "day"),
    "since": _column(pgettext_lazy("column", "Since"), "day"),
    "lifted_on": _column(_("Lifted"), "day"),
    "status": _column(_("State"), "status"),
    "regime": _column(_("Regime"), "regime"),
    "stage": _column(_("Stage"), "stage"),
    "ground": _column(_("Ground"), "ground"),
    "check": _column(_("Check"), "check"),
    "cause": _column(_("Why it was judged"), "cause"),
    "line": _column(_("Row of the form"), "line"),
    "target": _column(_("Target"), "line"),
    "basis": _column(_("Repeat of"), "line"),
    # Plain counts.
    "count": _column(_("Cases")),
    "arrived": _column(_("Cases"), metric="received"),
    "arrived_before": _column(_("Before"), "before", metric="received"),
    "open": _column(pgettext_lazy("column", "Open")),
    "overdue": _column(pgettext_lazy("column", "Overdue")),
    "overdue_work": _column(_("Overdue at the agency")),
    "overdue_approval": _column(_("Overdue in approval")),
    "overdue_rework": _column(_("Overdue in rework")),
    "terms": _column(_("Terms")),
    "late": _column(_("Ended late")),
    "running_late": _column(_("Overdue and running")),
    "checked": _column(_("Checked")),
    "flagged": _column(_("Flagged"), metric="flag_share"),
    "reviewed": _column(_("Reviewed")),
    "good": _column(pgettext_lazy("verdict", "Good")),
    "remarks": _column(_("With remarks")),
    "brush_offs": _column(pgettext_lazy("column", "Brush-offs")),
    "replies": _column(_("Replies")),
    "promised": _column(_("Promises")),
    "kept": _column(_("Kept")),
    "broken": _column(_("Broken")),
    "awaited": _column(_("Awaited")),
    "moves": _column(_("Moved")),
    "members": _column(_("Messages")),
    "answered": _column(_("With an answer")),
    "decided": _column(_("Decision"), "yes"),
    "is_late": _column(pgettext_lazy("column", "Overdue"), "yes"),
    "proposed": _column(_("Proposed to lift"), "yes"),
    "residents": _column(_("Residents")),
    "closed": _column(pgettext_lazy("column", "Closed")),
    "solved": _column(pgettext_lazy("column", "Solved")),
    "solvable": _column(_("Solvable closed")),
    "in_events": _column(_("In events with a decision")),
    "usual": _column(_("Usually"), "times"),
    "deviates": _column(_("Times the usual"), "times"),
    "received_law": _column(_("Received")),
    "registered_in_time": _column(_("Registered in 3 days")),
    "supported": _column(_("Supported")),
    "measures": _column(_("Measures taken")),
    "explained": _column(_("Explained")),
    "not_supported": _column(_("Not supported")),
    "redirected": _column(_("Redirected")),
    "law_late": _column(_("Late")),
    "repeat": _column(_("Repeated")),
    "collective": _column(_("Collective")),
    "goal": _column(_("Goal"), "goal"),
    "score": _column(_("Points"), "tenths"),
    # Shares of two counts, and rates per 1,000 residents.
    "precision": _column(_("Flags that were right"), "share"),
    "brush_off_rate": _column(_("Brush-offs among them"), "share"),
    "share": _column(_("Share"), "share"),
    "in_8_days": _column(_("Within 8 days"), "share"),
    "satisfied": _column(_("Marks 4 and 5"), "share"),
    "postponed_share": _column(_("Postponed"), "share"),
    "kept_share": _column(_("Kept share"), "share"),
    "rate": _column(_("Per 1,000 residents"), "rate"),
    # Several values in a cell.
    "where": _column(_("Where most"), "where"),
    "weeks": _column(_("12 periods"), "weeks"),
}
