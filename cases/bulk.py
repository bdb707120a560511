"""Many cases in one transaction: what an import, the demo and the bench write through.

COPY and one INSERT … SELECT for the search vector: 2,000 cases a second and more, where one
ORM insert a row gives a few hundred. Ids are taken from the sequences beforehand, so that
messages, events and replies can be written without asking what the cases' ids became.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, connections, models
from django.db.models.base import ModelState

from cases.masking import mask_text
from cases.models import Case
from cases.models_news import TransactionId
from database.inserts import AS_THEY_ARE

_SEARCH = """
    setweight(to_tsvector('simple', s.number), 'A')
    || setweight(to_tsvector('pg_catalog.russian',
                             translate(s.title || ' ' || s.place, 'Ёё', 'Ее')), 'A')
    || to_tsvector('pg_catalog.russian', left(translate(s.full_text, 'Ёё', 'Ее'), 100000))
"""


_Row = TypeVar("_Row", bound=models.Model)


class Encoded(str):
    """The text of a JSON value: `copy_in` writes it as it is."""

    __slots__ = ()


_to_json = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=DjangoJSONEncoder().default
).encode


def encode(value: Any) -> Encoded:
    return Encoded(_to_json(value))


_EMPTY = {text: Encoded(text) for text in ("{}", "[]")}


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


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """(plain default of every column, what makes the default of the others)."""
    plain: dict[str, Any] = {}
    made: dict[str, Callable[[], Any]] = {}
    for field in model._meta.concrete_fields:
        if field.generated or field.has_db_default():
            continue
        if callable(field.default) and field.has_default():
            made[field.attname] = field.default
        else:
            plain[field.attname] = field.get_default()
    return plain, made


def fresh(model: type[_Row], **values: Any) -> _Row:
    """An unsaved row for `copy_in`, `values` by column (`agency_id`, not `agency`).

    Django's own constructor goes through every field with its descriptors and signals, ten times
    as long: half of what an import's row took.
    """
    plain, made = _defaults(model)
    row = model.__new__(model)
    there = plain.copy()
    for name, make in made.items():
        if name not in values:
            there[name] = make()
    there.update(values)
    there["_state"] = ModelState()
    row.__dict__ = there
    return row


class _Columns(NamedTuple):
    """How a row's values are taken: `fetch` all of them at once, then those psycopg needs in
    another form, by their place."""

    fetch: Callable[[dict[str, Any]], tuple[Any, ...]]
    json: tuple[int, ...]
    prepared: tuple[tuple[int, Callable[[Any, Any], Any]], ...]

    @classmethod
    def of(cls, fields: Sequence[Any]) -> "_Columns":
        names = [field.attname for field in fields]
        one = itemgetter(names[0])
        return cls(
            itemgetter(*names) if len(names) > 1 else lambda there: (one(there),),
            tuple(at for at, field in enumerate(fields) if isinstance(field, models.JSONField)),
            tuple(
                (at, field.get_db_prep_save)
                for at, field in enumerate(fields)
                if not isinstance(field, _AS_THEY_ARE)
            ),
        )


@cache
def _columns(model: type[models.Model], without: tuple[str, ...]) -> tuple[str, _Columns]:
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.generated
        and field.attname not in without
        and not isinstance(field, TransactionId)  # the database says it itself
    ]
    return ", ".join(f'"{field.column}"' for field in fields), _Columns.of(fields)


_AS_THEY_ARE = (*AS_THEY_ARE, models.JSONField)


def _values(row: models.Model, columns: _Columns) -> list[Any]:
    """The row's values for COPY; a preparing call for each value was half of the time."""
    found = list(columns.fetch(row.__dict__))
    for at in columns.json:
        value = found[at]
        if type(value) is not Encoded and value is not None:
            found[at] = encode(value) if value else _EMPTY.get(repr(value)) or encode(value)
    for at, prepare in columns.prepared:
        found[at] = prepare(found[at], connections["default"])
    return found


def copy_in(model: type[_Row], rows: Sequence[_Row], *, with_ids: bool = True) -> None:
    """Write rows whose every column is set (database defaults too).

    `with_ids` False: the database numbers them, and nobody learns how.
    """
    if not rows:
        return
    names, columns = _columns(model, () if with_ids else ("id",))
    # COPY goes past Django's cursor: its errors must become Django's all the same.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f'copy "{model._meta.db_table}" ({names}) from stdin') as copy,
    ):
        for row in rows:
            copy.write_row(_values(row, columns))


def _author_of(case: Case) -> str:
    """The name hidden in texts, where the author is loaded (the bench has none)."""
    citizen = case._state.fields_cache.get("citizen")
    return citizen.hidden_name if citizen is not None else ""


def copy_cases(
    cases: Sequence[Case],
    texts: Sequence[str],
    *,
    masked: bool = False,
) -> None:
    """Write cases with the search vector of their texts (aligned with `cases`).

    Phones, links and the author's name stay out of the vector, as in `refresh_search`; `masked`:
    the texts have lost them already.
    """
    if not cases:
        return
    names, columns = _columns(Case, ("search",))
    with connection.cursor() as cursor:
        # Dropped, not emptied, at the end: to cut its file back the commit waited for the disk, a
        # twentieth to a tenth of an import. The price: some fifty rows of the catalogue a chunk.
        cursor.execute(
            f"create temp table if not exists incoming_case on commit drop as"
            f" select {names}, ''::text as full_text from cases_case limit 0"
        )
        with (
            connection.wrap_database_errors,
            cursor.copy(f"copy incoming_case ({names}, full_text) from stdin") as copy,
        ):
            for case, text in zip(cases, texts, strict=True):
                words = text if masked else mask_text(text, _author_of(case))
                copy.write_row([*_values(case, columns), words.replace("\x00", "")])
        cursor.execute(
            f"insert into cases_case ({names}, search) select {names}, {_SEARCH}"
            f" from incoming_case s"
        )
        cursor.execute("delete from incoming_case")


def update_in(model: type[_Row], rows: Sequence[_Row], names: Sequence[str]) -> None:
    """Write these columns of saved rows in one statement; no signals, no `auto_now`."""
    if not rows or not names:
        return
    fields = [model._meta.get_field(name) for name in names]
    casts, sets, values = ["%s::bigint[]"], [], [[row.pk for row in rows]]
    for field in fields:
        is_json = isinstance(field, models.JSONField)
        kind = "text" if is_json else (field.db_type(connection) or "").partition("(")[0]
        casts.append(f"%s::{kind}[]")
        sets.append(f'"{field.column}" = v."{field.column}"' + ("::jsonb" if is_json else ""))
        column = _Columns.of([field])
        values.append([_values(row, column)[0] for row in rows])
    table = model._meta.db_table
    named = ", ".join(["id", *(f'"{field.column}"' for field in fields)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'update "{table}" set {", ".join(sets)}'
            f' from unnest({", ".join(casts)}) as v({named}) where "{table}".id = v.id',
            values,
        )
