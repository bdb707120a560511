"""Forms of the import pages."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models import Channel
from intake.columns import Mapping, Unknown, lacking
from intake.fields import FIELDS
from intake.models import AgencyName
from intake.sources import CHANNEL_NAMES, CHANNELS

MAX_BYTES = 200 * 1024 * 1024


def channel_choices() -> list[tuple[str, str]]:
    """Codes and names of the channels a row may come from (one query)."""
    names = dict(Channel.objects.values_list("code", "name"))
    known = {**CHANNEL_NAMES, **names}
    return [(code, known[code]) for code in dict.fromkeys((*CHANNELS, *names))]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Table: xlsx or csv"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv", "class": "drop"}),
    )

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is too large, at most 200 MB are read"))
        return found


class MappingForm(forms.Form):
    """A choice of field for each header; saved under a name for the next file.

    `mapping`: the stored one of a batch that is recognised already.
    """

    name = forms.CharField(
        label=_("Name of the mapping"),
        max_length=120,
        help_text=_("The next file with these columns is read by itself"),
    )
    default_source = forms.ChoiceField(label=_("Source of rows that name none"), required=False)

    def __init__(
        self,
        unknown: Unknown,
        *args: Any,
        mapping: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.twice: list[str] = []
        self.missing: tuple[str, ...] = ()
        self.headers = [header for header in unknown.headers if header]
        self.initial_columns = unknown.columns
        self._stored = mapping or {}
        source = self.fields["default_source"]
        assert isinstance(source, forms.ChoiceField)
        source.choices = [("", "—"), *channel_choices()]
        source.initial = self._stored.get("default_source", "")
        # The template words the fields.
        choices = [("", ""), *((f.name, f.name) for f in FIELDS)]
        self.column_fields = [(f"column_{n}", header) for n, header in enumerate(self.headers)]
        for name, header in self.column_fields:
            self.fields[name] = forms.ChoiceField(
                label=header,
                choices=choices,
                required=False,
                initial=unknown.columns.get(header, ""),
            )
        self.order_fields([*(name for name, _header in self.column_fields), "default_source"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        columns = {header: data[name] for name, header in self.column_fields if data.get(name)}
        chosen = list(columns.values())
        self.twice = sorted({field for field in chosen if chosen.count(field) > 1})
        if self.twice:
            raise forms.ValidationError(_("Two columns have the same meaning"))
        mapping = Mapping(
            columns,
            layout=self._stored.get("layout", "plain"),
            default_source=data.get("default_source", ""),
            sources=self._stored.get("sources", {}),
            content_ids=bool(self._stored.get("content_ids", False)),
        )
        self.missing = lacking(columns.values(), mapping)
        if self.missing:
            raise forms.ValidationError(_("Needed columns are missing"))
        data["mapping"] = mapping
        return data


class MendForm(forms.Form):
    """The raw cells of a row in quarantine; those in `bad` first and marked."""

    def __init__(
        self, cells: MappingType[str, str], bad: set[str], *args: Any, **kwargs: Any
    ) -> None:
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
        self.mark(bad)

    def ask_channel(self, asked: bool) -> None:
        """Let a person say where the message comes from: no cell may be able to."""
        self.channel = None
        if asked:
            self.fields["channel"] = forms.ChoiceField(
                label=_("Channel"),
                choices=[("", _("as the cells say")), *channel_choices()],
                required=False,
            )
            self.channel = self["channel"]

    def mark(self, bad: set[str]) -> None:
        for number, header in enumerate(self.headers):
            attributes = self.fields[f"cell_{number}"].widget.attrs
            attributes.pop("aria-invalid", None)
            if header in bad:
                attributes["aria-invalid"] = "true"
        self.bad = [self[f"cell_{n}"] for n, header in enumerate(self.headers) if header in bad]
        self.filled = [
            self[f"cell_{n}"]
            for n, header in enumerate(self.headers)
            if header not in bad and self.fields[f"cell_{n}"].initial
        ]
        self.blank = [
            self[f"cell_{n}"]
            for n, header in enumerate(self.headers)
            if header not in bad and not self.fields[f"cell_{n}"].initial
        ]

    def cells(self) -> dict[str, str]:
        return {h: self.cleaned_data[f"cell_{n}"] for n, h in enumerate(self.headers)}


class NamesForm(forms.Form):
    """Whose name is it: an agency of ours, none of them, or not decided now."""

    NONE = "none"

    def __init__(self, names: Sequence[AgencyName], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {f"name_{row.pk}": row for row in names}
        agencies = Agency.objects.filter(is_active=True).order_by("sort_name", "pk")
        self.agencies = {str(agency.pk): agency for agency in agencies}
        choices = [
            ("", _("decide later")),
            (self.NONE, _("none of ours, do not ask again")),
            *((pk, agency.name) for pk, agency in self.agencies.items()),
        ]
        for name, row in self.names.items():
            self.fields[name] = forms.ChoiceField(label=row.name, choices=choices, required=False)

    def decisions(self) -> dict[AgencyName, Agency | None]:
        return {
            row: self.agencies.get(self.cleaned_data[name])
            for name, row in self.names.items()
            if self.cleaned_data.get(name)
        }


class UndoForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)
    confirm = forms.BooleanField(label=_("Cases nobody worked on will be deleted"))
