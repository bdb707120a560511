"""What a frozen report holds: tables of whole numbers and keys, as canonical JSON with its hash.

No names, texts or handles are in it, and no fraction: a share is kept as its two counts, a time
in whole minutes. So the same rows give the same bytes, and forgetting a citizen changes nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures import Figure
from reports.metrics import METRICS, Unit

Cell = Any  # int, str code, ISO day, None, or a list of ints
Row = list[Cell]

# Steps of a value of each unit: a share in hundredths of a percent, points in tenths.
SCALES = {Unit.SHARE: 10_000, Unit.POINTS: 10, Unit.TIMES: 100}


def scaled(figure: Figure) -> Row:
    """[value, numerator, denominator, may be compared] of a figure, whole numbers all."""
    value = figure.value
    if value is not None:
        value = round(value * SCALES.get(METRICS[figure.code].unit, 1))
    return [value, figure.numerator, figure.denominator, int(figure.enough)]


def unscaled(code: str, cell: Sequence[Any]) -> float | None:
    """The value of such a cell; a share from its counts, without the rounding."""
    value, over, under = cell[0], cell[1], cell[2]
    if value is None:
        return None
    metric = METRICS.get(code)
    if metric is not None and metric.unit is Unit.SHARE and under:
        return float(over / under)
    return float(value / SCALES.get(metric.unit, 1)) if metric is not None else float(value)


@dataclass(frozen=True, slots=True)
class Content:
    """`tables`: code -> columns and rows, in the order of the report."""

    data: dict[str, Any]

    @property
    def text(self) -> str:
        return canonical(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def canonical(data: Any) -> str:
    """One spelling of a value: sorted keys, no blanks, no fractions."""
    _refuse_fractions(data)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a fraction in a snapshot: {value}")
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for one in value:
            _refuse_fractions(one)


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Where two contents differ: a table's code with how many of its rows, or a heading's name."""
    found = [
        name
        for name in sorted(old.keys() | new.keys())
        if name != "tables" and old.get(name) != new.get(name)
    ]
    tables = old["tables"].keys() | new["tables"].keys()
    empty: dict[str, Any] = {"columns": [], "rows": []}
    for code in sorted(tables):
        before = old["tables"].get(code, empty)
        after = new["tables"].get(code, empty)
        if before == after:
            continue
        rows = {canonical(row) for row in before["rows"]} ^ {
            canonical(row) for row in after["rows"]
        }
        found.append(f"{code}: {len(rows)}")
    return found
