"""One form per move: the values a move takes, checked the same for pages and API."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, User
from agencies.roles import HOLDERS, Right
from cases.errors import BadChange
from cases.models import Case, Outcome, Reason, ReasonKind, Reply, Territory, Topic
from cases.numbers import number_in
from cases.workflow import MOVES

REFUSALS: dict[str, Any] = {
    "agency_inactive": _("This agency no longer works. Choose another one."),
    "executor_may_not_answer": _("This person may not answer for the case's agency."),
    "proposed_is_own": _("Name another agency: this one has the case already."),
    "redirect_to_same": _("The case is already at this agency. Refuse the redirect instead."),
    "no_agency": _("The case has no agency yet. Route it first."),
    "merge_into_itself": _("A case cannot be merged into itself."),
    "merge_target_missing": _("There is no case with this number to merge into."),
    "merge_target_merged": _("This case was merged into another one itself. Merge into that one."),
    "merge_target_ended": _("This case has ended. Merge into one that is still in work."),
    "calendar_gap": _(
        "The agency's working calendar ends before the term does. Ask the administrator to fill"
        " in the missing year."
    ),
    "extension_too_far": _("The new moment is more than a year away."),
    "reply_empty": _("Write the reply first."),
    "no_reply": _("There is no reply yet."),
    "blocked": _("The reply has a blocking remark. Mend it, or say why it must be sent as it is."),
    "grounds_missing": _("Choose at least one ground."),
    "reply_changed": _("There is a newer version of the reply. Read it first."),
    "reply_not_ready": _("This reply is not ready for publication."),
    "published_in_future": _("The moment of publication lies in the future."),
    "published_before_sent": _("The reply cannot be published before it was sent."),
    "url_missing": _("Paste the link to the published reply."),
    "not_controlled": _("The case is not under personal control."),
    "extension_not_later": _("The new moment must be later than the present one."),
    "extension_in_past": _("The new moment has already passed."),
    "note_empty": _("Write the note first."),
    "title_empty": _("Write the heading: lists show the case by it."),
    "file_type_refused": _(
        "Files of this type are not accepted: attach a photo, a video, PDF, DOCX or XLSX."
    ),
    "file_too_large": _("The file is larger than 15 megabytes."),
    "too_many_files": _("Ten files are attached already: take one away first."),
    "file_not_yours": _("Only a file of your own that no reply was sent with can be removed."),
}


def word_change(code: str) -> str:
    """The sentence for a refused change: worded once, beside the forms that show it."""
    return str(REFUSALS.get(code, code))


class MoveForm(forms.Form):
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


def _reasons(kind: str) -> list[tuple[str, str]]:
    return list(Reason.objects.filter(kind=kind, is_active=True).values_list("code", "name"))


class ReasonField(forms.ChoiceField):
    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("label", _("Reason"))
        super().__init__(choices=lambda: [("", _("choose")), *_reasons(kind)], **kwargs)


def note_field(label: Any = None, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label or _("Note"),
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


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
        return {name: value for name, value in data.items() if name in self.data}


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
                agencyuserpermission__content_object_id__in=_line(self.case.agency),
            )
            .distinct()
            .order_by("last_name", "first_name")
        )


def _line(agency: Agency | None) -> list[int]:
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
        required=False,
        to_field_name="code",
    )
    note = note_field()


class NoteForm(MoveForm):
    note = note_field()


class ReplyForm(MoveForm):
    text = forms.CharField(label=_("Reply to the citizen"), max_length=20000, widget=forms.Textarea)
    kind = forms.ChoiceField(label=_("Kind of reply"), choices=Reply.Kind.choices, required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[("", "—"), *Outcome.choices], required=False
    )
    override = forms.CharField(
        label=_("Why send in spite of the blocking remark"), max_length=500, required=False
    )

    def clean_kind(self) -> str:
        kind = self.cleaned_data["kind"] or Reply.Kind.FINAL.value
        if kind == Reply.Kind.INTERIM and not MOVES["give_interim"].works:
            # It would be published as the answer and stop the citizen's term.
            raise forms.ValidationError(_("Interim replies cannot be sent yet."))
        return kind


class RemarkForm(MoveForm):
    remark = note_field(_("Remark"), required=True)


class AcceptForm(MoveForm):
    remark = note_field(_("Remark"))
    reply = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReworkForm(MoveForm):
    grounds = forms.MultipleChoiceField(
        label=_("Grounds"),
        choices=lambda: _reasons(ReasonKind.RETURN),
        widget=forms.CheckboxSelectMultiple,
    )
    remark = note_field(_("Remark"))
    brush_off = forms.BooleanField(label=_("It is a brush-off"), required=False)
    reply = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PublishForm(MoveForm):
    url = forms.URLField(
        label=_("Link to the published reply"),
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
    )
    published_at = forms.DateTimeField(
        label=_("Published at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
    )
    reply = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ControlForm(MoveForm):
    reason = forms.CharField(label=_("Reason"), max_length=300)
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until is not None and until < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return until


class ExtendForm(MoveForm):
    until = forms.DateTimeField(
        label=_("New due moment"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


class NoteTextForm(MoveForm):
    text = note_field(_("Note for colleagues"), required=True)


class CloseForm(MoveForm):
    reason = ReasonField(ReasonKind.CLOSING)
    note = note_field()
