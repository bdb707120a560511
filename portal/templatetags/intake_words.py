"""Words of import problems for templates."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from intake.columns import Unknown
from intake.models import ImportBatch
from intake.problems import NotATable
from portal.wording_intake import (
    code_words,
    field_name,
    one_of_fields,
    short_code_words,
    word_action,
    word_code,
    word_conflict,
    word_refusal,
    word_unknown,
)

register = template.Library()
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1251": "Windows-1251"}


@register.filter
def problem_words(problem: dict[str, Any]) -> str:
    """A problem stored with a batch or a row in quarantine."""
    if problem["code"] == "conflict":
        return word_conflict(problem["params"]["case"])
    return word_code(problem["code"], problem.get("params", {}))


@register.filter
def action_words(action: str) -> str:
    return word_action(action)


@register.filter
def code_title(code: str) -> str:
    """A kind of problem without the values of one row."""
    return code_words(code)


@register.filter
def code_short(code: str) -> str:
    """A kind of problem in two or three words, for a tab."""
    return short_code_words(code)


@register.filter
def refusal_words(error: NotATable) -> str:
    return word_refusal(error)


@register.filter
def refusal_of(batch: ImportBatch) -> str:
    return word_refusal(NotATable(batch.error, batch.error_params))


@register.filter
def field_words(name: str) -> str:
    return field_name(name)


@register.filter
def one_of(names: str) -> str:
    return one_of_fields(names.split("|"))


@register.filter
def unknown_words(unknown: Unknown) -> list[str]:
    return word_unknown(unknown)


@register.filter
def encoding_words(codec: str) -> str:
    return _ENCODINGS.get(codec, codec)


@register.filter
def left_words(seconds: int) -> str:
    """«осталось около 3 мин»."""
    if seconds < 5:
        return _("a few seconds left")
    if seconds < 90:
        number = round(seconds, -1) or 10
        return _("about %(n)s s left") % {"n": number}
    return _("about %(n)s min left") % {"n": round(seconds / 60)}
