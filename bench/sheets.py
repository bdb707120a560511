"""Rows as lines of COPY: a model's columns with their defaults, and the few that change.

Making model objects and letting the driver write them took two thirds of a load; here a row
is one join of strings.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connections, models
from psycopg.types.json import Jsonb

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})


def escaped(text: str) -> str:
    # Nearly every text is without any of them, and to see that is ten times cheaper.
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def written(value: Any) -> str:
    """A value as COPY takes it."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Jsonb):
        value = json.dumps(value.obj, ensure_ascii=False)
    return escaped(str(value))


class Sheet:
    """Rows of one table: `changing` are given with each row, the rest are the model's defaults.

    Columns with a database default that are not named are left to the database.
    """

    def __init__(
        self, model: type[models.Model], changing: str, *, without: Iterable[str] = ()
    ) -> None:
        self.table = model._meta.db_table
        names = changing.split()
        fields = {f.column: f for f in model._meta.concrete_fields if not f.generated}
        unknown = set(names) - set(fields)
        assert not unknown, (self.table, unknown)
        database = connections["default"]
        rest = {
            column: written(field.get_db_prep_save(field.get_default(), database))
            for column, field in fields.items()
            if column not in {*names, *without} and not field.has_db_default()
        }
        self.columns = [*names, *rest]
        self.tail = "".join(f"\t{text}" for text in rest.values()) + "\n"
        self.lines: list[str] = []

    def add(self, *values: str) -> None:
        """Values of the changing columns in their order, already as `written` gives them."""
        self.lines.append("\t".join(values))

    def copy(self, cursor: Any, *, table: str = "") -> None:
        """Send the rows and forget them."""
        if self.lines:
            names = ", ".join(f'"{column}"' for column in self.columns)
            with cursor.copy(f"copy {table or self.table} ({names}) from stdin") as copy:
                copy.write((self.tail.join(self.lines) + self.tail).encode())
        self.lines.clear()
