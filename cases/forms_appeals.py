"""Forms of the moves of 59-FZ: registration, and what sends a paper."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import User
from cases.forms import (
    MoveForm,
    ReasonField,
    check_workday,
    day_field,
    line_of,
    note_field,
    word_change,
)
from cases.models import ReasonKind


class PaperForm(MoveForm):
    """Base of the moves of 59-FZ that send a paper."""

    outgoing_number = forms.CharField(label=_("Outgoing number"), max_length=40)
    signer = forms.CharField(
        label=_("Who signs"), max_length=200, required=False, help_text=_("Empty: yourself.")
    )


class RegisterAppealForm(MoveForm):
    incoming_number = forms.CharField(label=_("Incoming number"), max_length=40)
    registered_on = day_field(_("Registered on"), required=False, help_text=_("Empty: today, now."))
    migration = forms.BooleanField(
        label=_("About a breach of migration law, sent to the governor: 20 days"), required=False
    )


class ExtendAppealForm(PaperForm):
    until = day_field(_("New last day"), help_text=_("Thirty days more at most, once."))
    ground = note_field(_("Why: the citizen will read it"), required=True)

    field_order = ("until", "ground", "outgoing_number", "signer")

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        check_workday(self.case, day)
        return day


class ForwardAppealForm(PaperForm):
    body = forms.CharField(label=_("Body the appeal goes to"), max_length=300)
    ground = note_field(_("Addition to the notice"))

    field_order = ("body", "ground", "outgoing_number", "signer")


class ShortNoticeForm(PaperForm):
    kind = ReasonField(ReasonKind.NOTICE)
    details = note_field(
        _("Addition to the notice"),
    )

    field_order = ("kind", "details", "outgoing_number", "signer")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == "on-site" and not data.get("details"):
            self.add_error("details", word_change("site_address_missing"))
        return data


class CeaseForm(PaperForm):
    agreed_by = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Lawyer or other person of the agency who agreed"),
        to_field_name="username",
    )
    no_new_arguments = forms.BooleanField(
        label=_("I have read the appeal: it holds no new arguments or circumstances")
    )
    note = note_field()

    field_order = ("agreed_by", "no_new_arguments", "outgoing_number", "signer", "note")

    def prepare(self) -> None:
        self.fields["agreed_by"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(is_active=True, agency__in=line_of(self.case.agency))
            .exclude(pk=self.actor.pk)
            .order_by("last_name", "first_name")
        )
