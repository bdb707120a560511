"""What can be wrong with a file or a row: codes and parameters, no sentences.

`portal/wording_intake.py` turns every code into a sentence; a test walks both lists.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["repaired", "quarantined", "rejected"]
REPAIRED: Action = "repaired"
QUARANTINED: Action = "quarantined"
REJECTED: Action = "rejected"

# Why a file is not read at all. `params` may hold: name of a format, sizes, limits.
NOT_A_TABLE = (
    "empty",  # no bytes, or only blanks
    "pdf",
    "image",
    "html",
    "json",
    "xml",
    "archive",  # zip, rar, 7z, gz that is no workbook
    "document",  # docx, odt, pptx, rtf
    "old_workbook",  # xls, xlsb, ods: {"format"}
    "password",  # an encrypted workbook
    "damaged",  # cut or broken xlsx
    "binary",
    "single_column",  # text, but nothing separates columns
    "no_rows",  # a header without a line below it
    "too_large",  # {"megabytes", "limit"}
    "too_many_columns",  # {"limit"}
    "too_many_rows",  # {"limit"}
    "no_header",  # columns could not be told: {"missing", "ambiguous"}
    "unreadable",  # the process that read it died: too much memory, a fault of the reader
)

# Why a batch of a good file failed on the way; kept beside NOT_A_TABLE in `ImportBatch.error`.
STOPPED_ON_THE_WAY = (
    "lost",  # its file is gone: it cannot go on
    "stopped",  # an error: what is loaded is kept, it can go on
)

# What each problem of a row does with the row. The table in `intake.rows` gives the reasons.
ROW_RULES: dict[str, Action] = {
    "missing_text": REJECTED,
    "broken_line": REJECTED,
    "too_long": QUARANTINED,
    "missing_date": QUARANTINED,
    "bad_date": QUARANTINED,
    "future_date": QUARANTINED,
    "ancient_date": QUARANTINED,
    "missing_source": QUARANTINED,
    "unknown_source": QUARANTINED,
    "missing_id": QUARANTINED,
    "bad_id": QUARANTINED,
    "rounded_id": QUARANTINED,
    "duplicate_id": QUARANTINED,
    "extra_cells": QUARANTINED,
    "derived_id": REPAIRED,
    "markup": REPAIRED,
    "formula": REPAIRED,
    "control_characters": REPAIRED,
    "broken_characters": REPAIRED,
    "cut": REPAIRED,
    "bad_moment": REPAIRED,
    "bad_duration": REPAIRED,
    "bad_number": REPAIRED,
    "bad_url": REPAIRED,
    "bad_flag": REPAIRED,
    "house_as_date": REPAIRED,
    "unknown_step": REPAIRED,
    "unknown_kind": REPAIRED,
    "unknown_regime": REPAIRED,
    "unknown_outcome": REPAIRED,
    "reply_too_early": REPAIRED,
    "coordinates_swapped": REPAIRED,
    "coordinates_out_of_range": REPAIRED,
    "coordinates_incomplete": REPAIRED,
}
_WEIGHT = {REPAIRED: 0, QUARANTINED: 1, REJECTED: 2}


class NotATable(Exception):
    """The file cannot be read as a table; `code` is one of NOT_A_TABLE."""

    def __init__(self, code: str, params: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = params or {}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in one row.

    `line` is the row's number as a spreadsheet shows it (the header counts); `column` is the
    header as in the file, empty when the whole row is meant.
    """

    line: int
    column: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def action(self) -> Action:
        return ROW_RULES[self.code]

    def to_json(self) -> dict[str, Any]:
        """As stored with a batch or a quarantined row; `from_json` reads it back."""
        return {
            "row": self.line,
            "column": self.column,
            "code": self.code,
            "params": self.params,
            "action": self.action,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Problem":
        return cls(value["row"], value["column"], value["code"], value.get("params", {}))


def gravest(problems: list[Problem]) -> Action | None:
    """The hardest action among them; None when there is nothing to say."""
    return max((p.action for p in problems), key=_WEIGHT.__getitem__, default=None)


def reported(problems: tuple[Problem, ...], action: Action) -> tuple[Problem, ...]:
    """Why a row was treated so: the problems that led to this action."""
    return tuple(problem for problem in problems if problem.action == action)
