"""Forms of mass events and repeats."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.event_texts import unknown_places
from cases.forms import MoveForm, day_field, note_field
from cases.models import MassEvent, Territory, Topic


class JoinEventForm(MoveForm):
    event = forms.ModelChoiceField(
        MassEvent.objects.none(), label=_("Mass event"), to_field_name="code"
    )

    def prepare(self) -> None:
        field: Any = self.fields["event"]
        field.queryset = MassEvent.objects.running().order_by("-starts_on", "-id")


class LeaveEventForm(MoveForm):
    reason = note_field(_("What the case is about instead"))


class JudgeRepeatForm(MoveForm):
    verdict = forms.ChoiceField(
        label=_("Is it a repeat"),
        choices=[("confirmed", _("confirmed")), ("refused", _("not a repeat"))],
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "verdict" in given:
            given["confirmed"] = given.pop("verdict") == "confirmed"
        return given


class EventForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the centre writes of an event: what it is, what was decided, what is answered."""

    class Meta:
        model = MassEvent
        fields = [
            *("title", "topic", "territory", "agency", "starts_on", "forecast_on"),
            *("decision", "decided_on", "approved_text", "ends_on"),
        ]
        widgets = {
            "decision": forms.Textarea(attrs={"rows": 3}),
            "approved_text": forms.Textarea(attrs={"rows": 9}),
        }
        help_texts = {
            "territory": _("Empty: the whole region."),
            "approved_text": _(
                "[name], [address] and [number] in square brackets are filled in from the card of"
                " each case."
            ),
            "ends_on": _("The last day on which the text may be sent. Empty: until it is closed."),
        }

    starts_on = day_field(_("Noticed"))
    forecast_on = day_field(_("Will be mended by"), required=False)
    decided_on = day_field(_("Day of the decision"), required=False)
    ends_on = day_field(_("The text holds until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = {
            "topic": Topic.objects.filter(is_active=True).select_related("group"),
            "territory": Territory.objects.all(),
            "agency": Agency.objects.filter(is_active=True).order_by("sort_name"),
        }
        for name, queryset in choices.items():
            field: Any = self.fields[name]
            field.queryset = queryset
            field.empty_label = "—"

    def clean_approved_text(self) -> str:
        text: str = self.cleaned_data["approved_text"].strip()
        if unknown := unknown_places(text):
            raise forms.ValidationError(
                _("These places can be filled in: [name], [address], [number]. Not this one: %(n)s")
                % {"n": ", ".join(unknown)}
            )
        return text

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        if given.get("decided_on") and given["decided_on"] > timezone.localdate():
            self.add_error("decided_on", _("This day has not come yet."))
        return given


class OrderForm(forms.Form):
    """Personal replies for the members of an event."""

    outcome = forms.ChoiceField(label=_("Outcome"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from cases.models import Outcome  # noqa: PLC0415

        field: Any = self.fields["outcome"]
        field.choices = [("", "—"), *Outcome.choices]
