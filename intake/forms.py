"""Forms of the import pages."""

from collections.abc import Mapping as MappingType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from intake.columns import Mapping, Unknown, lacking
from intake.fields import FIELDS
from intake.sources import CHANNELS

MAX_BYTES = 200 * 1024 * 1024


class UploadForm(forms.Form):
    file = forms.FileField(label=_("Table: xlsx or csv"))

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is too large, at most 200 MB are read"))
        return found


class MappingForm(forms.Form):
    """A choice of field for each header; saved under a name for the next file."""

    name = forms.CharField(label=_("Name of the mapping"), max_length=120)
    default_source = forms.ChoiceField(
        label=_("Source of rows that name none"),
        choices=[("", "—"), *((code, code) for code in CHANNELS)],
        required=False,
    )

    def __init__(self, unknown: Unknown, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers = [header for header in unknown.headers if header]
        choices = [("", "—"), *((f.name, f.headers[0]) for f in FIELDS)]
        for number, header in enumerate(self.headers):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=header,
                choices=choices,
                required=False,
                initial=unknown.columns.get(header, ""),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        columns = {
            header: data[f"column_{number}"]
            for number, header in enumerate(self.headers)
            if data.get(f"column_{number}")
        }
        if len(set(columns.values())) < len(columns):
            raise forms.ValidationError(_("Two columns have the same meaning"))
        mapping = Mapping(columns, default_source=data.get("default_source", ""))
        missing = lacking(columns.values(), mapping)
        if missing:
            raise forms.ValidationError(_("Needed columns are missing: %s") % ", ".join(missing))
        data["mapping"] = mapping
        return data


class MendForm(forms.Form):
    """The raw cells of a row in quarantine."""

    def __init__(self, cells: MappingType[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers = list(cells)
        for number, (header, value) in enumerate(cells.items()):
            wide = len(value) > 80
            self.fields[f"cell_{number}"] = forms.CharField(
                label=header,
                initial=value,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 4}) if wide else forms.TextInput(),
            )

    def cells(self) -> dict[str, str]:
        return {h: self.cleaned_data[f"cell_{n}"] for n, h in enumerate(self.headers)}


class UndoForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)
    confirm = forms.BooleanField(label=_("Cases nobody worked on will be deleted"))
