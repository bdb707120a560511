"""How a person wants to hear of things: hours, digests, a way for each kind."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.access import role_reach
from agencies.models import User
from agencies.zones import RUSSIAN_ZONES, word_zone
from notices.kinds import FACTS, GROUPS, Delivery, Kind
from notices.models import MailSettings

_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def kinds_of(person: User) -> list[Kind]:
    """The kinds this person can be told of by his roles."""
    roles = role_reach(person).keys()
    return [kind for kind in Kind if not FACTS[kind].roles or FACTS[kind].roles & roles]


class MailSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """One field for each kind, named by its code, beside the hours."""

    class Meta:
        model = MailSettings
        fields = [
            "morning",
            "morning_at",
            "evening",
            "evening_at",
            "quiet_from",
            "quiet_until",
            "quiet_days_off",
            "time_zone",
        ]
        widgets = {
            "morning_at": _TIME,
            "evening_at": _TIME,
            "quiet_from": _TIME,
            "quiet_until": _TIME,
        }

    live_bell = forms.BooleanField(
        label=_("renew the number at the bell by itself"),
        required=False,
        help_text=_("Every eight seconds while the page is in sight."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.instance.person
        self.fields["live_bell"].initial = person.live_bell
        self.fields["time_zone"] = self._zone_field(person)
        self.kinds = kinds_of(person)
        for kind in self.kinds:
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label,
                choices=Delivery.choices,
                initial=self.instance.delivery(kind),
                widget=forms.RadioSelect,
            )
        for name in ("morning_at", "evening_at", "quiet_from", "quiet_until", "time_zone"):
            self.fields[name].widget.attrs["class"] = "input input-small"

    def _zone_field(self, person: User) -> forms.ChoiceField:
        """Chosen, not typed; one of another country stays as an administrator entered it."""
        agency = MailSettings(person=person).zone().key
        usual = _("as at work: %(zone)s") % {"zone": word_zone(agency)}
        zones: list[tuple[str, Any]] = [("", usual), *RUSSIAN_ZONES]
        chosen = self.instance.time_zone
        if chosen and chosen not in dict(zones):
            zones.append((chosen, chosen))
        return forms.ChoiceField(
            label=MailSettings._meta.get_field("time_zone").verbose_name,
            choices=zones,
            required=False,
        )

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """(title, fields) of the kinds as the page lays them out."""
        for group, title in GROUPS.items():
            fields = [self[kind.value] for kind in self.kinds if FACTS[kind].group == group]
            if fields:
                yield str(title), fields

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        digests = any(given.get(kind.value) == Delivery.DIGEST for kind in self.kinds)
        if digests and not (given.get("morning") or given.get("evening")):
            self.add_error("morning", _("Choose when the digest comes: morning, evening or both."))
        return given

    def save(self, commit: bool = True) -> MailSettings:
        given = self.cleaned_data
        self.instance.choices = {
            **self.instance.choices,
            **{kind.value: given[kind.value] for kind in self.kinds},
        }
        person = self.instance.person
        if person.live_bell != given["live_bell"]:
            person.live_bell = given["live_bell"]
            person.save(update_fields=["live_bell"])
        return super().save(commit)
