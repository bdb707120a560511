"""Forms of the reports: for which days and agency, and what people write beside the figures."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.masking import mask_text
from reports.definitions import PERIODS
from reports.periods import Period

PERIOD_CHOICES = (
    ("week", _("Last week")),
    ("month", _("Last month")),
    ("quarter", _("Last quarter")),
    ("own", pgettext_lazy("period", "Own days")),
)


class MakeForm(forms.Form):
    period = forms.ChoiceField(label=_("Period"), choices=PERIOD_CHOICES)
    first = forms.DateField(
        label=pgettext_lazy("day", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    last = forms.DateField(
        label=pgettext_lazy("day", "To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    agency = forms.TypedChoiceField(label=_("Agency"), coerce=int, empty_value=None, required=False)

    def __init__(
        self, *args: Any, agencies: list[tuple[int, str]], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["agency"]
        assert isinstance(field, forms.TypedChoiceField)
        if len(agencies) > 1:
            field.choices = [("", _("all I may count")), *agencies]
        else:
            del self.fields["agency"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        kind = values.get("period", "")
        if kind in PERIODS:
            values["days"] = PERIODS[kind](self.today)
            return values
        first, last = values.get("first"), values.get("last")
        if not first or not last:
            self.add_error("first" if not first else "last", _("Name both days."))
            return values
        try:
            values["days"] = Period(first, last)
        except ValueError:
            self.add_error(
                "last", _("The period must end after it begins and be at most three years long.")
            )
        return values


LONGEST = 200  # of a line: the slice stays on two pages


def clean_lines(text: str, most: int) -> list[str]:
    return [" ".join(line.split())[:LONGEST] for line in text.splitlines() if line.strip()][:most]


def has_contacts(text: str) -> bool:
    """Phones, mails, links: what must stand neither in a report nor on a public page."""
    return mask_text(text, "") != text


class WordsForm(forms.Form):
    """What a person says of the slice instead of the rules; a line each."""

    main = forms.CharField(
        label=_("Main points"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("A line each. Empty: the portal writes them from the figures."),
    )
    decide = forms.CharField(
        label=_("To be decided this week"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("A line each; beside every one there is room for the resolution."),
    )

    def _lines(self, name: str) -> list[str]:
        text = self.cleaned_data[name]
        if has_contacts(text):
            raise forms.ValidationError(_("Take out phones, mails and links: the report travels."))
        return clean_lines(text, 4)

    def clean_main(self) -> list[str]:
        return self._lines("main")

    def clean_decide(self) -> list[str]:
        return self._lines("decide")
