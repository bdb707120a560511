"""Model instances out of statements written by hand.

The ORM compiles a wide select anew each time, which costs several times its execution. The few
reads every page makes are written as SQL; what they return are the same model instances.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import DateField, DateTimeField, Model
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def planned(sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Rows of a read by key, planned once a connection (database.base)."""
    rows: list[tuple[Any, ...]] = connection.planned(sql, params)  # type: ignore[attr-defined]
    return rows


class Columns(Generic[M]):
    """Columns of one model in a statement, and the instance they make.

    `sql` goes into the select list; `take` reads as many values. `only`/`without` name columns;
    those left out are loaded when somebody asks for them, as after `.only()`.
    """

    def __init__(
        self,
        model: type[M],
        alias: str,
        *,
        only: Iterable[str] | None = None,
        without: Iterable[str] = (),
    ) -> None:
        left_out = frozenset(without)
        wanted = None if only is None else frozenset(only)
        fields = [
            field
            for field in model._meta.concrete_fields
            if field.attname not in left_out
            and (wanted is None or field.primary_key or field.attname in wanted)
        ]
        known = {field.attname for field in fields}
        if missing := (wanted or frozenset()) - known:
            raise ValueError(f"{model.__name__} has no {', '.join(sorted(missing))}")
        self.model = model
        self.names = tuple(field.attname for field in fields)
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.width = len(fields)
        self._key = next(at for at, field in enumerate(fields) if field.primary_key)
        self._moments = [
            (at, datetime if isinstance(field, DateTimeField) else date)
            for at, field in enumerate(fields)
            if isinstance(field, DateField)
        ]

    def take(self, row: Sequence[Any], at: int = 0) -> M | None:
        """The instance whose columns begin at `at`; None where an outer join found nothing.

        Made as unpickling makes one: without __init__, which walks over all fields of the model,
        and its signals, which no model here listens to.
        """
        if row[at + self._key] is None:
            return None
        return self._make(row[at : at + self.width])

    def take_json(self, row: Sequence[Any], at: int = 0) -> M | None:
        """The same from a row of `json_rows`, where moments and days are text."""
        if row[at + self._key] is None:
            return None
        values = list(row[at : at + self.width])
        for position, kind in self._moments:
            if values[position] is not None:
                values[position] = kind.fromisoformat(values[position])
        return self._make(values)

    def _make(self, values: Sequence[Any]) -> M:
        made = self.model.__new__(self.model)
        made.__dict__.update(zip(self.names, values, strict=True))
        made._state = state = ModelState()
        state.adding, state.db = False, "default"
        return made


def json_rows(source: str, *columns: Columns[Any]) -> str:
    """An expression for a select list: the rows of `from … where … order by …` as one value.

    So one statement brings what hangs on a case: lists of several tables, each in its order.
    """
    names = ", ".join(part.sql for part in columns)
    return f"to_json(array(select json_build_array({names}) {source}))"


def set_related(instance: Model, **related: Model | None) -> None:
    """Give an instance the rows its foreign keys point to, as select_related does."""
    instance._state.fields_cache.update(related)


def set_prefetched(instance: Model, **lists: list[Any]) -> None:
    """Give an instance the rows that point to it, as prefetch_related does."""
    kept = instance.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, rows in lists.items():
        found = getattr(instance, name).get_queryset()
        found._result_cache, found._prefetch_done = rows, True
        kept[name] = found
