"""Forms of the moves about the promises of a case."""

from datetime import date

from django import forms
from django.core.validators import URLValidator
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases.forms import (
    MoveForm,
    check_workday,
    day_field,
)
from cases.masking import mask_text
from cases.models import Promise


class OpenPromiseForm(MoveForm):
    """Base of the moves about one promise of the case."""

    promise = forms.ModelChoiceField(Promise.objects.none(), label=_("Promise"))

    def prepare(self) -> None:
        field = self.fields["promise"]
        field.queryset = self.case.promises.filter(  # type: ignore[attr-defined]
            state=Promise.State.OPEN
        ).order_by("until_on", "id")
        field.label_from_instance = lambda one: (  # type: ignore[attr-defined]
            f"{date_format(one.until_on, 'j E Y')}: {mask_text(one.what)}"
        )


class AddPromiseForm(MoveForm):
    until = day_field(_("Promised until"))
    what = forms.CharField(label=_("What is promised"), max_length=300)


class KeepPromiseForm(OpenPromiseForm):
    proof = forms.CharField(
        label=_("Proof"),
        max_length=500,
        help_text=_("A link, the number and date of the act, or where the photo is."),
    )


class MovePromiseForm(OpenPromiseForm):
    until = day_field(_("New day"))
    reason = forms.CharField(label=_("Why it is moved"), max_length=500)
    url = forms.URLField(
        label=_("Link to where the citizen was told"),
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
    )

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        check_workday(self.case, day)
        return day
