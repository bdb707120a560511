"""The conditions of a list in words, each with the address of the list without it."""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.filters import CaseFilter


@dataclass(frozen=True, slots=True)
class Chip:
    title: str
    value: str
    url: str


def _words(found: CaseFilter, name: str, value: object) -> str:
    field = found.form.fields[name]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(field, "queryset"):
        # The chosen rows are here; the field's choices would load every person.
        return ", ".join(str(item) for item in value)  # type: ignore[attr-defined]
    if isinstance(value, list):
        choices = dict(field.choices)
        return ", ".join(str(choices.get(item, item)) for item in value)
    day = parse_date(str(value)) if name.startswith("received_") else None
    return date_format(day, "j E Y") if day else str(value)


def chips_of(found: CaseFilter, given: QueryDict) -> list[Chip]:
    """One for each condition; the filter must be valid."""
    chips = []
    for name, value in found.form.cleaned_data.items():
        if value is None or value == "" or (hasattr(value, "__len__") and not len(value)):
            continue
        rest = given.copy()
        rest.pop(name, None)
        rest.pop("cursor", None)
        title = str(found.form.fields[name].label)
        chips.append(Chip(title, _words(found, name, value), f"?{rest.urlencode()}"))
    return chips
