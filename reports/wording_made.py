"""Codes of frozen reports in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Review

STAGES: dict[str, Promise] = {
    "moderation": _("Waits for moderation"),
    "agency": _("At the agency"),
    "approval": _("In approval or review"),
    "rework": _("In rework"),
    "promised": _("Promised or planned"),
}
LINES: dict[str, object] = {
    # Why a reply was judged.
    **{cause.value: cause.label for cause in Review.Cause},
    "own-words": _("in own words"),
    # Repeats.
    "same_author": _("the same author"),
    "same_place": _("another author, the same topic and place"),
    # Promises.
    "promises_period": _("Due in the period"),
    "promises_next": _("Due in the seven days after it"),
    # The form by 59-FZ.
    "received_law": _("Appeals received"),
    "registered_in_time": _("registered within 3 days"),
    "supported": _("supported"),
    "measures": _("supported, measures taken"),
    "explained": pgettext_lazy("appeal", "explained"),
    "not_supported": _("not supported"),
    "redirected": _("redirected by competence"),
    "extended": _("term extended"),
    "short_notice": _("notice instead of a reply"),
    "ceased": _("correspondence ended"),
    "law_late": _("answered late or overdue"),
    "repeat": _("repeated"),
    "collective": _("collective"),
    "in_work": _("still in work"),
    # Targets of the feedback platform.
    "pos_8_days": _("First reply within 8 days"),
    "pos_satisfied": _("Marks 4 and 5"),
    "pos_fast": _("Fast track within 10 days"),
    "pos_30_days": _("First reply within 30 days"),
}
NOTES: dict[str, Promise] = {
    "no_marks": _(
        "There are no marks of residents in this period: satisfaction has no figure, and the"
        " rating rests on speed and quality alone, half each."
    ),
    "no_marks_pos": _(
        "There are no marks of residents in this period: the points rest on the term alone."
    ),
}
