"""Forms of contributions: asking another agency, returning what it gave, giving it."""

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases.forms import MoveForm, day_field, note_field
from cases.models import Participation


def contributors() -> Any:
    """People who may contribute somewhere; for which agency, the action asks."""
    roles = [f"hold_{role}" for role in HOLDERS[Right.CONTRIBUTE]]
    return (
        User.objects.filter(is_active=True, agencyuserpermission__permission__codename__in=roles)
        .select_related("agency")
        .distinct()
        .order_by("agency__short_name", "last_name", "first_name")
    )


class AskPartForm(MoveForm):
    agency = forms.ModelChoiceField(
        Agency.objects.filter(is_active=True), label=_("Whom to ask"), to_field_name="code"
    )
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Person"),
        required=False,
        to_field_name="username",
        help_text=_("Empty: whoever of the agency takes it."),
    )
    task = forms.CharField(
        label=_("What is asked"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "They see the message without contacts, this task and their own answer, nothing else."
        ),
    )
    until = day_field(
        _("Until"), required=False, help_text=_("Empty: by the rule of the case's regime.")
    )
    photos = forms.BooleanField(label=_("Show the photos of the message"), required=False)

    def prepare(self) -> None:
        field: Any = self.fields["person"]
        field.queryset = contributors()
        field.label_from_instance = lambda one: (
            f"{one.agency.short_name}: {one}" if one.agency else str(one)
        )


class _PartForm(MoveForm):
    """Base of the moves about one part of the case; `states`: those it may be in."""

    states: tuple[str, ...] = ()
    part = forms.ModelChoiceField(Participation.objects.none(), label=_("Contribution"))

    def prepare(self) -> None:
        field: Any = self.fields["part"]
        field.queryset = self.case.parts.filter(state__in=self.states).select_related("agency")
        field.label_from_instance = lambda one: (
            f"{one.agency}, {date_format(localtime(one.due_at), 'j E')}"
        )


class WithdrawPartForm(_PartForm):
    states = (Participation.State.ASKED,)
    reason = note_field(_("Reason"), required=True)


class ReturnPartForm(_PartForm):
    states = (Participation.State.GIVEN,)
    remark = note_field(_("What is missing"), required=True)
    until = day_field(
        _("Until"), required=False, help_text=_("Empty: by the rule of the case's regime.")
    )


class GivePartForm(forms.Form):
    """The answer of the asked agency; also the body of the API's call."""

    text = forms.CharField(
        label=_("Contribution"), max_length=8000, widget=forms.Textarea(attrs={"rows": 8})
    )
