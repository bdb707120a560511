"""Figures in words: «8,4 %», «6,7 раб. ч», «3,2 дня»."""

from collections.abc import Callable
from datetime import date
from functools import partial

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from reports.metrics import METRICS, Metric, Unit
from reports.periods import Period

_HOUR, _DAY = 60, 24 * 60
_SPACE = "\N{NO-BREAK SPACE}"


def number(value: float, digits: int = 0) -> str:
    if not -999 < value < 999:
        text = f"{value:,.{digits}f}".replace(",", _SPACE)
    else:  # most figures: no thousands to part
        text = f"{value:.{digits}f}"
    if digits:
        text = text.rstrip("0").rstrip(".").replace(".", ",")
    return text


def per_thousand(value: float) -> str:
    """Cases per 1,000 residents; what hundredths cannot tell from nothing is no nought."""
    return "<\N{NO-BREAK SPACE}0,01" if 0 < value < 0.005 else number(value, 2)


def parted(metric: Metric, value: float | None) -> tuple[str, str]:
    """(number, unit) of a value; a dash without data."""
    if value is None:
        return "—", ""
    if metric.unit is Unit.SHARE:
        return number(100 * value, 1), "%"
    if metric.unit in (Unit.MINUTES, Unit.WORKED):
        text, unit = _time(value, worked=metric.unit is Unit.WORKED)
        return text, str(_UNITS[unit])
    if metric.unit is Unit.TIMES:
        return number(value, 1), _("times the usual")
    return number(value, 1 if metric.unit is Unit.POINTS else 0), ""


_UNITS = {
    "minutes": _l("min"), "working hours": _l("working h"), "hours": _l("h"), "days": _l("days"),
}  # fmt: skip


def _time(value: float, *, worked: bool) -> tuple[str, str]:
    if value < _HOUR:
        return number(value), "minutes"
    if worked:
        return number(value / _HOUR, 1), "working hours"
    if value < 2 * _DAY:
        return number(value / _HOUR, 1), "hours"
    return number(value / _DAY, 1), "days"


def worded(code: str, value: float | None) -> str:
    return _SPACE.join(part for part in parted(METRICS[code], value) if part)


def writer(code: str) -> Callable[[float], str]:
    """`worded` for many values of one metric: words of its unit are looked up once."""
    metric = METRICS[code]
    if metric.unit is Unit.SHARE:
        return lambda value: f"{number(100 * value, 1)}{_SPACE}%"
    if metric.unit not in (Unit.MINUTES, Unit.WORKED):
        return partial(worded, code)
    units, worked = {unit: str(words) for unit, words in _UNITS.items()}, metric.unit is Unit.WORKED

    def write(value: float) -> str:
        text, unit = _time(value, worked=worked)
        return f"{text}{_SPACE}{units[unit]}"

    return write


def interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{number(100 * low)}–{number(100 * high)}{_SPACE}%"


def _day(day: date) -> str:
    return date_format(day, "j E Y").replace(" ", _SPACE)


def period_words(period: Period) -> str:
    """«20–26 ноября 2026», «1 октября – 31 декабря 2026»."""
    first, last = period.first, period.last
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last)}"
    if first.year == last.year:
        start = date_format(first, "j E").replace(" ", _SPACE)
        return f"{start} – {_day(last)}"
    return f"{_day(first)} – {_day(last)}"
