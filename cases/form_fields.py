"""Fields of a form for one request, without copies of what no request changes."""

from copy import deepcopy
from typing import Any, TypeVar

from django.forms import Field, ModelChoiceField, MultiValueField

_Made = TypeVar("_Made")


class OwnFieldsMixin:
    """For a form class: stands before `forms.Form`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.base_fields = OwnFields(type(self).base_fields)  # type: ignore[attr-defined]
        super().__init__(*args, **kwargs)


class OwnFields(dict[str, Field]):
    """The fields of a form's class, of which each form takes its own.

    Django copies a field with its choices, their words, messages and validators: two thirds of
    what it costs to make a form, though a form of a move lays other choices in the place of the
    old ones and never changes a list of its class. Here field, widget and attributes are copied.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Field]:
        return {name: _own(field, memo) for name, field in self.items()}


def _copy(made: _Made) -> _Made:
    """What `copy.copy` makes of an object that has nothing but its attributes, at a fifth."""
    own = made.__class__.__new__(made.__class__)
    own.__dict__.update(made.__dict__)
    return own


def _own(field: Field, memo: dict[int, Any]) -> Field:
    if isinstance(field, MultiValueField):
        return deepcopy(field, memo)  # it holds fields of its own
    own = _copy(field)
    own.widget = _copy(field.widget)
    own.widget.attrs = field.widget.attrs.copy()
    if isinstance(own, ModelChoiceField) and own.queryset is not None:
        own.queryset = own.queryset.all()  # nothing read before; lays its choices before the widget
    return own
