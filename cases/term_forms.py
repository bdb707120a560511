"""Forms of a new version of a rule and of days of a calendar."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from agencies.admin_forms import HoursField
from agencies.models import CalendarDay
from cases.admin_reference import ROLLS, UNITS, not_past
from cases.models import DeadlineRule
from deadlines import Roll, Term, Unit

_LONGEST = 31
_KINDS = ("regional", "holiday", "moved_off", "shortened", "special", "")


class RuleChangeForm(forms.Form):
    amount = forms.IntegerField(label=_lazy("Term"), min_value=1, max_value=5000)
    unit = forms.ChoiceField(label=_lazy("Unit"), choices=UNITS)
    roll = forms.ChoiceField(label=_lazy("Term ending on a day off"), choices=ROLLS)
    counts_day_zero = forms.BooleanField(label=_lazy("The first day counts"), required=False)
    cutoff = forms.CharField(
        label=_lazy("Cutoff of arrival"),
        required=False,
        max_length=5,
        help_text=_lazy("17:00: what arrives at or after it counts from the next working day."),
    )
    in_force_from = forms.DateField(
        label=_lazy("In force from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    covers_running = forms.BooleanField(
        label=_lazy("For running terms too"),
        required=False,
        help_text=_lazy("Terms begun before that day and still running are counted by it again."),
    )

    def __init__(self, *args: Any, rule: DeadlineRule, **kwargs: Any) -> None:
        self.rule = rule
        names = ("amount", "unit", "roll", "counts_day_zero", "cutoff")
        initial = {name: getattr(rule, name) for name in names}
        initial |= {
            "in_force_from": timezone.localdate() + timedelta(days=1),
            "covers_running": True,
        }
        super().__init__(*args, initial=initial, **kwargs)
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "input"

    def clean_in_force_from(self) -> date:
        return not_past(self.cleaned_data["in_force_from"])

    def clean(self) -> Any:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            Term(
                code=self.rule.code,
                amount=data["amount"],
                unit=Unit(data["unit"]),
                roll=Roll(data["roll"]),
                counts_day_zero=data["counts_day_zero"],
                cutoff=data["cutoff"] or None,
            )
        except ValueError:
            raise forms.ValidationError(
                _("These particulars do not go together: terms cannot be counted so.")
            ) from None
        return data

    def values(self) -> dict[str, Any]:
        data = {**self.cleaned_data, "code": self.rule.code}
        return {**data, "in_force_from": data["in_force_from"].isoformat()}


class DaysForm(forms.Form):
    first = forms.DateField(
        label=_lazy("First day"), widget=forms.DateInput(attrs={"type": "date", "class": "input"})
    )
    last = forms.DateField(
        label=_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}),
        help_text=_lazy("Empty: one day."),
    )
    kind = forms.ChoiceField(
        label=_lazy("What these days are"),
        initial="regional",
        widget=forms.Select(attrs={"class": "input"}),
    )
    intervals = HoursField(
        label=_lazy("Hours"),
        help_text=_lazy("Only for special hours, for example 09:00-13:00, 14:00-17:00."),
    )
    shorter_by = forms.IntegerField(
        label=_lazy("Shorter by, minutes"),
        required=False,
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "input"}),
        help_text=_lazy("Of a shortened day; empty is an hour."),
    )
    title = forms.CharField(
        label=_lazy("Name of the day"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, years: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years
        names = dict(CalendarDay.Kind.choices)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind, names[kind] if kind else _("as usual in the week")) for kind in _KINDS
        ]
        self.fields["kind"].required = False
        self.fields["intervals"].required = False
        self.fields["intervals"].widget.attrs["class"] = "input"

    def clean(self) -> Any:
        data = super().clean() or {}
        if self.errors:
            return data
        first, last = data["first"], data.get("last") or data["first"]
        if last < first or (last - first).days >= _LONGEST:
            self.add_error("last", _("From the first day on, a month at most."))
        elif not {first.year, last.year} <= self.years:
            self.add_error("first", _("There is no production calendar for this year yet."))
        if data["kind"] == "special" and not data["intervals"]:
            self.add_error("intervals", _("Write the hours of these days."))
        return data

    def values(self, calendar: int | None) -> dict[str, Any]:
        data = self.cleaned_data
        last = data.get("last") or data["first"]
        hours = data["intervals"] if data["kind"] == "special" else None
        less = data["shorter_by"] if data["kind"] == "shortened" else None
        return {
            "calendar": calendar,
            "days": [
                {
                    "day": (data["first"] + timedelta(days=at)).isoformat(),
                    "kind": data["kind"],
                    "intervals": hours,
                    "shorter_by": less,
                    "title": data["title"],
                }
                for at in range((last - data["first"]).days + 1)
            ],
        }
