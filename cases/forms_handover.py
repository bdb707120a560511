"""Where the cases of a person or an agency go."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.absence import standing_now
from agencies.models import Agency, User
from cases import handover
from cases.forms import word_change
from cases.handover import Plan


class _People(forms.ModelMultipleChoiceField):
    absent: frozenset[int] = frozenset()

    def label_from_instance(self, person: Any) -> str:
        named = f"{person}, {person.agency.short_name}" if person.agency else str(person)
        if person.pk in self.absent:
            return gettext("%(person)s (absent now, somebody stands in)") % {"person": named}
        return named


class HandoverForm(forms.Form):
    """`actor` gives cases of `plan.person` or `plan.agency`; one of the two targets is needed."""

    to_agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=_("To another agency"),
        to_field_name="code",
        required=False,
        empty_label="—",
        help_text=_("Empty: the cases stay at their agencies."),
    )
    executors = _People(
        User.objects.none(),
        label=_("New executors"),
        to_field_name="username",
        required=False,
        help_text=_(
            "Several share the cases evenly. Nobody chosen: the other agency names them itself."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, actor: User, plan: Plan, agencies: list[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.plan = plan
        to = handover.possible_agencies(actor)
        self.fields["to_agency"].queryset = Agency.objects.filter(  # type: ignore[attr-defined]
            pk__in=[agency.pk for agency in to]
        )
        chosen = next((a for a in to if a.code == self.data.get("to_agency")), None)
        people = handover.possible_executors([chosen] if chosen else agencies)
        leaving = plan.person.pk if plan.person else None
        ids = [p.pk for p in people if p.pk != leaving]
        field = self.fields["executors"]
        assert isinstance(field, _People)
        field.absent = frozenset(standing_now(ids))
        field.queryset = (
            User.objects.filter(pk__in=ids)
            .select_related("agency")
            .order_by("last_name", "first_name", "pk")
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("to_agency") and not data.get("executors") and not self.errors:
            self.add_error("executors", word_change("handover_to_nobody"))
        return data

    def planned(self) -> Plan:
        """The plan with what the form says of its targets."""
        return Plan(
            person=self.plan.person,
            agency=self.plan.agency,
            to_agency=self.cleaned_data["to_agency"],
            executors=list(self.cleaned_data["executors"]),
        )
