"""Forms of the moves about a reply: sending, deciding, judging, publishing."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases.forms import (
    DaysField,
    MoveForm,
    check_workday,
    day_field,
    note_field,
    reasons,
    word_change,
)
from cases.models import Appeal, Outcome, ReasonKind, Reply, Review
from cases.promises import kinds_of, recognised
from cases.workflow import Regime
from quality.promised import Promised


class ReplyForm(MoveForm):
    text = forms.CharField(label=_("Reply to the citizen"), max_length=20000, widget=forms.Textarea)
    kind = forms.ChoiceField(label=_("Kind of reply"), choices=Reply.Kind.choices, required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[("", "—"), *Outcome.choices], required=False
    )
    promised_on = day_field(_("Promised until"), required=False)
    promise = forms.CharField(label=_("What is promised"), max_length=300, required=False)
    new_fact = forms.CharField(
        label=_("What is new since the last interim reply"), max_length=500, required=False
    )
    promises = DaysField(label=_("Days the text promises, confirmed"), required=False)
    override = forms.CharField(
        label=_("Why send in spite of the blocking remark"), max_length=500, required=False
    )
    template = forms.IntegerField(
        label=_("Template the reply began from"),
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        widget=forms.HiddenInput,
    )

    def prepare(self) -> None:
        names = dict(Reply.Kind.choices)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind, names[kind]) for kind in kinds_of(self.case)
        ]

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Reply.Kind.FINAL.value

    def clean_promised_on(self) -> date | None:
        day: date | None = self.cleaned_data["promised_on"]
        if day is not None:
            check_workday(self.case, day)
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        promising = data.get("kind") in (Reply.Kind.INTERIM, Reply.Kind.PLANNED)
        if promising and not data.get("promised_on") and "promised_on" not in self.errors:
            self.add_error("promised_on", word_change("promise_needs_day"))
        if not promising:
            data |= {"promised_on": None, "promise": "", "new_fact": ""}
        data["promises"] = self._confirmed(data)
        return data

    def days(self) -> tuple[Promised, ...]:
        """The days the text promises, to be confirmed."""
        data = getattr(self, "cleaned_data", {})
        text, kind = data.get("text", ""), data.get("kind") or Reply.Kind.FINAL.value
        return recognised(self.case, text, timezone.now(), kind=kind)

    def _confirmed(self, data: dict[str, Any]) -> list[date] | None:
        """None where nobody was asked. The page tells which days it showed beside the text: a day
        typed since then is shown first, and the next press is knowing."""
        if "promises" not in self.data:
            return None
        given: list[date] = data.get("promises") or []
        known = {day.until for day in self.days()}
        if hasattr(self.data, "getlist") and "promises" not in self.errors:
            seen = set(self.data.getlist("promises_seen"))
            if any(day.isoformat() not in seen for day in known):
                self.add_error("promises", word_change("promises_unseen"))
        return [day for day in given if day in known]


class RemarkForm(MoveForm):
    remark = note_field(_("Remark"), required=True)


class AcceptForm(MoveForm):
    remark = note_field(_("Remark"))
    reply = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReworkForm(MoveForm):
    grounds = forms.MultipleChoiceField(
        label=_("Grounds"),
        choices=lambda: reasons(ReasonKind.RETURN),
        widget=forms.CheckboxSelectMultiple,
    )
    remark = note_field(_("Remark"))
    brush_off = forms.BooleanField(label=_("It is a brush-off"), required=False)
    reply = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ObjectionForm(MoveForm):
    objection = note_field(_("Why the return is wrong"), required=True)


class JudgeForm(MoveForm):
    """The verdict on a reply drawn for review (`ReviewTask`)."""

    task = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=Review.Verdict.choices)
    grounds = forms.MultipleChoiceField(
        label=_("Grounds"),
        choices=lambda: reasons(ReasonKind.RETURN),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    remark = note_field(_("Remark"))


class PostedForm(MoveForm):
    """A reply that was posted by hand: the link, the moment, and which one was read."""

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


class PublishForm(PostedForm):
    """59-FZ adds the letter: its number, who signs it and what came of the appeal."""

    outgoing_number = forms.CharField(label=_("Outgoing number"), max_length=40, required=False)
    signer = forms.CharField(
        label=_("Who signs"), max_length=200, required=False, help_text=_("Empty: yourself.")
    )
    result = forms.ChoiceField(
        label=_("Result for the report"),
        choices=[("", "—"), *Appeal.Result.choices],
        required=False,
    )

    promises = DaysField(label=_("Days the text promises, confirmed"), required=False)

    def prepare(self) -> None:
        if self.case.regime != Regime.LAW59:
            for name in ("outgoing_number", "signer", "result"):
                del self.fields[name]
        else:
            self.fields["outgoing_number"].required = True
        if "promises" not in self.fields:
            return
        latest = self.case.replies.only("promised").order_by("-version").first()
        days = latest.promised if latest else []
        if not days:
            del self.fields["promises"]
            return
        field = self.fields["promises"]
        field.choices = [  # type: ignore[attr-defined]
            (day["until"], f"{date_format(date.fromisoformat(day['until']), 'j E Y')}: "
             f"{day['what']}")
            for day in days
        ]  # fmt: skip
        # A day nobody was asked about is offered as confirmed.
        field.initial = [day["until"] for day in days if day["confirmed"] is not False]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "promises" in data and "promises" not in self.data:
            data["promises"] = None
        return data


class PlanForm(PublishForm):
    """The day of planned works is named with the reply: there is none to confirm."""

    promises = None  # type: ignore[assignment]
