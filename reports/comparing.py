"""Two frozen reports side by side: the same rows, what each figure was and by how much it moved."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from reports import wording
from reports.showing import Cell, Group, Reading, Shown


@dataclass(frozen=True, slots=True)
class Compared:
    shown: Shown
    rows: list[list[Cell]]
    gone: int  # rows of the other one that this one has not

    @property
    def groups(self) -> list[Group]:
        return self.shown.grouped(self.rows[: self.shown.table.first])


def compare(now: Reading, other: Reading) -> list[Compared]:
    """Tables both have, with columns both have; a cell says what it was in the other one."""
    others = {shown.code: shown for shown in other.tables()}
    found = []
    for shown in now.tables():
        before = others.get(shown.code)
        if before is None or before.codes != shown.codes:
            continue
        was = dict(zip(before.keys, before.rows, strict=True))
        rows = [
            [
                _beside(cell, was.get(key, [None] * len(row))[at]) if column.is_number else cell
                for at, (cell, column) in enumerate(zip(row, shown.columns, strict=True))
            ]
            for key, row in zip(shown.keys, shown.rows, strict=True)
        ]
        found.append(Compared(shown, rows, len(was.keys() - set(shown.keys))))
    return found


def _beside(cell: Cell, was: Cell | None) -> Cell:
    if was is None:
        return replace(cell, url="", sub=_("was not there"))
    sub = _("was %(value)s") % {"value": was.text}
    if cell.number is not None and was.number is not None and cell.text != was.text:
        change = cell.number - was.number
        sign = "+" if change > 0 else "\N{MINUS SIGN}"
        if cell.counts is not None:
            points = wording.number(abs(100 * change), 1)
            sub += ", " + _("%(change)s points") % {"change": sign + points}
        elif cell.text.replace("\N{NO-BREAK SPACE}", "").replace(",", "").isdigit():
            sub += f", {sign}{wording.number(abs(change), 0 if isinstance(change, int) else 1)}"
    return replace(cell, url="", sub=sub)
