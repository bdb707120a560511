"""Filters of the pages with figures."""

from django import template

from reports import wording
from reports.figures import Figure

register = template.Library()
register.filter("number", wording.number)


@register.filter
def figure(value: Figure | None) -> str:
    """The value with its unit; a dash without data."""
    return "—" if value is None else wording.worded(value.code, value.value)


@register.filter
def interval(value: Figure | None) -> str:
    """95 % interval of a share; empty for others."""
    return "" if value is None else wording.interval(value.low, value.high)
