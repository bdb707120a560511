"""Figures on labelled pairs: python -m quality.evaluate FILE [--json].

A line: {"label": good | borderline | brush_off, "case_text", "reply_text", …}, with an optional
"hard_kind". The rules are fixed, so nothing is fitted to the file; `--cross-validate` shows what
weights fitted on four fifths of the cases do on the last fifth.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quality.batch import situation_of
from quality.engine import RULES_VERSION, assess
from quality.evidence import read
from quality.score import features
from quality.types import Assessment, Severity, Situation

LABELS = ("good", "borderline", "brush_off")


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled pair with its assessment."""

    label: str
    hard_kind: str
    situation: Situation
    found: Assessment


def load(path: Path) -> list[Judged]:
    """Assess every line of the file."""
    judged = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                situation = situation_of(row)
                judged.append(
                    Judged(
                        row["label"], str(row.get("hard_kind", "")), situation, assess(situation)
                    )
                )
    return judged


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive ranks above a negative, ties count half; nan when a side is empty."""
    if not positive or not negative:
        return math.nan
    wins = sum((a > b) + 0.5 * (a == b) for a in positive for b in negative)
    return wins / (len(positive) * len(negative))


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if total == 0:
        return (0.0, 1.0)
    z = 1.96
    share = hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    return (max(0.0, middle - half), min(1.0, middle + half))


def calibration_error(judged: Sequence[Judged], prevalence: float = 0.2, bins: int = 8) -> float:
    """Expected calibration error of risk against brush_off, re-weighted to the prevalence."""
    brush = sum(j.label == "brush_off" for j in judged)
    if not brush or brush == len(judged):
        return math.nan
    weights = {True: prevalence / brush, False: (1 - prevalence) / (len(judged) - brush)}
    total = 0.0
    for k in range(bins):
        low, high = k / bins, (k + 1) / bins
        inside = [
            j for j in judged if low <= j.found.risk < high or (k == bins - 1 and j.found.risk == 1)
        ]
        mass = sum(weights[j.label == "brush_off"] for j in inside)
        if mass:
            risk = sum(weights[j.label == "brush_off"] * j.found.risk for j in inside)
            truth = sum(weights[True] for j in inside if j.label == "brush_off")
            total += abs(risk - truth)
    return total


def cross_validated(judged: Sequence[Judged], folds: int = 5) -> float:
    """AUC (brush_off against the rest) of non-negative weights fitted on the other folds.

    Pairs of one message stay in one fold.
    """
    rows, labels, groups = [], [], []
    order: dict[str, int] = {}
    for j in judged:
        s = j.situation
        f = features(read(s.reply, s.message, s.topic, s.place))
        rows.append([f.action, f.answer, f.substance, f.term, f.numbers, f.contact])
        labels.append(float(j.label == "brush_off"))
        groups.append(order.setdefault(s.message, len(order)) % folds)
    x, y, fold = np.array(rows), np.array(labels), np.array(groups)
    scores = np.zeros(len(y))
    for k in range(folds):
        train = fold != k
        weights, base = np.zeros(x.shape[1]), 0.0
        for _ in range(2000):
            p = 1 / (1 + np.exp(-(base - x[train] @ weights)))
            error = p - y[train]
            base -= 0.5 * float(error.mean())
            weights += 0.5 * ((error[:, None] * x[train]).mean(axis=0) - 0.002 * weights)
            weights = np.maximum(weights, 0.0)
        scores[fold == k] = base - x[fold == k] @ weights
    return auc(list(scores[y == 1]), list(scores[y == 0]))


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """All figures of a set."""
    risks = {name: [j.found.risk for j in judged if j.label == name] for name in LABELS}
    flagged = {name: sum(j.found.flagged for j in judged if j.label == name) for name in LABELS}
    caught = flagged["brush_off"]
    wrong = flagged["good"]
    checks: dict[str, dict[str, int]] = {}
    for j in judged:
        for finding in j.found.findings:
            if finding.severity is not Severity.PRAISE:
                row = checks.setdefault(finding.code, dict.fromkeys(LABELS, 0))
                row[j.label] += 1
    kinds: dict[str, list[int]] = {}
    for j in judged:
        if j.hard_kind and j.label != "borderline":
            right = j.found.flagged == (j.label == "brush_off")
            entry = kinds.setdefault(j.hard_kind, [0, 0])
            entry[0] += right
            entry[1] += 1
    return {
        "rules": RULES_VERSION,
        "pairs": {name: len(risks[name]) for name in LABELS},
        "auc_brush_good": round(auc(risks["brush_off"], risks["good"]), 4),
        "auc_brush_rest": round(auc(risks["brush_off"], risks["good"] + risks["borderline"]), 4),
        "recall": round(caught / max(1, len(risks["brush_off"])), 4),
        "recall_95": [round(v, 3) for v in wilson(caught, len(risks["brush_off"]))],
        "precision_against_good": round(caught / max(1, caught + wrong), 4),
        "precision_95": [round(v, 3) for v in wilson(caught, caught + wrong)],
        "flagged": flagged,
        "bands": {
            name: {
                "below_40": sum(r > 0.6 for r in risks[name]),
                "40_59": sum(0.4 < r <= 0.6 for r in risks[name]),
                "from_60": sum(r <= 0.4 for r in risks[name]),
            }
            for name in LABELS
        },
        "calibration_error": round(calibration_error(judged), 4),
        "checks": dict(sorted(checks.items())),
        "hard_kinds": dict(sorted(kinds.items())),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of a file."""
    parser = argparse.ArgumentParser(prog="quality.evaluate")
    parser.add_argument("file", type=Path)
    parser.add_argument("--cross-validate", action="store_true")
    options = parser.parse_args(arguments)
    judged = load(options.file)
    figures = report(judged)
    if options.cross_validate:
        figures["auc_cross_validated_fitted"] = round(cross_validated(judged), 4)
    json.dump(figures, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
