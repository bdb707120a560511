"""Columns of a table of reference data: how a value is written as text and read back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from agencies.admin_forms import HoursField

YES, NO = "да", "нет"
_YES = {YES, "yes", "true", "1", "+"}
_NO = {NO, "no", "false", "0", "-"}


class Unknown(Exception):
    """The cell names a row that is not there (yet): it may stand further down in the file."""


@dataclass(slots=True)
class Known:
    """Rows other rows point to, by their codes; read once, grown as rows are made."""

    tables: dict[type[models.Model], dict[str, Any]] = field(default_factory=dict)

    def find(self, model: type[models.Model], key: str, code: str) -> Any:
        return self.table(model, key).get(code)

    def table(self, model: type[models.Model], key: str) -> dict[str, Any]:
        if model not in self.tables:
            rows = model._default_manager.all()
            self.tables[model] = {str(getattr(row, key)): row for row in rows}
        return self.tables[model]

    def add(self, row: models.Model, key: str) -> None:
        self.table(type(row), key)[str(getattr(row, key))] = row


@dataclass(frozen=True, slots=True)
class Column:
    """`title` heads it; `name` is the field, and is accepted as a heading too."""

    name: str
    title: str
    needed: bool = False  # of a new row

    def write(self, row: Any) -> str:
        value = getattr(row, self.name)
        return "" if value is None else str(value)

    def read(self, cell: str, known: Known) -> Any:
        return cell

    def same(self, cell: str) -> str:
        """The cell as `write` would write it, so that equal values are equal texts."""
        return cell

    def put(self, row: Any, cell: str, known: Known) -> None:
        setattr(row, self.name, self.read(cell, known))


class Yes(Column):
    def write(self, row: Any) -> str:
        return YES if getattr(row, self.name) else NO

    def read(self, cell: str, known: Known) -> bool:
        if cell.lower() in _YES:
            return True
        if cell.lower() in _NO:
            return False
        raise ValidationError(_("Write yes or no, not “%(cell)s”."), params={"cell": cell})

    def same(self, cell: str) -> str:
        return YES if cell.lower() in _YES else NO if cell.lower() in _NO else cell


class Zone(Column):
    def read(self, cell: str, known: Known) -> str:
        if cell not in available_timezones():
            raise ValidationError(_("Unknown time zone: %(zone)s"), params={"zone": cell})
        return cell


class Number(Column):
    def read(self, cell: str, known: Known) -> int | None:
        if not cell:
            return None
        if not (cell.isascii() and cell.isdecimal() and len(cell) < 10):
            raise ValidationError(_("Not a whole number: “%(cell)s”."), params={"cell": cell})
        return int(cell)


class Day(Column):
    def write(self, row: Any) -> str:
        value = getattr(row, self.name)
        return value.isoformat() if value else ""

    def read(self, cell: str, known: Known) -> date | None:
        return _day(cell) if cell else None

    def same(self, cell: str) -> str:
        try:
            return _day(cell).isoformat() if cell else ""
        except ValidationError:
            return cell


def _day(cell: str) -> date:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise ValidationError(_("Not a day: “%(cell)s”; write 31.12.2026."), params={"cell": cell})


@dataclass(frozen=True, slots=True)
class Choice(Column):
    choices: Mapping[str, Any] = field(default_factory=dict)

    def read(self, cell: str, known: Known) -> str:
        found = self.same(cell)
        if found not in self.choices:
            raise ValidationError(
                _("Unknown: “%(cell)s”. Possible: %(known)s."),
                params={"cell": cell, "known": ", ".join(self.choices)},
            )
        return found

    def same(self, cell: str) -> str:
        """By its code, or by its name on screens."""
        named = {str(title).lower(): code for code, title in self.choices.items()}
        return named.get(cell.lower(), cell)


@dataclass(frozen=True, slots=True)
class Link(Column):
    """Another row by its code."""

    model: type[models.Model] = models.Model
    key: str = "code"

    def write(self, row: Any) -> str:
        related = getattr(row, self.name)
        return "" if related is None else str(getattr(related, self.key))

    def read(self, cell: str, known: Known) -> Any:
        if not cell:
            return None
        found = known.find(self.model, self.key, cell)
        if found is None:
            raise Unknown(cell)
        return found


class Hours(Column):
    """A day of a week or a special day: «09:00-13:00, 14:00-18:00»."""

    def write(self, row: Any) -> str:
        return ", ".join(f"{start}-{end}" for start, end in getattr(row, self.name) or [])

    def read(self, cell: str, known: Known) -> Any:
        return HoursField().clean(cell) or None


@dataclass(frozen=True, slots=True)
class Weekday(Column):
    at: int = 0

    def write(self, row: Any) -> str:
        week = row.week or [[]] * 7
        return ", ".join(f"{start}-{end}" for start, end in week[self.at])

    def put(self, row: Any, cell: str, known: Known) -> None:
        week = list(row.week or [[] for _day in range(7)])
        week[self.at] = HoursField().clean(cell)
        row.week = week


@dataclass(frozen=True, slots=True)
class Several(Column):
    """Values beside the row (roles, curators): written and put by functions."""

    shown: Callable[[Any], list[str]] = lambda _row: []

    def write(self, row: Any) -> str:
        return ", ".join(sorted(self.shown(row))) if row.pk else ""

    def same(self, cell: str) -> str:
        return ", ".join(sorted({part.strip() for part in cell.split(",") if part.strip()}))

    def put(self, row: Any, cell: str, known: Known) -> None:
        """After the row is saved (`tables.Table.after`)."""
