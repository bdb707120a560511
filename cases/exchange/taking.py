"""A table taken row by row: what is new, changed, unchanged or wrong, and why.

Looking and taking are the same code: looking makes every change in a transaction and undoes it,
so that what it says is what will happen, database constraints included.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from agencies.access import granted_agency_ids
from agencies.changes import acting
from agencies.models import User
from agencies.roles import Right
from cases.errors import BadChange
from cases.exchange.columns import Column, Known, Several, Unknown
from cases.exchange.sheets import Rows
from cases.exchange.tables import Table

NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


@dataclass(slots=True)
class Line:
    """A row of the file. `changes`: (column, was, becomes); `problems`: (column, reason)."""

    number: int
    name: str
    state: str = SAME
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    lines: list[Line]
    counts: dict[str, int]
    digest: str

    @property
    def right(self) -> bool:
        return not self.counts[WRONG]


def exported(table: Table) -> Rows:
    """The register as a table: the header and a row a row, in a fixed order."""
    rows = table.rows()
    _load_beside(table, rows)
    head = [str(column.title) for column in table.columns]
    return [head, *([column.write(row) for column in table.columns] for row in rows)]


def _load_beside(table: Table, rows: list[Any]) -> None:
    """Roles and curators of all rows in one query each."""
    if table.code == "people":
        models.prefetch_related_objects(
            rows,
            models.Prefetch(
                "agencyuserpermission_set",
                to_attr="role_rows",
                queryset=_roles_queryset(),
            ),
        )
    elif table.code == "agencies":
        models.prefetch_related_objects(rows, "curators")


def _roles_queryset() -> Any:
    from agencies.models import AgencyUserPermission  # noqa: PLC0415

    return AgencyUserPermission.objects.select_related("permission", "content_object")


def columns_of(table: Table, head: Sequence[str]) -> list[Column | None]:
    """Which column stands where; None: unknown, left out of account.

    BadChange `columns_missing` without the key, `columns_twice` where one stands twice.
    """
    named: dict[str, Column] = {}
    for column in table.columns:
        named[str(column.title).lower()] = named[column.name.lower()] = column
    found = [named.get(cell.strip().lower()) for cell in head]
    known = [column.name for column in found if column is not None]
    if len(set(known)) != len(known):
        raise BadChange("columns_twice", field="file")
    needed = {name for name in table.key if name != "id"}
    if not known or not needed <= set(known):
        raise BadChange("columns_missing", field="file")
    return found


def unknown_columns(table: Table, head: Sequence[str]) -> list[str]:
    return [
        cell
        for cell, column in zip(head, columns_of(table, head), strict=False)
        if column is None and cell
    ]


def told(result: Result) -> list[Line]:
    """The rows there is something to say of: wrong ones first, then new and changed."""
    order = {WRONG: 0, NEW: 1, CHANGED: 2}
    lines = [line for line in result.lines if line.state in order]
    return sorted(lines, key=lambda line: (order[line.state], line.number))


def look(table: Table, rows: Rows, *, actor: User) -> Result:
    """What taking the table would do; nothing is changed."""
    return _run(table, rows, actor=actor, reason="", keep=False)


def take(table: Table, rows: Rows, *, actor: User, reason: str, digest: str) -> Result | None:
    """Take the whole table in one transaction; None where it would not do what was looked at."""
    result = _run(table, rows, actor=actor, reason=reason, keep=True, digest=digest)
    return result if result.digest == digest and result.right else None


def _run(
    table: Table, rows: Rows, *, actor: User, reason: str, keep: bool, digest: str = ""
) -> Result:
    if granted_agency_ids(actor, Right.MANAGE_AGENCIES) is not None:
        raise PermissionError("only the region's administrator exchanges registers")
    columns = columns_of(table, rows[0])
    with transaction.atomic():
        acting(actor, reason)
        work = _Work(table, columns, actor)
        lines = work.through(rows[1:])
        counts = dict.fromkeys((NEW, CHANGED, SAME, WRONG), 0)
        for line in lines:
            counts[line.state] += 1
        result = Result(lines, counts, _digest(lines))
        if not keep or not result.right or result.digest != digest:
            transaction.set_rollback(True)
    return result


def _digest(lines: Sequence[Line]) -> str:
    told = json.dumps([asdict(line) for line in lines], ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


class _Work:
    def __init__(self, table: Table, columns: list[Column | None], actor: User) -> None:
        self.table, self.columns, self.actor = table, columns, actor
        self.known = Known()
        rows = table.rows()
        _load_beside(table, rows)
        by_name = {column.name: column for column in table.columns}
        self.there = {tuple(by_name[name].write(row) for name in table.key): row for row in rows}
        self.by_name = by_name
        self.seen: dict[tuple[str, ...], int] = {}

    def through(self, rows: Rows) -> list[Line]:
        """Rows that name others further down wait until those are there."""
        lines: dict[int, Line] = {}
        waiting = list(enumerate(rows, start=2))
        while waiting:
            put_off = []
            for number, row in waiting:
                cells = self._cells(row)
                line = Line(number, self._name(cells))
                try:
                    self._one(line, cells)
                except Unknown as error:
                    put_off.append((number, row))
                    line.state = WRONG
                    line.changes = []
                    line.problems = [(self._where(cells, str(error)), _unknown(str(error)))]
                lines[number] = line
            if len(put_off) == len(waiting):
                break
            for number, _row in put_off:
                self.seen = {key: at for key, at in self.seen.items() if at != number}
            waiting = put_off
        return [lines[number] for number in sorted(lines)]

    def _cells(self, row: Sequence[str]) -> dict[str, str]:
        pairs = zip(self.columns, [*row, *[""] * len(self.columns)], strict=False)
        return {column.name: column.same(cell) for column, cell in pairs if column is not None}

    def _name(self, cells: Mapping[str, str]) -> str:
        for name in ("name", "last_name", "title", "code", "username", "day", "note", "agency"):
            if cells.get(name):
                return cells[name]
        return ""

    def _where(self, cells: Mapping[str, str], code: str) -> str:
        for name, cell in cells.items():
            if cell == code or (code in cell and isinstance(self.by_name[name], Several)):
                return str(self.by_name[name].title)
        return ""

    def _one(self, line: Line, cells: dict[str, str]) -> None:
        key = self.table.key_of(cells)
        if any(key) and self.table.key != ("id",) or key != ("",):
            first = self.seen.setdefault(key, line.number)
            if first != line.number:
                self._wrong(
                    line, self.table.key[0], _("The same as in row %(row)s.") % {"row": first}
                )
                return
        row = self.there.get(key)
        if row is None and self.table.key == ("id",) and key != ("",):
            self._wrong(line, "id", _("There is no such row."))
            return
        try:
            with transaction.atomic():
                self._put(line, row, cells)
        except ValidationError as error:
            self._refused(line, error)
        except DatabaseError:
            self._wrong(line, "", _("The database does not allow it."))

    def _put(self, line: Line, row: Any, cells: dict[str, str]) -> None:
        new = row is None
        row = self.table.model() if row is None else row
        is_now = {} if new else {name: self.by_name[name].write(row) for name in cells}
        differs = {
            name: (is_now.get(name, ""), cell)
            for name, cell in cells.items()
            if name != "id" and is_now.get(name, "") != cell
        }
        if new:
            self._need(cells)
        if not differs:
            return
        line.state = NEW if new else CHANGED
        line.changes = [
            (str(self.by_name[name].title), was, becomes)
            for name, (was, becomes) in differs.items()
        ]
        fields_before = {name: getattr(row, name, None) for name in differs} if not new else {}
        try:
            self._save(row, new, cells, differs)
        except BaseException:
            for name, value in fields_before.items():
                if not isinstance(self.by_name[name], Several):
                    setattr(row, name, value)
            raise

    def _save(self, row: Any, new: bool, cells: dict[str, str], differs: Mapping[str, Any]) -> None:
        problems: dict[str, Any] = {}
        for name in differs:
            try:
                self.by_name[name].put(row, cells[name], self.known)
            except ValidationError as error:
                problems[name] = error.messages
        if problems:
            raise ValidationError(problems)
        if hasattr(row, "short_name") and new and not row.short_name:
            row.short_name = row.name[:80]
        self.table.before(row, new, frozenset(differs))
        row.full_clean(exclude=list(self.table.left_out))
        row.save()
        self.table.after(row, cells, self.known, self.actor)
        key = "username" if hasattr(row, "username") else "code"
        if hasattr(row, key):
            self.known.add(row, key)
        if new and self.table.key != ("id",):
            self.there[self.table.key_of(cells)] = row

    def _need(self, cells: Mapping[str, str]) -> None:
        missing = {
            column.name: [_("Needed for a new row.")]
            for column in self.table.columns
            if column.needed and not cells.get(column.name)
        }
        if missing:
            raise ValidationError(missing)

    def _wrong(self, line: Line, name: str, reason: str) -> None:
        title = str(self.by_name[name].title) if name in self.by_name else ""
        line.state, line.changes = WRONG, []
        line.problems.append((title, reason))

    def _refused(self, line: Line, error: ValidationError) -> None:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, reasons in found.items():
            for reason in reasons:
                self._wrong(line, name, str(reason))


def _unknown(code: str) -> str:
    return _("There is no “%(code)s”, neither here nor in the file.") % {"code": code}
