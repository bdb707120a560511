"""Fields of a form for one request, without copies of what no request changes."""

from copy import copy, deepcopy
from typing import Any

from django.forms import Field, ModelChoiceField, MultiValueField


class OwnFields(dict[str, Field]):
    """The fields of a form's class, of which each form takes its own.

    Django copies a field with its choices, their words, messages and validators: two thirds of
    what it costs to make a form, though a form of a move lays other choices in the place of the
    old ones and never changes a list of its class. Here field, widget and attributes are copied.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Field]:
        return {name: _own(field, memo) for name, field in self.items()}


def _own(field: Field, memo: dict[int, Any]) -> Field:
    if isinstance(field, ModelChoiceField | MultiValueField):
        return deepcopy(field, memo)  # they hold a queryset, fields of their own
    own = copy(field)
    own.widget = copy(field.widget)
    own.widget.attrs = field.widget.attrs.copy()
    return own
