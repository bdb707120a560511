"""Forms of contributions: asking another agency, returning what it gave, giving it."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases.actions.splitting import ONE, SEVERAL, named_parts
from cases.forms import MoveForm, day_field, note_field
from cases.masking import mask_text
from cases.models import Message, Participation
from cases.workflow import Regime


def _agency(at: int) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Agency.objects.filter(is_active=True),
        label=format_lazy(_("Agency of part {at}"), at=at),
        to_field_name="code",
        required=at <= 2,
    )


def _words(at: int) -> forms.CharField:
    return forms.CharField(
        label=format_lazy(_("Question of part {at}"), at=at),
        max_length=2000,
        required=at <= 2,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


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


MOST_PARTS = 5


class SplitForm(MoveForm):
    """Up to five parts, each with its agency; the case itself goes to the first one."""

    answer = forms.ChoiceField(
        label=_("The citizen gets"),
        choices=[
            (SEVERAL, _("several answers, each agency its own")),
            (ONE, _("one answer of the first agency, the others contribute")),
        ],
    )
    agency_1 = _agency(1)
    part_1 = _words(1)
    agency_2 = _agency(2)
    part_2 = _words(2)
    agency_3 = _agency(3)
    part_3 = _words(3)
    agency_4 = _agency(4)
    part_4 = _words(4)
    agency_5 = _agency(5)
    part_5 = _words(5)
    note = note_field()
    outgoing_number = forms.CharField(
        label=_("Outgoing number of the notice"), max_length=40, required=False
    )
    signer = forms.CharField(
        label=_("Who signs"), max_length=200, required=False, help_text=_("Empty: yourself.")
    )

    @property
    def letter(self) -> str:
        """The message beside the questions it is split into; masked (one query)."""
        texts = Message.objects.filter(case=self.case, is_current=True).order_by("posted_at", "pk")
        name = self.case.citizen.hidden_name
        return "\n\n".join(mask_text(text, name) for text in texts.values_list("text", flat=True))

    def prepare(self) -> None:
        if self.case.regime != Regime.LAW59:
            for name in ("outgoing_number", "signer"):
                del self.fields[name]
        else:
            self.fields["outgoing_number"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for at in range(1, MOST_PARTS + 1):
            if data.get(f"part_{at}") and not data.get(f"agency_{at}"):
                self.add_error(f"agency_{at}", _("Say whose question it is."))
        parts = named_parts(data, MOST_PARTS)
        kept = {k: v for k, v in data.items() if not k.startswith(("agency_", "part_"))}
        return {**kept, "parts": parts}


class AskCitizenForm(MoveForm):
    question = forms.CharField(
        label=_("Question to the citizen"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The terms wait for the answer, a few working days at most; everybody sees it."
        ),
    )
    url = forms.URLField(
        label=_("Link to the posted question"),
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
    )


class CitizenAnsweredForm(MoveForm):
    answer = note_field(_("In the citizen's words"), required=True)


class GivePartForm(forms.Form):
    """The answer of the asked agency; also the body of the API's call."""

    text = forms.CharField(
        label=_("Contribution"), max_length=8000, widget=forms.Textarea(attrs={"rows": 8})
    )
