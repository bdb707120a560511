"""Forms of the API that no page has: a message that arrives, a text to assess."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.directory import Directory
from cases.form_fields import OwnFieldsMixin
from cases.forms import word_change
from cases.models import Channel, Citizen, Outcome, Regime, Reply, Territory, Topic

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=10)  # clocks of sources run ahead a little


class KeptRowField(forms.ModelChoiceField):
    """A reference row by its code, out of those the process keeps in memory where it has them."""

    kept: dict[str, Any] | None = None

    def to_python(self, value: Any) -> Any:
        if self.kept is None or value in self.empty_values:
            return super().to_python(value)
        found = self.kept.get(str(value))
        if found is None:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": value},
            )
        return found

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


class MessageForm(OwnFieldsMixin, forms.Form):
    channel = KeptRowField(Channel.objects.all(), to_field_name="code", label=_("Source"))
    external_id = forms.CharField(max_length=200, label=_("id at the source"))
    text = forms.CharField(max_length=20000, label=_("text"), strip=False)
    posted_at = forms.DateTimeField(label=_("posted"))
    url = forms.URLField(
        max_length=500, required=False, assume_scheme="https", label=_("address of the post")
    )
    author = forms.CharField(max_length=200, required=False, label=_("handle"))
    author_name = forms.CharField(max_length=200, required=False, label=_("name"))
    author_kind = forms.ChoiceField(
        choices=list(Citizen.Kind.choices), required=False, label=_("kind")
    )
    author_phone = forms.CharField(max_length=60, required=False, label=_("phone"))
    author_address = forms.CharField(max_length=300, required=False, label=_("address"))
    author_url = forms.URLField(
        max_length=500, required=False, assume_scheme="https", label=_("profile")
    )
    topic = KeptRowField(
        Topic.objects.filter(is_active=True),
        to_field_name="code",
        required=False,
        label=_("Topic"),
    )
    territory = KeptRowField(
        Territory.objects.all(), to_field_name="code", required=False, label=_("Territory")
    )
    place = forms.CharField(max_length=300, required=False, label=_("Place"))
    regime = forms.ChoiceField(choices=list(Regime.choices), required=False, label=_("Regime"))
    fast_track = forms.BooleanField(required=False, label=_("Fast track"))
    incoming_number = forms.CharField(max_length=40, required=False, label=_("Incoming number"))
    registered_on = forms.DateTimeField(required=False, label=_("registered"))
    migration = forms.BooleanField(
        required=False, label=_("breach of migration law, sent to the governor")
    )

    def keep(self, directory: Directory) -> None:
        """Take channel, topic and territory from here instead of asking for each."""
        rows: dict[str, Iterable[Any]] = {
            "channel": directory.channels.values(),
            "topic": (topic for topic in directory.topics.values() if topic.is_active),
            "territory": directory.territories.values(),
        }
        for name, found in rows.items():
            field = self.fields[name]
            assert isinstance(field, KeptRowField)
            field.kept = {row.code: row for row in found}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(_("The message has no text."))
        return text

    def clean_posted_at(self) -> datetime:
        posted: datetime = self.cleaned_data["posted_at"]
        if not OLDEST <= posted <= timezone.now() + AHEAD:
            raise forms.ValidationError(_("This moment is impossible for a message."))
        return posted

    def clean_registered_on(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["registered_on"]
        posted = self.cleaned_data.get("posted_at")
        if moment is not None and (
            moment > timezone.now() + AHEAD or (posted is not None and moment < posted)
        ):
            raise forms.ValidationError(word_change("registered_impossible"))
        return moment

    def clean(self) -> dict[str, Any]:
        """The facts of one regime do not go with another."""
        data = super().clean() or {}
        channel = data.get("channel")
        regime = data.get("regime") or (channel.regime if channel else "")
        if data.get("fast_track") and regime != Regime.POS:
            self.add_error("fast_track", word_change("fast_track_pos_only"))
        for name in ("incoming_number", "registered_on", "migration"):
            if data.get(name) and regime != Regime.LAW59:
                self.add_error(name, _("Only appeals by 59-FZ have this."))
        if data.get("registered_on") and not data.get("incoming_number"):
            self.add_error("incoming_number", word_change("incoming_missing"))
        return data

    def arguments(self) -> dict[str, Any]:
        """What `cases.actions.receive` takes."""
        given = dict(self.cleaned_data)
        facts = {
            "name": given.pop("author_name"),
            "kind": given.pop("author_kind") or Citizen.Kind.PERSON.value,
            "phone": given.pop("author_phone"),
            "address": given.pop("author_address"),
            "profile_url": given.pop("author_url"),
        }
        return {**given, "author_facts": facts}


class CheckForm(forms.Form):
    text = forms.CharField(max_length=20000, required=False, strip=False)
    kind = forms.ChoiceField(choices=list(Reply.Kind.choices), required=False)
    outcome = forms.ChoiceField(choices=list(Outcome.choices), required=False)


class SourceMarkForm(forms.Form):
    """The author's mark of the reply to a message of a source."""

    channel = forms.ModelChoiceField(Channel.objects.all(), to_field_name="code", label=_("Source"))
    external_id = forms.CharField(max_length=200, label=_("id at the source"))
    value = forms.IntegerField(min_value=1, max_value=5, label=_("Mark"))
    comment = forms.CharField(max_length=2000, required=False, label=_("comment"))
