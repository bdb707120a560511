"""The form on which an export is asked for."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from intake.export.columns import Table
from intake.export.making import VIEWS
from intake.models import CaseExport


class ExportForm(forms.Form):
    file_format = forms.ChoiceField(
        label=_("Format"), choices=CaseExport.Format.choices, initial=CaseExport.Format.XLSX
    )
    table = forms.ChoiceField(label=_("Columns"), choices=Table.choices, initial=Table.INCIDENT)
    with_contacts = forms.BooleanField(
        label=_("With contacts: names, links to profiles and posts, phones"), required=False
    )
    reason = forms.CharField(
        label=_("What the contacts are needed for"),
        required=False,
        max_length=300,
        help_text=_("Kept with the export: the auditor sees who took contacts and what for."),
    )
    view = forms.ChoiceField(
        choices=[(name, name) for name in VIEWS], widget=forms.HiddenInput, required=False
    )
    conditions = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not holds_anywhere(user, [Right.VIEW_CONTACTS]):
            del self.fields["with_contacts"], self.fields["reason"]

    def clean_view(self) -> str:
        return self.cleaned_data["view"] or "case-list"

    def clean_conditions(self) -> dict[str, list[str]]:
        return dict(QueryDict(self.cleaned_data["conditions"]).lists())
