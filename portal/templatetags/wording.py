"""Words of codes and values, for templates: the cores and actions return no sentences."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.clocks import is_promise
from cases.masking import mask_text
from cases.models import CaseEvent, Citizen, Clock, ReasonKind
from cases.reasons import reason_name
from cases.screens import Piece
from portal import (
    wording,
    wording_deadlines,
    wording_events,
    wording_figures,
    wording_quality,
)

register = template.Library()
_DAY_0 = datetime(2020, 1, 1, tzinfo=UTC)


@register.filter
def time_left(minutes: int | None) -> str:
    """«2 ч 15 мин»; the sign of an overdue term is set by the template."""
    return "" if minutes is None else wording_deadlines.time_left(abs(minutes))


class DueWords:
    """Words of due moments beside each other: what all of them need is looked up once."""

    def __init__(self) -> None:
        self.today = timezone.localdate()
        self._by, self._was_by = _("by %(when)s"), _("was due by %(when)s")
        self._days: dict[date, tuple[str, bool]] = {}

    def until(self, due: datetime, state: str) -> str:
        """«до 17:00», «до пт, 11:05», «было до 12:20», already local to the agency."""
        day = due.date()
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._day(day)
        words, with_time = known
        when = f"{words}{due:%H:%M}" if with_time else words
        return (self._was_by if state == "overdue" else self._by) % {"when": when}

    def _day(self, day: date) -> tuple[str, bool]:
        if day == self.today:
            return "", True
        if abs((day - self.today).days) < 7:
            return f"{date_format(day, 'D')}, ".lower(), True
        return date_format(day, "j E"), False


@register.filter
def until_words(due: datetime, state: str) -> str:
    return DueWords().until(due, state)


@register.filter
def waited(since: datetime) -> str:
    """«3 дня», «8 часов»: the largest unit says enough in a list."""
    now = timezone.now()
    hours = int((now - since).total_seconds() // 3600)
    if not 0 < hours < 7 * 24:
        return timesince(since, now, depth=1)
    return _hours(hours, get_language())


@lru_cache(maxsize=1000)
def _hours(hours: int, language: str | None) -> str:
    """Less than a week is told by its hours: fifty rows of a list share a few words."""
    return timesince(_DAY_0, _DAY_0 + timedelta(hours=hours), depth=1)


@register.filter
def group_title(key: str) -> str:
    return {
        "overdue": _("Overdue"),
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "later": _("Later"),
        "none": _("Without a term"),
    }.get(key, key)


@register.filter
def masked(text: str, name: str = "") -> str:
    """`name`: the author's full name, hidden too where the text holds it."""
    return mask_text(text, name)


@register.filter
def author(citizen: Citizen, sees_contacts: bool) -> str:
    """The author as this reader may see him: his name or handle, a masked name, or that none is."""
    return (citizen.own_name if sees_contacts else citizen.masked_name) or unnamed(citizen.kind)


def unnamed(kind: str) -> str:
    return _("anonymous") if kind == Citizen.Kind.ANONYMOUS else _("no name given")


@register.filter
def web_address(url: str) -> bool:
    """Whether an address from outside may become a link: only http and https open pages."""
    return url.lower().startswith(("http://", "https://"))


@register.filter
def explain_due(explanation: dict[str, Any]) -> str:
    return wording_deadlines.explain_clock(explanation) if explanation else ""


@register.filter
def iso_day(value: str) -> str:
    """«20 декабря 2026» of a day kept as text."""
    return date_format(date.fromisoformat(value), "j E Y")


@register.filter
def clock_title(clock: Clock) -> str:
    """What a term is called: by its rule, where that is of the citizen's or the desk's."""
    if clock.kind == Clock.Kind.EXECUTOR:
        return _("Executor's term")
    if is_promise(clock):
        return _("Promised day")
    return clock.rule.title if clock.rule else clock.code


@register.filter
def finding_words(finding: Any) -> Any:
    """The worded finding: .title, .explanation, .proposal."""
    return wording_quality.word_finding(finding.code, dict(finding.params))


@register.filter
def event_words(event: CaseEvent) -> str:
    return wording_events.word_event(event)


@register.filter
def refusal_words(code: str) -> str:
    """Why a row was refused, by its code."""
    return wording.word_change(code)


@register.filter
def error_words(error: Any) -> str:
    return wording.word_error(error)


@register.filter
def event_detail(event: CaseEvent) -> str:
    return wording_events.event_detail(event)


_ICONS = {
    "register": "inbox",
    "imported": "download",
    "import_updated": "download",
    "route": "route",
    "redirect": "forward",
    "submit_reply": "send",
    "return_for_rework": "undo-2",
    "return_to_author": "undo-2",
    "accept_reply": "circle-check",
    "publish": "circle-check-big",
    "close": "archive",
    "undo_close": "undo-2",
    "undo_extend": "undo-2",
    "undo_merge": "undo-2",
    "undo_redirect": "undo-2",
    "taken_out": "undo-2",
    "assign": "user-plus",
    "set_control": "shield-check",
    "propose_lifting": "shield-check",
    "decline_lifting": "shield-check",
    "extend": "calendar-plus",
    "extend_appeal": "calendar-plus",
    "register_appeal": "inbox",
    "give_interim": "clock",
    "plan": "calendar-days",
    "resume_planned": "calendar-days",
    "add_promise": "calendar-days",
    "keep_promise": "circle-check-big",
    "move_promise": "calendar-plus",
    "promise_due": "clock-alert",
    "promise_broken": "circle-alert",
    "forward_appeal": "forward",
    "short_notice": "file-text",
    "cease": "file-text",
    "escalate": "circle-alert",
    "record_mark": "message-circle",
    "close_unmarked": "archive",
    "ask_citizen": "message-circle",
    "citizen_answered": "message-circle",
    "waiting_over": "clock",
    "split": "users-round",
    "split_off": "users-round",
    "ask_part": "users-round",
    "withdraw_part": "circle-minus",
    "return_part": "undo-2",
    "give_part": "circle-check",
    "add_note": "message-square-text",
    "attach": "paperclip",
}


@register.filter
def event_icon(move: str) -> str:
    return _ICONS.get(move, "pencil")


@register.filter
def ground_names(codes: list[str]) -> str:
    """Names of return grounds by code."""
    return ", ".join(reason_name(ReasonKind.RETURN, code) for code in codes)


@register.filter
def mark_open(piece: Piece) -> SafeString:
    """The opening tag over a piece: a question, a copied passage, a formula, a finding."""
    kind, _sep, value = piece.marks[0].partition("-")
    if kind == "question":
        return mark_safe('<span class="question">')
    if kind == "source":
        return format_html('<mark data-source="{}">', value)
    if kind == "formula":
        return mark_safe('<span class="formula">')
    return format_html('<mark data-finding="{}">', kind)


@register.filter
def mark_close(piece: Piece) -> SafeString:
    kind, _sep, value = piece.marks[0].partition("-")
    if kind == "question":
        return format_html("<sup>{}</sup></span>", value)
    if kind == "formula":
        return mark_safe("</span>")
    return mark_safe("</mark>")


@register.filter
def hard_kind(code: str) -> str:
    return wording_figures.named(wording_figures.KINDS, code)


@register.filter
def baseline_name(code: str) -> str:
    return wording_figures.named(wording_figures.BASELINES, code)


@register.filter
def sign_group(code: str) -> str:
    return wording_figures.named(wording_figures.GROUPS, code)


@register.filter
def finding_title(code: str) -> str:
    return wording_quality.word_finding(code).title
