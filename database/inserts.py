"""Rows of models written by hand-made statements: one statement for a reply and all it brings."""

from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


class Insert(Generic[M]):
    """`insert into …` of one model as a part of a larger statement.

    `made`: columns given by an expression of that statement instead of the instance; the key
    and `left` (columns with a database default) are the database's business.
    """

    def __init__(
        self, model: type[M], *, left: tuple[str, ...] = (), made: dict[str, str] | None = None
    ) -> None:
        expressions = made or {}
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated
            and field.attname not in left
            and (not field.primary_key or field.attname in expressions)
        ]
        self._given = [field for field in fields if field.attname not in expressions]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        values = ", ".join(expressions.get(field.attname, "%s") for field in fields)
        self.into = f'insert into "{model._meta.db_table}" ({columns})'
        self.select = f"select {values}"
        self.sql = f"{self.into} {self.select}"

    def values(self, row: M) -> list[Any]:
        """Of the columns the instance gives, in the order of the statement."""
        return [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for field in self._given
        ]
