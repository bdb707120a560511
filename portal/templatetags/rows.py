"""Rows of a list of cases written by hand.

Fifty rows through nested templates cost more than the whole rest of the page; this is the one
fragment where that shows (bench/run.py, «queue»). Everything from data goes through `escape`.
"""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cases.masking import mask_text
from cases.models import Citizen
from cases.screens import DeadlineView, Row
from cases.templatetags.portal import icon, nbsp
from cases.workflow import Status
from portal.templatetags.wording import time_left, unnamed, until_words

register = template.Library()


def _deadline(view: DeadlineView, overdue: str) -> str:
    """The same as components/_deadline.html."""
    if view.due is None:
        return f'<div class="deadline" data-state="{view.state}"><b>—</b></div>'
    if view.minutes is None:
        words = escape(format_date(view.due, "j E"))
    elif view.state == "overdue":
        words = overdue + escape(time_left(view.minutes))
    elif view.state == "paused":
        words = "—"
    else:
        words = escape(time_left(view.minutes))
    return (
        f'<div class="deadline" data-state="{view.state}"><b>{words}</b>'
        f'<small><time datetime="{view.due.isoformat()}">'
        f"{escape(until_words(view.due, view.state))}</time></small></div>"
    )


@register.simple_tag
def case_rows(rows: Iterable[Row]) -> SafeString:
    """Table rows; cases come with the relations of `CaseQuerySet.for_list`."""
    base = reverse("case-detail", kwargs={"number": "0"}).removesuffix("0/")
    overdue = (
        f'<span class="visually-hidden">{escape(_("Overdue by"))} </span>'
        '<span aria-hidden="true">−</span>'
    )
    control = f' <span class="badge" data-tone="care">{escape(_("Personal control"))}</span>'
    flagged, brush_off = icon("triangle-alert"), escape(_("looks like a brush-off"))
    important = (
        f'<span class="nowrap tone-warn">{icon("circle-alert")} {escape(_("Important"))}</span>'
    )
    mass = f'<span class="nowrap muted">{icon("users-round")} {escape(_("Mass"))}</span>'
    repeat = f'<span class="sub">{escape(_("repeat"))}</span>'
    states = {state.value: escape(str(state.label)) for state in Status}
    nobody = {kind: unnamed(kind) for kind in Citizen.Kind.values}
    made: list[str] = []
    for row in rows:
        case = row.case
        author = case.citizen.masked_name or nobody[case.citizen.kind]
        meta = f"№&nbsp;{escape(case.number)} · {escape(author)}"
        if case.place:
            meta += f" · {escape(nbsp(mask_text(case.place)))}"
        if case.executor is not None:
            meta += f" · {escape(case.executor.short_name)}"
        tone = f' data-tone="{row.tone}"' if row.tone else ""
        risk = ""
        if case.flagged:
            score = "" if row.score is None else row.score
            risk = f'<span class="nowrap tone-warn">{flagged} {score}</span>'
            risk += f'<span class="sub">{brush_off}</span>'
        elif case.severity >= 4:
            risk = important
        elif case.event_id:
            risk = mass
        made.append(
            f'<tr class="case"{" data-overdue" if row.deadline.state == "overdue" else ""}>'
            f'<td class="case-deadline">{_deadline(row.deadline, overdue)}</td>'
            f'<td class="case-subject"><a class="case-title" href="{base}{escape(case.number)}/">'
            f"{escape(nbsp(case.title))}</a>"
            f'<span class="case-meta">{meta}</span></td>'
            f'<td class="case-place">{escape(case.topic) if case.topic else "—"}'
            f"<span>{escape(case.territory) if case.territory else ''}</span></td>"
            f'<td class="case-state"><span class="badge"{tone}>{states[case.status]}</span>'
            f"{control if case.controlled_by_id else ''}</td>"
            f'<td class="case-source case-place">{escape(case.channel)}</td>'
            f'<td class="case-risk">{risk}{repeat if case.repeat_of_id else ""}</td></tr>'
        )
    return mark_safe("\n".join(made))  # noqa: S308  every value above is escaped
