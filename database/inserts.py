"""Rows of models written by hand-made statements: one statement for a reply and all it brings."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import AutoField, Model

M = TypeVar("M", bound=Model)

# psycopg writes the values of these fields as they are.
AS_THEY_ARE = (
    *(models.IntegerField, models.ForeignKey, models.CharField, models.TextField),
    *(models.DateTimeField, models.DateField, models.BooleanField, models.FloatField),
)


def _as_it_is(field: Any) -> bool:
    """Not the fields that give themselves a value when the row is saved."""
    return isinstance(field, AS_THEY_ARE) and not (
        getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    )


class Insert(Generic[M]):
    """`insert into …` of one model as a part of a larger statement.

    `made`: columns given by an expression of that statement instead of the instance, `%s` in it
    for values of its own. A key that counts itself is the database's business unless `key`.
    """

    def __init__(
        self, model: type[M], *, key: bool = False, made: dict[str, str] | None = None
    ) -> None:
        self._made = made or {}
        self._fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated and (key or not isinstance(field, AutoField))
        ]
        columns = ", ".join(f'"{field.column}"' for field in self._fields)
        values = ", ".join(self._made.get(field.attname, "%s") for field in self._fields)
        self.sql = f'insert into "{model._meta.db_table}" ({columns}) values ({values})'
        self._steps = [
            (field.attname, None if _as_it_is(field) else field, field.attname in self._made)
            for field in self._fields
        ]

    def values(self, row: M, **made: Sequence[Any]) -> list[Any]:
        """In the order of the statement: of the instance, and of the expressions of `made`."""
        found: list[Any] = []
        there = row.__dict__
        for name, field, is_made in self._steps:
            if is_made:
                found += made.get(name, ())
            elif field is None:
                found.append(there[name])
            else:
                value = field.pre_save(row, add=True)
                found.append(field.get_db_prep_save(value, connection))
        return found
