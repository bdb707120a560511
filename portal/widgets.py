"""Form fields drawn in Python: the same elements as Django's own templates, twenty times as fast.

Django draws an input by three nested templates and a list of 500 agencies by 1,500. What is not
listed here (the admin's own widgets, file inputs) goes Django's way; a test compares both.
"""

from collections.abc import Callable
from html import escape as escape_text
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString


def escape(value: object) -> str:
    """Text for an element or an attribute; what is marked safe stays as it is."""
    text = str(value)  # a lazy translation becomes its words
    return text if hasattr(text, "__html__") else escape_text(text)


class FieldRenderer(DjangoTemplates):
    """FORM_RENDERER of the portal."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        draw = _DRAWN.get(template_name)
        if draw is None:
            return super().render(template_name, context, request)
        return SafeString(draw(context["widget"]))


def _attributes(attrs: dict[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(value)}"'
        for name, value in attrs.items()
        if value is not False
    )


def _input(widget: dict[str, Any]) -> str:
    value = widget["value"]
    given = "" if value is None else f' value="{escape(value)}"'
    return (
        f'<input type="{widget["type"]}" name="{escape(widget["name"])}"{given}'
        f"{_attributes(widget['attrs'])}>"
    )


def _textarea(widget: dict[str, Any]) -> str:
    text = escape(widget["value"]) if widget["value"] else ""
    return (
        f'<textarea name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>\n{text}'
        "</textarea>"
    )


def _select(widget: dict[str, Any]) -> str:
    parts = [f'<select name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{escape(group)}">')
        parts += [
            f'<option value="{escape(option["value"])}"{_attributes(option["attrs"])}>'
            f"{escape(option['label'])}</option>"
            for option in options
        ]
        if group:
            parts.append("</optgroup>")
    return "\n".join([*parts, "</select>"])


def _choice(option: dict[str, Any]) -> str:
    if not option.get("wrap_label"):
        return f"<div>{_input(option)}</div>"
    name = option["attrs"].get("id")
    target = f' for="{escape(name)}"' if name else ""
    return f"<div><label{target}>{_input(option)} {escape(option['label'])}</label></div>"


def _choices(widget: dict[str, Any]) -> str:
    """Radio buttons or checkboxes."""
    attrs = widget["attrs"]
    head = "".join(
        f' {name}="{escape(attrs[name])}"' for name in ("id", "class") if attrs.get(name)
    )
    parts = [f"<div{head}>"]
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f"<div><label>{escape(group)}</label>")
        parts += map(_choice, options)
        if group:
            parts.append("</div>")
    return "\n".join([*parts, "</div>"])


_INPUTS = ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "time")
_DRAWN: dict[str, Callable[[dict[str, Any]], str]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in (*_INPUTS, "checkbox")},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/radio.html": _choices,
    "django/forms/widgets/checkbox_select.html": _choices,
}
