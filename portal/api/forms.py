"""The one bridge between the forms of the pages and the API: fields, values, mistakes.

A move's form says what it takes; the API's fields are made from it and the form itself checks
the values, so page and API can never disagree.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from cases.forms import DaysField
from portal.api.problems import Unprocessable


def _field(field: forms.Field, *, allow_null: bool) -> serializers.Field:
    common: dict[str, Any] = {"required": field.required, "help_text": field.label or ""}
    if allow_null:
        common["allow_null"] = True
    if isinstance(field, forms.ModelChoiceField):
        key = field.to_field_name or "id"
        common["help_text"] = format_lazy("{label}: {key}", label=field.label, key=key)
        return serializers.CharField(allow_blank=not field.required, **common)
    if isinstance(field, DaysField):
        return serializers.ListField(child=serializers.DateField(), **common)
    if isinstance(field, forms.MultipleChoiceField):
        return serializers.ListField(child=serializers.CharField(), **common)
    if isinstance(field, forms.BooleanField):
        return serializers.BooleanField(**common)
    if isinstance(field, forms.IntegerField):
        return serializers.IntegerField(
            min_value=field.min_value, max_value=field.max_value, **common
        )
    if isinstance(field, forms.DateTimeField):
        return serializers.DateTimeField(**common)
    if isinstance(field, forms.DateField):
        return serializers.DateField(**common)
    blank = not field.required
    if isinstance(field, forms.ChoiceField) and isinstance(field.choices, list):
        # Lists kept as data (reasons) are callables: their codes come from /api/reasons/.
        choices = [(key, label) for key, label in field.choices if key]
        return serializers.ChoiceField(choices=choices, allow_blank=blank, **common)
    longest = getattr(field, "max_length", None)
    return serializers.CharField(max_length=longest, allow_blank=blank, **common)


def serializer_of(form: type[forms.Form], name: str) -> type[serializers.Serializer]:
    """A serializer class with the form's fields, for the schema; it checks nothing itself."""
    clears = clearable(form)
    fields = {
        key: _field(field, allow_null=key in clears) for key, field in form.base_fields.items()
    }
    return type(name, (serializers.Serializer,), fields)


def clearable(form: type[forms.Form]) -> frozenset[str]:
    """Fields that null empties; a field left out of the request stays as it is."""
    return getattr(form, "clears", frozenset())


def _is_day(field: forms.Field) -> bool:
    """Days and moments are text, alone or in a list: a number is none."""
    return isinstance(field, forms.DateField | forms.DateTimeField | DaysField)


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str | int) for item in value)
    return isinstance(value, str | int | float | bool)


def values_for(form: type[forms.Form], data: Any) -> dict[str, Any]:
    """The body of a request as a form takes it; null clears what can be cleared, else it
    counts as not given.

    Raises ParseError when the body is no object, Unprocessable for unknown names and values
    that are neither text, number, yes/no nor a list of them.
    """
    if not isinstance(data, Mapping):
        raise ParseError(_("The body must be a JSON object."))
    if hasattr(data, "getlist"):  # multipart: a list only where the field takes one
        many = {k for k, f in form.base_fields.items() if isinstance(f, forms.MultipleChoiceField)}
        data = {key: data.getlist(key) if key in many else data[key] for key in data}
    wrong = {
        key: [
            _("Unknown field.") if key not in form.base_fields else _("Unexpected kind of value.")
        ]
        for key, value in data.items()
        if key not in form.base_fields or (value is not None and not _plain(value))
    }
    for key, value in data.items():
        if key in wrong or value is None:
            continue
        field = form.base_fields[key]
        some = value if isinstance(value, list) else [value]
        is_list = isinstance(field, forms.MultipleChoiceField)
        textless = _is_day(field) and not all(isinstance(one, str) for one in some)
        if isinstance(value, list) != is_list or textless:
            wrong[key] = [_("Unexpected kind of value.")]
    if wrong:
        raise Unprocessable(wrong)
    clears = clearable(form)
    return {
        key: "" if value is None else value
        for key, value in data.items()
        if value is not None or key in clears
    }


def raise_for(form: forms.Form) -> None:
    """The form's mistakes as one problem with fields; nothing when there are none."""
    if not form.is_valid():
        raise Unprocessable({key: [str(e) for e in errors] for key, errors in form.errors.items()})
