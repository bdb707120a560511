"""Filters of the pages with figures."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from reports import wording
from reports.figures import Figure

register = template.Library()
register.filter("number", wording.number)


@register.filter
def percent(share: float) -> str:
    return f"{wording.number(100 * share, 1)}\N{NO-BREAK SPACE}%"


@register.filter
def between(ends: tuple[float, float]) -> str:
    """Both ends of an interval of a share."""
    return wording.interval(*ends)


@register.filter
def figure(value: Figure | None) -> str:
    """The value with its unit; a dash without data."""
    return "—" if value is None else wording.worded(value.code, value.value)


@register.filter
def interval(value: Figure | None) -> str:
    """95 % interval of a share; empty for others."""
    return "" if value is None else wording.interval(value.low, value.high)


@register.simple_tag
def agency_options(offered: Iterable[tuple[int, str]], chosen: int | None = None) -> SafeString:
    """The options of (key, name) of agencies: two thousand of them are no work."""
    return mark_safe(  # noqa: S308  names are escaped
        "".join(
            f'<option value="{pk}"{" selected" if pk == chosen else ""}>{escape(name)}</option>'
            for pk, name in offered
        )
    )
