"""One form per move: the values a move takes, checked the same for pages and API.

Moves of one subject have a module of their own, `forms_*.py`.
"""

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases.errors import BadChange
from cases.form_fields import OwnFieldsMixin
from cases.mentions import named_in
from cases.models import (
    Case,
    Reason,
    ReasonKind,
    Territory,
    Topic,
)
from cases.numbers import number_in
from cases.promises import is_day_off
from cases.refusals import REFUSALS
from cases.workflow import Regime, Status


def word_change(code: str) -> str:
    """The sentence for a refused change, as forms and API show it."""
    return str(REFUSALS.get(code, code))


class MoveForm(OwnFieldsMixin, forms.Form):
    """Base of all: knows the case and the actor, so that choices never leave their scope."""

    def __init__(self, *args: Any, case: Case, actor: User, **kwargs: Any) -> None:
        self.case = case
        self.actor = actor
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = str(_("choose")) if field.required else "—"
        self.prepare()

    def prepare(self) -> None:
        """Narrow the choices to the case; overridden where there are any."""

    def refuse(self, error: BadChange) -> None:
        """Show a refusal of the action beside its field, as any other mistake."""
        field = error.params.get("field")
        self.add_error(field if field in self.fields else None, word_change(error.code))


def reasons(kind: str) -> list[tuple[str, str]]:
    return list(Reason.objects.filter(kind=kind, is_active=True).values_list("code", "name"))


class ReasonField(forms.ChoiceField):
    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("label", _("Reason"))
        super().__init__(choices=lambda: [("", _("choose")), *reasons(kind)], **kwargs)


def note_field(
    label: Any = None, *, required: bool = False, help_text: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label or _("Note"),
        required=required,
        help_text=help_text,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def check_workday(case: Case, day: date) -> None:
    """Refuse a day on which the agency is closed, naming it: «17 мая выходной»."""
    try:
        closed = is_day_off(case, day)
    except BadChange as gap:
        raise forms.ValidationError(word_change(gap.code)) from None
    if closed:
        raise forms.ValidationError(
            gettext("%(day)s is a day off. Name a working day.") % {"day": date_format(day, "j E")}
        )


class DaysField(forms.MultipleChoiceField):
    """Several days, each as 2026-12-20; the choices are what the case offers."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        try:
            date.fromisoformat(str(value))
        except ValueError:
            return False
        return True

    def clean(self, value: Any) -> list[date]:
        days: list[str] = super().clean([one for one in value or [] if one != ""])
        return [date.fromisoformat(day) for day in days]


class EmptyForm(MoveForm):
    pass


class AmendForm(MoveForm):
    title = forms.CharField(label=_("Heading"), max_length=200, required=False)
    topic = forms.ModelChoiceField(
        Topic.objects.filter(is_active=True).select_related("group"),
        label=_("Topic"),
        required=False,
        to_field_name="code",
    )
    territory = forms.ModelChoiceField(
        Territory.objects.all(), label=_("Territory"), required=False, to_field_name="code"
    )
    place = forms.CharField(label=_("Place"), max_length=300, required=False)
    severity = forms.IntegerField(label=_("Severity"), min_value=1, max_value=5, required=False)
    regime = forms.ChoiceField(label=_("Regime"), choices=Regime.choices, required=False)
    fast_track = forms.TypedChoiceField(
        label=_("Fast track"),
        choices=[("no", _("no")), ("yes", _("yes"))],
        coerce=lambda value: value == "yes",
        required=False,
    )

    def prepare(self) -> None:
        if self.case.status != Status.RECEIVED and self.case.regime == Regime.LAW59:
            del self.fields["regime"]
        if self.case.regime != Regime.POS and not self.data.get("regime"):
            del self.fields["fast_track"]

    # Null in a request of the API clears these as an empty field of a page does.
    clears = frozenset({"topic", "territory", "place"})

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if "title" in self.data and not title.strip():
            raise forms.ValidationError(word_change("title_empty"))
        return title

    def clean_severity(self) -> int | None:
        severity: int | None = self.cleaned_data["severity"]
        if "severity" in self.data and severity is None:
            raise forms.ValidationError(_("Choose a severity from 1 to 5."))
        return severity

    def clean(self) -> dict[str, Any]:
        """What was left out of the request stays as it is; what was sent empty is cleared."""
        data = super().clean() or {}
        given = {name: value for name, value in data.items() if name in self.data}
        for name in ("regime", "fast_track"):
            if given.get(name) == "":
                del given[name]
        return given


class RejectForm(MoveForm):
    reason = ReasonField(ReasonKind.REJECTION)
    note = note_field()


class MergeForm(MoveForm):
    into = forms.CharField(label=_("Number of the main case"), max_length=20)

    def clean_into(self) -> Case:
        number = number_in(self.cleaned_data["into"].strip())
        found = Case.objects.visible_to(self.actor).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no case with this number."))
        return found


class AgencyForm(MoveForm):
    agency = forms.ModelChoiceField(
        Agency.objects.filter(is_active=True), label=_("Agency"), to_field_name="code"
    )
    note = note_field()


class ReasonTextForm(MoveForm):
    reason = note_field(_("Reason"), required=True)


class AssignForm(MoveForm):
    executor = forms.ModelChoiceField(
        User.objects.none(), label=_("Executor"), to_field_name="username"
    )

    def prepare(self) -> None:
        roles = [f"hold_{role}" for role in HOLDERS[Right.ANSWER_CASES]]
        self.fields["executor"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(
                is_active=True,
                agencyuserpermission__permission__codename__in=roles,
                agencyuserpermission__content_object_id__in=line_of(self.case.agency),
            )
            .distinct()
            .order_by("last_name", "first_name")
        )


def line_of(agency: Agency | None) -> list[int]:
    """The agency and its superiors: a role on any of them covers it."""
    ids: list[int] = []
    while agency is not None and agency.pk not in ids:
        ids.append(agency.pk)
        agency = agency.parent
    return ids


class DisputeForm(MoveForm):
    reason = ReasonField(ReasonKind.REDIRECT)
    proposed = forms.ModelChoiceField(
        Agency.objects.filter(is_active=True),
        label=_("Whose case it is"),
        to_field_name="code",
    )
    note = note_field()


class NoteForm(MoveForm):
    note = note_field()


class FirstResponseForm(MoveForm):
    url = forms.URLField(label=_("Link to the response"), required=False, assume_scheme="https")
    note = note_field()


class MarkForm(MoveForm):
    value = forms.TypedChoiceField(
        label=_("Mark"),
        choices=[(str(n), str(n)) for n in range(5, 0, -1)],
        coerce=int,
    )
    comment = note_field(_("In the author's words"))


class ReopenForm(MoveForm):
    reason = note_field(_("Reason"), required=True)
    cause = forms.ChoiceField(
        label=_("Who wants it"),
        choices=[
            ("supervisor", _("the supervisor")),
            ("author", _("the author")),
            ("promise", _("a promise was not kept")),
        ],
        required=False,
    )


class DeclineForm(MoveForm):
    note = note_field(_("Why it stays"), required=True)


class ControlForm(MoveForm):
    reason = forms.CharField(label=_("Reason"), max_length=300)
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    resolution = note_field(_("Resolution"))

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until is not None and until < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return until


class OutcomeForm(MoveForm):
    outcome = note_field(_("What came of it"), required=True)


class ExtendForm(MoveForm):
    until = forms.DateTimeField(
        label=_("New due moment"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if self.case.agency is not None:
            check_workday(self.case, until.astimezone(self.case.agency.zone).date())
        return until


class NoteTextForm(MoveForm):
    text = note_field(
        _("Note for colleagues"),
        required=True,
        help_text=_("@ and a name tell a colleague of the note, if he may see the case."),
    )

    def prepare(self) -> None:
        self.fields["text"].widget.attrs |= {
            "data-mentions": reverse("case-colleagues", kwargs={"number": self.case.number}),
            "data-mentions-title": _("Colleagues"),
        }

    def clean_text(self) -> str:
        """Who is named and may not see the case would never hear of it: the writer is told."""
        text: str = self.cleaned_data["text"]
        _seeing, blind = named_in(text, self.case)
        if blind:
            names = ", ".join(f"{person} (@{person.username})" for person in blind)
            raise forms.ValidationError(
                gettext("They do not see this case and will not read the note: %(names)s")
                % {"names": names}
            )
        return text


class CloseForm(MoveForm):
    reason = ReasonField(ReasonKind.CLOSING)
    note = note_field()
