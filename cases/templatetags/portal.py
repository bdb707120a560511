"""Small marks of the screens: icons, moments, spaces that must not break."""

import re
from datetime import datetime
from functools import lru_cache
from html import escape
from itertools import groupby
from weakref import WeakKeyDictionary

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import MONTHS_ALT
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

import quality
from cases.directory import Choices

register = template.Library()
_AFTER_SHORT = re.compile(r"(?<![\w-])(№|в|на|к|с|до|от|и|у|о|по|за|ул\.|д\.|кв\.)\s+(?=\S)", re.I)
_NUMBER_UNIT = re.compile(r"(\d)\s+(?=(?:ч|мин|дн|%|₽|\d{3}\b))")


@register.simple_tag
def icon(name: str) -> SafeString:
    """One outline of static/icons.svg, hidden from screen readers: words stand beside it."""
    return _icon(str(name))


@lru_cache(maxsize=200)
def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name
    )


icon.is_constant = True  # portal.folding: it becomes part of the text around


@register.filter
def at(table: dict[int, object], key: int) -> object:
    """The entry of a dictionary; nothing where there is none."""
    return table.get(key)


_DRAWN: WeakKeyDictionary[Choices, tuple[list[str], dict[int, int]]] = WeakKeyDictionary()


def _drawn(choices: Choices) -> tuple[list[str], dict[int, int]]:
    """The lines of a list, and where each key stands among them."""
    lines: list[str] = []
    at: dict[int, int] = {}
    for group, rows in groupby(choices.rows, key=lambda row: row.group):
        if group:
            lines.append(f'<optgroup label="{escape(group)}">')
        for row in rows:
            at[row.key] = len(lines)
            lines.append(f'<option value="{escape(row.code)}">{escape(row.name)}</option>')
        if group:
            lines.append("</optgroup>")
    return lines, at


@register.simple_tag
def options(choices: Choices, selected: int | None = None) -> SafeString:
    """The options of a list of the directory; hundreds of them are the same for everybody."""
    if choices not in _DRAWN:
        _DRAWN[choices] = _drawn(choices)
    lines, at = _DRAWN[choices]
    if selected in at:
        lines = [*lines]
        lines[at[selected]] = lines[at[selected]].replace(">", " selected>", 1)
    return mark_safe("".join(lines))  # noqa: S308  every value above is escaped


@register.filter
def nbsp(text: object) -> str:
    """No-break spaces in numbers, before units, after «№», «ул.», «в», «на»."""
    return _NUMBER_UNIT.sub("\\1\u00a0", _AFTER_SHORT.sub("\\1\u00a0", str(text)))


@register.filter
def moment(value: datetime | None) -> str:
    """«сегодня, 14:31», «14 мая, 08:52», «14 мая 2025, 08:52» in the current time zone."""
    if value is None:
        return ""
    zone = timezone.get_current_timezone()
    local, today = value.astimezone(zone), timezone.now().astimezone(zone)
    time = f"{local.hour:02}:{local.minute:02}"
    if local.date() == today.date():
        return _("today, %(time)s") % {"time": time}
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day}\u00a0{MONTHS_ALT[local.month]}{year}, {time}"


@register.filter
def day(value: datetime | None) -> str:
    """«14 мая», with the year when it is another one."""
    if value is None:
        return ""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return date_format(local, "j E" if local.year == timezone.localdate().year else "j E Y")


@register.filter
def points(risk: float | None) -> int | str:
    """Risk 0..1 as points of a hundred."""
    return "" if risk is None else quality.points(risk)
