"""Words of import problems for templates."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from intake.problems import NotATable, Problem
from portal.wording_intake import field_name, word_code, word_refusal

register = template.Library()


@register.filter
def problem_words(problem: Problem | dict[str, Any]) -> str:
    if isinstance(problem, Problem):
        return word_code(problem.code, problem.params)
    if problem["code"] == "conflict":
        return (
            _("Changed here by a person, the file's value is not taken (case %(case)s)")
            % problem["params"]
        )
    return word_code(problem["code"], problem.get("params", {}))


@register.filter
def refusal_words(error: NotATable) -> str:
    return word_refusal(error)


@register.filter
def refusal_of(code: str) -> str:
    return word_refusal(NotATable(code))


@register.filter
def field_words(name: str) -> str:
    return field_name(name)
