"""Fields of the admin's forms: hours of a day as people write them, roles of a person."""

import re
from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
)
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, AgencyUserPermission, CalendarDay, User, WorkingCalendar
from agencies.roles import Role

WEEKDAYS = (
    ("mon", _("Monday")),
    ("tue", _("Tuesday")),
    ("wed", _("Wednesday")),
    ("thu", _("Thursday")),
    ("fri", _("Friday")),
    ("sat", _("Saturday")),
    ("sun", _("Sunday")),
)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")  # noqa: RUF001
DAY_MINUTES = 24 * 60


class HoursField(forms.CharField):
    """«09:00-13:00, 14:00-18:00» <-> [["09:00", "13:00"], ["14:00", "18:00"]]; empty = day off."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=200, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return ", ".join(f"{start}-{end}" for start, end in value)
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text or text in self.empty_values:
            return []
        rows: list[list[str]] = []
        last = -1
        for part in str(text).split(","):
            found = _SPAN.fullmatch(part.strip())
            if found is None:
                raise forms.ValidationError(
                    _("Write hours as 09:00-13:00, 14:00-18:00, not “%(part)s”."),
                    params={"part": part.strip()},
                )
            h1, m1, h2, m2 = (int(group) for group in found.groups())
            start, end = h1 * 60 + m1, h2 * 60 + m2
            if m1 > 59 or m2 > 59 or end > DAY_MINUTES:
                raise forms.ValidationError(
                    _("There is no such time: “%(part)s”."), params={"part": part.strip()}
                )
            if start >= end:
                raise forms.ValidationError(
                    _("The end must be later than the start: “%(part)s”."),
                    params={"part": part.strip()},
                )
            if start < last:
                raise forms.ValidationError(
                    _("Hours overlap or stand in the wrong order: “%(part)s”."),
                    params={"part": part.strip()},
                )
            last = end
            rows.append([f"{h1:02}:{m1:02}", f"{h2:02}:{m2:02}"])
        return rows


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    """The week as seven lines of hours."""

    mon = HoursField(label=WEEKDAYS[0][1])
    tue = HoursField(label=WEEKDAYS[1][1])
    wed = HoursField(label=WEEKDAYS[2][1])
    thu = HoursField(label=WEEKDAYS[3][1])
    fri = HoursField(label=WEEKDAYS[4][1])
    sat = HoursField(label=WEEKDAYS[5][1])
    sun = HoursField(label=WEEKDAYS[6][1])

    class Meta:
        model = WorkingCalendar
        fields = ["code", "name", "follows_production"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = self.instance.week if self.instance.pk else None
        for (name, _title), hours in zip(WEEKDAYS, week or [], strict=False):
            self.initial[name] = hours

    def clean(self) -> Any:
        data = super().clean() or {}
        week = [data.get(name) or [] for name, _title in WEEKDAYS]
        if not self.errors and not any(week):
            raise forms.ValidationError(_("A week needs at least one working day."))
        self.instance.week = week
        return data


class CalendarDayForm(forms.ModelForm):  # type: ignore[type-arg]
    intervals = HoursField(
        label=_("hours"),
        help_text=_("Only for special hours, for example 09:00-13:00."),
    )

    class Meta:
        model = CalendarDay
        fields = [
            "calendar",
            "day",
            "kind",
            "intervals",
            "replaces",
            "shorter_by",
            "title",
            "source",
            "confirmed",
        ]

    def clean(self) -> Any:
        """Each kind of day needs its own particulars, else no term could be counted through it."""
        data = super().clean() or {}
        kind = data.get("kind")
        if kind == CalendarDay.Kind.SPECIAL and not data.get("intervals"):
            if "intervals" not in self.errors:
                self.add_error("intervals", _("Name the hours of this day."))
        elif kind != CalendarDay.Kind.SPECIAL and data.get("intervals"):
            self.add_error("intervals", _("Only a day with special hours has hours of its own."))
        if kind == CalendarDay.Kind.MOVED_WORK and not data.get("replaces"):
            self.add_error("replaces", _("Name the day whose hours this day has."))
        if "intervals" in data and not data["intervals"]:
            data["intervals"] = None  # the week and the kind decide
        return data


def word_role(row: AgencyUserPermission) -> str:
    code = row.permission.codename.removeprefix("hold_")
    return f"{Role(code).label}: {row.content_object}"


class RolesMixin(forms.Form):
    """Roles on the person's page: tick to take away, choose to give; inside the own agencies."""

    grant_role = forms.ChoiceField(
        label=_("Give the role"), choices=[("", "—"), *Role.choices], required=False
    )
    grant_agency = forms.ModelChoiceField(
        Agency.objects.none(), label=_("on the agency"), required=False
    )

    def clean(self) -> Any:
        data = super().clean() or {}
        if bool(data.get("grant_role")) != bool(data.get("grant_agency")):
            self.add_error(
                "grant_agency" if data.get("grant_role") else "grant_role",
                _("Choose both the role and the agency."),
            )
        return data


class PasswordState(ReadOnlyPasswordHashWidget):
    """Whether a password is set and the way to a new one; its hash is nobody's business."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        usable = bool(value) and not str(value).startswith(UNUSABLE_PASSWORD_PREFIX)
        context["summary"] = [{"label": _("The password is set.") if usable else _("No password.")}]
        return context


class PersonForm(RolesMixin, UserChangeForm):
    password = ReadOnlyPasswordHashField(label=_("Password"), widget=PasswordState)
    revoke = forms.ModelMultipleChoiceField(
        AgencyUserPermission.objects.none(),
        label=_("Take the roles away"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets name the fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "revoke" in self.fields:
            self.fields["revoke"].label_from_instance = word_role  # type: ignore[attr-defined]


class OthersPasswordForm(AdminPasswordChangeForm):
    """As with a new person: no choice of an account without a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for name in ("password1", "password2"):
            self.fields[name].required = True


class NewPersonForm(AdminUserCreationForm):
    # Nobody signs in here by another way: without a password one just cannot sign in.
    usable_password = None

    class Meta:
        model = User
        fields = ["username", "last_name", "first_name", "patronymic", "position", "agency"]
