"""The form of a deputy: for oneself, or for those one leads."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies import absence
from agencies.models import Deputy, User
from cases.forms import day_field, word_change


class _PersonField(forms.ModelChoiceField):
    def label_from_instance(self, person: Any) -> str:
        agency = person.agency.short_name if person.agency else ""
        return f"{person}, {agency}" if agency else str(person)


class DeputyForm(forms.Form):
    """`actor` himself and those he leads are the absent; colleagues of them the deputies."""

    person = _PersonField(User.objects.none(), label=_("Who is absent"), to_field_name="username")
    deputy = _PersonField(
        User.objects.none(),
        label=_("Who stands in"),
        to_field_name="username",
        help_text=_("Reads and does all that the absent person does, on these days only."),
    )
    first = day_field(_("First day"))
    last = day_field(_("Last day"))
    reason = forms.ChoiceField(label=_("Reason"), choices=Deputy.Reason.choices)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        led = absence.led_by(actor)
        self.has_led = bool(led)
        people = User.objects.select_related("agency").filter(
            pk__in=[actor.pk, *(one.pk for one in led)]
        )
        person, deputy = self.fields["person"], self.fields["deputy"]
        person.queryset = people.order_by("last_name", "first_name", "pk")  # type: ignore[attr-defined]
        person.empty_label = None  # type: ignore[attr-defined]
        self.initial.setdefault("person", actor.username)
        self.initial.setdefault("first", timezone.localdate())
        agencies = {actor.agency_id, *(one.agency_id for one in led)}
        found = absence.possible_deputies(agencies)
        # Nobody stands in for himself; who leads others may stand in for one of them.
        deputy.queryset = found if led else found.exclude(pk=actor.pk)  # type: ignore[attr-defined]
        deputy.empty_label = gettext("choose")  # type: ignore[attr-defined]

    def refuse(self, error: absence.BadAbsence) -> None:
        self.add_error(error.field if error.field in self.fields else None, word_change(error.code))
