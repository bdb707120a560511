"""Rows of a list of cases written by hand.

Fifty rows through nested templates cost more than the whole rest of the page; this is the one
fragment where that shows (bench/run.py, «queue»). Everything from data goes through `escape`.
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from django import template
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.masking import mask_text
from cases.models import Case, Citizen
from cases.screens import DeadlineView, Row
from cases.templatetags.portal import icon, moment, nbsp
from cases.workflow import Status
from portal.templatetags.wording import DueWords, time_left, unnamed, waited
from quality import points

register = template.Library()
_WEAK = 40  # a score below it stands out


# A list is drawn again every minute for each of its readers, mostly with the same rows.
@lru_cache(maxsize=4000)
def _title(text: str) -> str:
    return escape(nbsp(text))


@lru_cache(maxsize=4000)
def _place(text: str) -> str:
    return escape(nbsp(mask_text(text)))


@lru_cache(maxsize=4000)
def _left(minutes: int, language: str | None) -> str:
    return escape(time_left(minutes))


class _Deadlines:
    """The same as components/_deadline.html, for many rows."""

    def __init__(self) -> None:
        self.words = DueWords()
        self.language = get_language()
        self.overdue = (
            f'<span class="visually-hidden">{escape(_("Overdue by"))} </span>'
            '<span aria-hidden="true">−</span>'
        )

    def draw(self, view: DeadlineView) -> str:
        if view.due is None:
            return f'<div class="deadline" data-state="{view.state}"><b>—</b></div>'
        if view.minutes is None:
            words = escape(format_date(view.due, "j E"))
        elif view.state == "paused":
            words = "—"
        else:
            words = _left(view.minutes, self.language)
            if view.state == "overdue":
                words = self.overdue + words
        return (
            f'<div class="deadline" data-state="{view.state}"><b>{words}</b>'
            f'<small><time datetime="{view.due.isoformat()}">'
            f"{escape(self.words.until(view.due, view.state))}</time></small></div>"
        )


@register.simple_tag
def case_rows(rows: Iterable[Row], chosen: object = None) -> SafeString:
    """Table rows; cases come from `cases.listing`. `chosen`: whether they have boxes to tick."""
    base = reverse("case-detail", kwargs={"number": "0"}).removesuffix("0/")
    deadlines = _Deadlines()
    control = f' <span class="badge" data-tone="care">{escape(_("Personal control"))}</span>'
    waiting = f' <span class="badge" data-tone="warn">{escape(_("Waiting for the citizen"))}</span>'
    flagged, brush_off = icon("triangle-alert"), escape(_("looks like a brush-off"))
    important = (
        f'<span class="nowrap tone-warn">{icon("circle-alert")} {escape(_("Important"))}</span>'
    )
    mass = f'<span class="nowrap muted">{icon("users-round")} {escape(_("Mass"))}</span>'
    repeat = f'<span class="sub">{escape(_("repeat"))}</span>'
    states = {state.value: escape(str(state.label)) for state in Status}
    nobody = {kind: unnamed(kind) for kind in Citizen.Kind.values}
    choose = escape(_("Choose №"))
    box = ""
    made: list[str] = []
    for row in rows:
        case = row.case
        author = case.citizen.masked_name or nobody[case.citizen.kind]
        meta = f"№&nbsp;{escape(case.number)} · {escape(author)}"
        if case.place:
            meta += f" · {_place(case.place)}"
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
        if chosen:
            number = escape(case.number)
            box = (
                '<td class="case-choose"><input class="check" type="checkbox" name="case"'
                f' value="{number}" aria-label="{choose} {number}"></td>'
            )
        made.append(
            f'<tr class="case"{" data-overdue" if row.deadline.state == "overdue" else ""}>{box}'
            f'<td class="case-deadline">{deadlines.draw(row.deadline)}</td>'
            f'<td class="case-subject"><a class="case-title" href="{base}{escape(case.number)}/">'
            f"{_title(case.title)}</a>"
            f'<span class="case-meta">{meta}</span></td>'
            f'<td class="case-place">{escape(case.topic.name) if case.topic else "—"}'
            f"<span>{escape(case.territory.name) if case.territory else ''}</span></td>"
            f'<td class="case-state"><span class="badge"{tone}>{states[case.status]}</span>'
            f"{waiting if case.waiting_until else ''}"
            f"{control if case.controlled_by_id else ''}</td>"
            f'<td class="case-source case-place">{escape(case.channel.name)}</td>'
            f'<td class="case-risk">{risk}{repeat if case.repeat_of_id else ""}</td></tr>'
        )
    return mark_safe("\n".join(made))  # noqa: S308  every value above is escaped


@register.simple_tag
def review_rows(cases: Iterable[Case], current: Case | None = None, part: str = "") -> SafeString:
    """The list of the review desk: agency, how long it waits, title, topic and score."""
    base = reverse("review-one", kwargs={"number": "0"}).removesuffix("0/")
    query = f"?part={escape(part)}" if part else ""
    waits = escape(_("waits %(time)s"))
    made: list[str] = []
    for case in cases:
        chosen = ' aria-current="true"' if current is not None and case.pk == current.pk else ""
        time = ""
        if case.submitted_at is not None:
            time = waits % {"time": escape(waited(case.submitted_at))}
        score = None if case.risk is None else points(case.risk)
        tone = "tone-danger" if score is not None and score < _WEAK else "tone-warn"
        made.append(
            f'<li><a class="row-link" href="{base}{escape(case.number)}/{query}"{chosen}>'
            f'<span class="row-apart faint"><span>{escape(str(case.agency))}</span>'
            f'<span class="number">{time}</span></span>'
            f"<b>{escape(mask_text(case.title, case.citizen.hidden_name))}</b>"
            '<span class="row-apart"><span class="muted">'
            f"{escape(case.topic.name) if case.topic else ''}</span>"
            f'<b class="number {tone}">{"—" if score is None else score}</b></span></a></li>'
        )
    return mark_safe("\n".join(made))  # noqa: S308  every value above is escaped


@register.simple_tag
def desk_rows(
    cases: Iterable[Case], current: Case | None, view: str, choose: object = None
) -> SafeString:
    """The list of the routing desk: source, when it came, title, topic and territory.

    `choose`: whether the rows have boxes to tick.
    """
    address = escape(f"?view={view}&case=")
    no_topic, label = escape(_("no topic")), escape(_("Choose №"))
    opening = '<li class="choose-row">' if choose else "<li>"
    box = ""
    made: list[str] = []
    for case in cases:
        number = escape(case.number)
        chosen = ' aria-current="true"' if current is not None and case.pk == current.pk else ""
        if choose:
            box = (
                f'<input class="check" type="checkbox" name="case" value="{number}"'
                f' aria-label="{label} {number}">'
            )
        where = escape(case.topic.name) if case.topic else no_topic
        if case.territory:
            where += f", {escape(case.territory.name)}"
        made.append(
            f'{opening}{box}<a class="row-link" href="{address}{number}"{chosen}>'
            f'<span class="row-apart faint"><span>{escape(str(case.channel))}</span>'
            f'<span class="number">{escape(moment(case.received_at))}</span></span>'
            f'<b>{escape(case.title)}</b><span class="muted">{where}</span></a></li>'
        )
    return mark_safe("\n".join(made))  # noqa: S308  every value above is escaped
