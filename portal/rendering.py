"""What a compiled template calls while it is rendered (portal.compiling).

Each function takes the quick way for the usual value and gives exactly what Django's templates
give; whatever is unusual raises and is then asked of Django's own nodes again.
"""

import html
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.template import Template
from django.template.base import FilterExpression, VariableDoesNotExist, render_value_in_context
from django.template.defaulttags import IfNode
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime


class _Missing:
    """A variable that is nowhere; false as Django's None and "" for it are."""

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
_SUBSCRIPTABLE: dict[type, bool] = {}
_LOOKUP_ERRORS = (TypeError, AttributeError, KeyError, ValueError, IndexError)


def look(context: Any, name: str) -> Any:
    """The value of a name in a context, or MISSING."""
    for scope in reversed(context.dicts):
        if name in scope:
            return scope[name]
    return MISSING


def get(value: Any, bit: str) -> Any:
    """What `value.bit` means in a template: an entry, an attribute, a place in a list; called."""
    if value is None or value is MISSING:
        return MISSING
    kind = type(value)
    subscriptable = _SUBSCRIPTABLE.get(kind)
    if subscriptable is None:
        subscriptable = _SUBSCRIPTABLE[kind] = hasattr(kind, "__getitem__")
    if subscriptable:
        try:
            found = value[bit]
        except _LOOKUP_ERRORS:
            found = _attribute(value, bit)
    else:
        found = _attribute(value, bit)
    return called(found) if callable(found) else found


def _attribute(value: Any, bit: str) -> Any:
    try:
        return getattr(value, bit)
    except (TypeError, AttributeError):
        if bit in dir(value):  # raised by a property: an error, not a missing name
            raise
        try:
            return value[int(bit)]
        except (IndexError, ValueError, KeyError, TypeError):
            return MISSING


def called(value: Any) -> Any:
    """A callable as templates see it; one that wants arguments raises, and Django decides."""
    if getattr(value, "do_not_call_in_templates", False):
        return value
    if getattr(value, "alters_data", False):
        return ""
    return value()


def resolved(expression: FilterExpression, context: Any, ignore: bool) -> Any:
    """Django's own answer where the quick way failed."""
    return expression.resolve(context, ignore_failures=ignore)


def judged(node: IfNode, at: int, context: Any) -> Any:
    """Django's own judgement of a condition where the quick way failed."""
    try:
        return node.conditions_nodelists[at][0].eval(context)
    except VariableDoesNotExist:
        return None


def safely(function: Callable[..., Any], value: Any, *args: Any, **flags: Any) -> Any:
    """A filter that keeps safe text safe."""
    made = function(value, *args, **flags)
    return mark_safe(made) if isinstance(value, SafeData) else made  # noqa: S308  as it was


def text(value: Any, context: Any) -> str:
    """A value as it stands in a page: localised and escaped."""
    kind = type(value)
    if kind is SafeString:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return html.escape(value) if context.autoescape else value
    if kind is int and _INTEGERS_AS_THEY_ARE:
        return str(value)
    if value is MISSING:
        return ""
    return render_value_in_context(value, context)


_INTEGERS_AS_THEY_ARE = not settings.USE_THOUSAND_SEPARATOR


def shown(value: Any, context: Any) -> Any:
    """What a tag returned, escaped where the page is."""
    if type(value) is SafeString:
        return value
    return conditional_escape(value) if context.autoescape else value


def local(value: Any, context: Any) -> Any:
    """A value for a filter that expects local time."""
    return template_localtime(value, context.use_tz)


class Included:
    """Another template at a fixed name, found when it is first shown.

    `alone`: it sees nothing but the values it is given (`only`).
    """

    def __init__(self, name: str, *, alone: bool) -> None:
        self.name = name
        self.alone = alone
        self.template: Template | None = None

    def render(self, context: Any, values: dict[str, Any]) -> Any:
        template = self.template
        if template is None:
            template = self.template = context.template.engine.get_template(self.name)
        # As Template.render within a rendering, without its context managers and copies.
        states, scopes = context.render_context, context.dicts
        before, states.template = states.template, template
        states.dicts.append({})
        if self.alone:
            context.dicts = [scopes[0], values]
        else:
            scopes.append(values)
        try:
            return template._render(context)
        finally:
            if self.alone:
                context.dicts = scopes
            else:
                scopes.pop()
            states.dicts.pop()
            states.template = before
