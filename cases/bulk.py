"""Many cases in one transaction: what an import, the demo and the bench write through.

COPY and one INSERT … SELECT for the search vector: 2,000 cases a second and more, where one
ORM insert a row gives a few hundred. Ids are taken from the sequences beforehand, so that
messages, events and replies can be written without asking what the cases' ids became.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, connections, models

from cases.masking import mask_text
from cases.models import Case

_SEARCH = """
    setweight(to_tsvector('simple', s.number), 'A')
    || setweight(to_tsvector('pg_catalog.russian',
                             translate(s.title || ' ' || s.place, 'Ёё', 'Ее')), 'A')
    || to_tsvector('pg_catalog.russian', left(translate(s.full_text, 'Ёё', 'Ее'), 100000))
"""


def take_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` fresh primary keys of the model's sequence."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _fields(model: type[models.Model], without: Iterable[str] = ()) -> list[Any]:
    skip = set(without)
    return [
        field
        for field in model._meta.concrete_fields
        if not field.generated and field.attname not in skip
    ]


# psycopg writes these as they are; only the fields below give them another form.
_PLAIN = frozenset({int, str, float, bool, datetime, date, type(None)})


def _prepared(fields: list[Any]) -> list[tuple[Any, str, bool]]:
    """(field, attribute, whether even a plain value must be prepared)."""
    return [(field, field.attname, isinstance(field, models.JSONField)) for field in fields]


def _values(row: models.Model, fields: list[tuple[Any, str, bool]]) -> list[Any]:
    """The row's values for COPY; a preparing call for each value was half of the time."""
    database = connections["default"]
    found = []
    for field, name, always in fields:
        value = getattr(row, name)
        if always or type(value) not in _PLAIN:
            value = field.get_db_prep_save(value, database)
        found.append(value)
    return found


def copy_in(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Write rows whose every column is set (primary keys and database defaults too)."""
    if not rows:
        return
    fields = _fields(model)
    prepared = _prepared(fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'copy "{model._meta.db_table}" ({columns}) from stdin') as copy,
    ):
        for row in rows:
            copy.write_row(_values(row, prepared))


def _author_of(case: Case) -> str:
    """The name hidden in texts, where the author is loaded (the bench has none)."""
    citizen = case._state.fields_cache.get("citizen")
    return citizen.hidden_name if citizen is not None else ""


def copy_cases(cases: Sequence[Case], texts: Sequence[str]) -> None:
    """Write cases with the search vector of their texts (aligned with `cases`).

    Phones, links and the author's name stay out of the vector, as in `refresh_search`.
    """
    if not cases:
        return
    fields = _fields(Case, without=["search"])
    prepared = _prepared(fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"create temp table if not exists incoming_case on commit delete rows as"
            f" select {columns}, ''::text as full_text from cases_case limit 0"
        )
        with cursor.copy(f"copy incoming_case ({columns}, full_text) from stdin") as copy:
            for case, text in zip(cases, texts, strict=True):
                words = mask_text(text, _author_of(case)).replace("\x00", "")
                copy.write_row([*_values(case, prepared), words])
        cursor.execute(
            f"insert into cases_case ({columns}, search) select {columns}, {_SEARCH}"
            f" from incoming_case s"
        )
        cursor.execute("delete from incoming_case")
