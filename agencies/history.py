"""Changes of reference data in words: which field, what it was, what it became."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from agencies.models import Agency, Change, User
from agencies.roles import Role

NONE = "—"
# A field of a joining table -> its title; its values are read by `_Words.link`.
_LINKS = ("roles", "curators")


@dataclass(frozen=True, slots=True)
class Told:
    """A field of a change in words."""

    title: str
    was: str
    became: str


@cache
def model_of(table: str) -> type[models.Model] | None:
    return next((m for m in apps.get_models() if m._meta.db_table == table), None)


def title_of(table: str) -> str:
    model = model_of(table)
    return str(model._meta.verbose_name) if model is not None else table


def changes_of(row: models.Model) -> models.QuerySet[Change]:
    """The history of one row, newest first."""
    return Change.objects.filter(table=row._meta.db_table, row_id=row.pk).order_by("-pk")


def tell(changes: Sequence[Change]) -> None:
    """Give each change `told` (its fields), `subject` (the row's name) and `actor` (who).

    One query for the names of each table that is spoken of.
    """
    words = _Words(changes)
    for change in changes:
        change.actor = words.name(User, change.actor_id)  # type: ignore[attr-defined]
        change.subject = words.subject(change)  # type: ignore[attr-defined]
        change.told = list(words.fields(change))  # type: ignore[attr-defined]


class _Words:
    def __init__(self, changes: Sequence[Change]) -> None:
        wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
        for change in changes:
            wanted[User].add(change.actor_id)
            model = model_of(change.table)
            if model is not None:
                wanted[model].add(change.row_id)
            for name, pair in change.fields.items():
                for value in pair:
                    for related, key in self._keys(model, name, value):
                        wanted[related].add(key)
        self._names = {
            related: {row.pk: _name(row) for row in _rows(related, keys)}
            for related, keys in wanted.items()
            if keys - {None}
        }

    @staticmethod
    def _keys(
        model: type[models.Model] | None, name: str, value: Any
    ) -> Iterable[tuple[type[models.Model], Any]]:
        if name in _LINKS and isinstance(value, dict):
            yield Agency, value.get("content_object_id")
            yield User, value.get("user_id")
            yield Permission, value.get("permission_id")
            return
        field = _field(model, name)
        if field is not None and field.remote_field is not None and value is not None:
            yield field.remote_field.model, value

    def name(self, model: type[models.Model], key: Any) -> str:
        if key is None:
            return ""
        return self._names.get(model, {}).get(key) or _("no. %(key)s, gone") % {"key": key}

    def subject(self, change: Change) -> str:
        model = model_of(change.table)
        known = self._names.get(model, {}) if model is not None else {}
        if change.row_id in known:
            return known[change.row_id]
        for column in ("name", "title", "username", "code", "day"):
            for value in change.fields.get(column, ()):
                if value:
                    return str(value)
        return _("no. %(key)s, gone") % {"key": change.row_id}

    def fields(self, change: Change) -> Iterable[Told]:
        model = model_of(change.table)
        order = [f.column for f in model._meta.concrete_fields] if model is not None else []
        places = {column: at for at, column in enumerate(order)}
        for name in sorted(change.fields, key=lambda n: (places.get(n, len(places)), n)):
            was, became = change.fields[name]
            empty = was in (None, "", False) and became in (None, "", False)
            if change.kind != Change.Kind.CHANGED and empty:
                continue
            yield Told(_title(model, name), *(self.value(model, name, v) for v in (was, became)))

    def value(self, model: type[models.Model] | None, name: str, value: Any) -> str:
        if name in _LINKS and isinstance(value, dict):
            return self._link(value)
        field = _field(model, name)
        if value is None or value == "":
            return NONE
        if field is not None and field.remote_field is not None:
            return self.name(field.remote_field.model, value)
        return _plain(field, value)

    def _link(self, value: dict[str, Any]) -> str:
        if "permission_id" not in value:
            return self.name(User, value.get("user_id"))
        code = self.name(Permission, value["permission_id"]).removeprefix("hold_")
        role = str(Role(code).label) if code in Role.values else code
        return f"{role}: {self.name(Agency, value.get('content_object_id'))}"


def _rows(model: type[models.Model], keys: set[Any]) -> Iterable[models.Model]:
    return model._base_manager.filter(pk__in=keys - {None})


def _name(row: models.Model) -> str:
    return row.codename if isinstance(row, Permission) else str(row)


def _field(model: type[models.Model] | None, column: str) -> Any:
    if model is None:
        return None
    return next((f for f in model._meta.concrete_fields if f.column == column), None)


def _title(model: type[models.Model] | None, name: str) -> str:
    if name == "roles":
        return _("roles held")
    if name == "curators":
        return _("curators")
    field = _field(model, name)
    return str(field.verbose_name) if field is not None else name


def _plain(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        moment = datetime.fromisoformat(value)
        return f"{localtime(moment):%d.%m.%Y %H:%M}"
    if isinstance(field, models.DateField):
        return date_format(field.to_python(value), "d.m.Y")
    if isinstance(value, list | dict):
        return _nested(value)
    return str(value)


def _nested(value: Any) -> str:
    """Hours of a week as people write them; anything else as short text."""
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(part, str) for part in value):
            return "-".join(value)
        parts = [_nested(part) or NONE for part in value]
        return ("; " if any(isinstance(part, list) and part and isinstance(part[0], list)
                            for part in value) else ", ").join(parts)  # fmt: skip
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_nested(part)}" for key, part in sorted(value.items()))
    return str(value)
