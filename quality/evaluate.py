"""Figures of the engine on labelled pairs, each pair judged by weights that never saw its writer.

What is right, written before it was measured:

* a pair labelled brush_off: flagged; labelled good: not flagged (pairs of these hard kinds labelled
  otherwise are left out of the kind's row);
* half_answered: at least one question labelled unanswered is among those told as unanswered, and
  on balance it is no отписка: its risk is at most 0.5;
* plain_borderline: not in order, that is flagged, or above half of the flag's risk, or with one of
  Q12–Q16, Q30, Q33, Q34;
* questions of a message: every labelled question that is unanswered is told as unanswered, and none
  that is answered is (a question answered in part may be told either way). A labelled question is
  looked up in ours that overlaps it by half, else in the nearest one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quality.engine import RULES_VERSION, assess
from quality.fit import Pair, fit, load_pairs, swapped
from quality.later import np
from quality.model import PREVALENCE, Model
from quality.types import Assessment, Severity, Thresholds

LABELS = ("good", "borderline", "brush_off")
EMPTY_KINDS = (
    "warm_empty",
    "legal_empty",
    "numbers_decoy",
    "vague_promise",
    "interim_undated",
    "other_question",
)
FULL_KINDS = (
    "short_concrete",
    "officialese_concrete",
    "honest_refusal",
    "mass_info",
    "interim_dated",
)
_SUBSTANCE = frozenset({"Q12", "Q13", "Q14", "Q15", "Q16", "Q30", "Q33", "Q34"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled pair with its assessment and the risk above which it is flagged."""

    pair: Pair
    found: Assessment
    flag: float

    @property
    def label(self) -> str:
        return self.pair.label


def judge(
    pairs: Iterable[Pair],
    model_of: Callable[[Pair], Model],
    *,
    thresholds: Thresholds | None = None,
    without: frozenset[str] = frozenset(),
) -> list[Judged]:
    """Assess every pair with the model meant for it."""
    limits = thresholds or Thresholds()
    result = []
    for pair in pairs:
        model = model_of(pair)
        found = assess(pair.situation, thresholds=limits, model=model, without=without)
        result.append(Judged(pair, found, model.flag if limits.flag is None else limits.flag))
    return result


def models_left_out(pairs: Sequence[Pair]) -> dict[str, Model]:
    """For each hand a model fitted on the others."""
    hands = sorted({pair.hand for pair in pairs})
    if len(hands) < 2:
        raise ValueError("one hand only")
    others = swapped(pairs)
    return {
        hand: fit(
            [p for p in pairs if p.hand != hand], others=[p for p in others if p.hand != hand]
        )
        for hand in hands
    }


def cross_validated(pairs: Sequence[Pair], without: frozenset[str] = frozenset()) -> list[Judged]:
    """Every pair judged by the model that never saw its hand."""
    models = models_left_out(pairs)
    return judge(pairs, lambda pair: models[pair.hand], without=without)


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive ranks above a negative, ties count half; nan when a side is empty."""
    if not positive or not negative:
        return math.nan
    p, n = np.array(positive)[:, None], np.array(negative)[None, :]
    return float(((p > n) + 0.5 * (p == n)).mean())


def auc_interval(positive: Sequence[float], negative: Sequence[float]) -> tuple[float, float]:
    """95 % interval by DeLong's variance."""
    if len(positive) < 2 or len(negative) < 2:
        return (0.0, 1.0)
    p, n = np.array(positive)[:, None], np.array(negative)[None, :]
    wins = (p > n) + 0.5 * (p == n)
    own, other = wins.mean(axis=1), wins.mean(axis=0)
    spread = math.sqrt(own.var(ddof=1) / len(own) + other.var(ddof=1) / len(other))
    middle = float(wins.mean())
    return (max(0.0, middle - 1.96 * spread), min(1.0, middle + 1.96 * spread))


def wilson(hits: float, total: float) -> tuple[float, float]:
    """95 % interval of a share; of a weighted sample by its effective size."""
    if total == 0:
        return (0.0, 1.0)
    z = 1.96
    share = hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    return (max(0.0, middle - half), min(1.0, middle + half))


def calibration_error(
    risks: Sequence[float], empty: Sequence[bool], prevalence: float = PREVALENCE, bins: int = 10
) -> float:
    """Expected calibration error of the risk against brush_off, re-weighed to the prevalence."""
    brush = sum(empty)
    if not brush or brush == len(empty):
        return math.nan
    weights = {True: prevalence / brush, False: (1 - prevalence) / (len(empty) - brush)}
    total = 0.0
    for k in range(bins):
        inside = [
            (risk, own)
            for risk, own in zip(risks, empty, strict=True)
            if k / bins <= risk < (k + 1) / bins or (k == bins - 1 and risk == 1)
        ]
        told = sum(weights[own] * risk for risk, own in inside)
        true = sum(weights[True] for _, own in inside if own)
        total += abs(told - true)
    return total


def questions_right(judged: Judged) -> bool:
    """Whether the official is told rightly which questions are unanswered."""
    told = judged.found.questions
    for number, answered in judged.pair.answers:
        if number is None or number >= len(told):
            return False
        missing = told[number].answered == "no"
        if (answered == "no" and not missing) or (answered == "yes" and missing):
            return False
    return True


def _missing_named(judged: Judged) -> bool:
    told = judged.found.questions
    return any(
        number is not None and number < len(told) and told[number].answered == "no"
        for number, answered in judged.pair.answers
        if answered == "no"
    )


def right(judged: Judged) -> bool | None:
    """Whether the pair is right by the rule of its kind; None where the kind does not count it."""
    kind, label, found = judged.pair.hard_kind, judged.label, judged.found
    if kind == "half_answered":
        return None if label == "brush_off" else _missing_named(judged) and found.risk <= 0.5
    if kind == "plain_borderline":
        if label != "borderline":
            return None
        told = {finding.code for finding in found.findings}
        return found.flagged or found.risk > judged.flag / 2 or bool(told & _SUBSTANCE)
    if label == "borderline":
        return None
    if kind in EMPTY_KINDS and label != "brush_off" or kind in FULL_KINDS and label != "good":
        return None
    return found.flagged == (label == "brush_off")


def _share(hits: int, total: int) -> dict[str, Any]:
    low, high = wilson(hits, total)
    value = round(hits / total, 4) if total else None
    return {"hits": hits, "of": total, "share": value, "low": round(low, 3), "high": round(high, 3)}


def _auc_row(positive: Sequence[float], negative: Sequence[float]) -> dict[str, Any]:
    low, high = auc_interval(positive, negative)
    return {
        "value": round(auc(positive, negative), 4),
        "low": round(low, 3),
        "high": round(high, 3),
    }


def precision_at(positive: Sequence[float], negative: Sequence[float], recall: float) -> float:
    """Precision at the highest cut that reaches the recall."""
    if not positive:
        return math.nan
    cut = sorted(positive, reverse=True)[max(0, math.ceil(recall * len(positive)) - 1)]
    caught = sum(value >= cut for value in positive)
    wrong = sum(value >= cut for value in negative)
    return round(caught / (caught + wrong), 4)


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """All figures of judged pairs."""
    by = {name: [j for j in judged if j.label == name] for name in LABELS}
    risks = {name: [j.found.risk for j in rows] for name, rows in by.items()}
    rest = risks["good"] + risks["borderline"]
    caught = sum(j.found.flagged for j in by["brush_off"])
    wrong = sum(j.found.flagged for j in by["good"])
    between = sum(j.found.flagged for j in by["borderline"])
    recall = caught / max(1, len(by["brush_off"]))
    precision = caught / max(1, caught + wrong)
    checks: dict[str, dict[str, int]] = {}
    for j in judged:
        for code in sorted({f.code for f in j.found.findings if f.severity != Severity.PRAISE}):
            row = checks.setdefault(code, dict.fromkeys(LABELS, 0))
            row[j.label] += 1
    kinds: dict[str, list[bool]] = {}
    for j in judged:
        verdict = right(j)
        if verdict is not None:
            kinds.setdefault(j.pair.hard_kind or "other", []).append(verdict)
    asked = [questions_right(j) for j in judged if j.pair.answers]
    hands: dict[str, list[Judged]] = {}
    for j in judged:
        hands.setdefault(j.pair.hand, []).append(j)
    return {
        "rules": RULES_VERSION,
        "pairs": {name: len(rows) for name, rows in by.items()},
        "auc_brush_good": _auc_row(risks["brush_off"], risks["good"]),
        "auc_brush_rest": _auc_row(risks["brush_off"], rest),
        "recall": _share(caught, len(by["brush_off"])),
        "precision": _share(caught, caught + wrong),
        "precision_all": _share(caught, caught + wrong + between),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "precision_at_recall_80": precision_at(risks["brush_off"], risks["good"], 0.8),
        "precision_at_recall_90": precision_at(risks["brush_off"], risks["good"], 0.9),
        "flagged": {"brush_off": caught, "good": wrong, "borderline": between},
        "calibration_error": round(
            calibration_error(
                [j.found.risk for j in judged], [j.label == "brush_off" for j in judged]
            ),
            4,
        ),
        "questions": _share(sum(asked), len(asked)),
        "hard_kinds": {k: _share(sum(v), len(v)) for k, v in sorted(kinds.items())},
        "checks": dict(sorted(checks.items())),
        "hands": {
            hand: {
                "auc_brush_good": round(
                    auc(
                        [j.found.risk for j in rows if j.label == "brush_off"],
                        [j.found.risk for j in rows if j.label == "good"],
                    ),
                    4,
                ),
                "recall": _share(
                    sum(j.found.flagged for j in rows if j.label == "brush_off"),
                    sum(j.label == "brush_off" for j in rows),
                ),
                "good_flagged": _share(
                    sum(j.found.flagged for j in rows if j.label == "good"),
                    sum(j.label == "good" for j in rows),
                ),
            }
            for hand, rows in sorted(hands.items())
        },
    }


def evaluate(*material: Path) -> tuple[list[Pair], list[Judged], dict[str, Any]]:
    """Pairs, judgements and figures of files (the whole material), cross-validated by hand."""
    pairs = load_pairs(*material)
    judged = cross_validated(pairs)
    return pairs, judged, report(judged)


def sealed(path: Path, model: Model) -> tuple[list[Judged], dict[str, Any]]:
    """Figures of a file the model was not fitted on."""
    judged = judge(load_pairs(path), lambda _pair: model)
    return judged, report(judged)


__all__: Sequence[str] = [
    "Judged",
    "auc",
    "cross_validated",
    "evaluate",
    "judge",
    "report",
    "sealed",
    "wilson",
]


def flat(figures: Mapping[str, Any]) -> str:
    """One line of the main figures."""
    return (
        f"AUC {figures['auc_brush_good']['value']:.3f}/{figures['auc_brush_rest']['value']:.3f} "
        f"recall {figures['recall']['share']:.3f} precision {figures['precision']['share']:.3f} "
        f"ECE {figures['calibration_error']:.3f} questions {figures['questions']['share']}"
    )
