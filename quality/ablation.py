"""What each part is worth, and what simpler means would do on the same pairs."""

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from quality import patterns as pat
from quality.distance import NAMES as DISTANCES
from quality.engine import CHECKS
from quality.evaluate import auc, cross_validated, judge, models_left_out, report
from quality.fit import Pair, fit_curve, fit_sought, left_out, logistic, sides, swapped
from quality.later import np
from quality.lexicon import words
from quality.model import Model, evidence, ratio
from quality.sought import likely, unanswered
from quality.textform import prepare

GROUPS: dict[str, frozenset[str]] = {
    "relation to the message": words(
        "asked asked_deed own case place field elsewhere apart same term+case"
    ),
    "terms": words("term date clock period schedule"),
    "figures and statistics": words("big number percent sum count"),
    "classes of verbs": words(
        "feel speech mishap look study deed doing pass_on rule growth invite light other"
    ),
    "kinds of predicates": words(
        "did was used will will_be plan does goes is ask may to state bare"
    ),
    "law and rules": words("law ruled"),
    "cause, refusal, condition": words("cause refusal condition if vague trouble"),
    "who and how to reach": words("name role phone"),
    "whom the reply speaks of": words("we you your they"),
    "decoys and standing information": words("decoy reference habit everyone"),
}
_CODE = re.compile(r"\bQ\d\d\b")
_HASHES = 1 << 13


def _without_group(pairs: Sequence[Pair], group: frozenset[str]) -> list[Pair]:
    """Pairs whose clauses lack the marks of a group and their crosses."""

    def kept(name: str) -> bool:
        return name not in group and not any(part in group for part in name.split("+")[1:])

    result = []
    for pair in pairs:
        clauses = tuple(
            replace(clause, marks={n: v for n, v in clause.marks.items() if kept(n)})
            for clause in pair.clauses
        )
        held = tuple(
            {n: v for n, v in found.items() if kept(n.removesuffix("@near"))}
            for found in pair.sought
        )
        result.append(replace(pair, clauses=clauses, sought=held))
    return result


def _row(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "without": name,
        "auc_brush_good": figures["auc_brush_good"]["value"],
        "auc_brush_rest": figures["auc_brush_rest"]["value"],
        "recall": figures["recall"]["share"],
        "precision": figures["precision"]["share"],
    }


def _odds(pairs: Sequence[Pair], others: Sequence[Pair], asks: bool = True) -> dict[str, Any]:
    """AUCs of the log-odds without single checks, by weights of writers left out; `asks`: whether
    what the questions ask for is weighed."""
    marks = left_out(pairs)
    both = [*pairs, *others]
    hands = np.array([p.hand for p in both])
    own = np.arange(len(both)) < len(pairs)
    balances, missing = np.zeros(len(both)), np.zeros(len(both))
    for hand, weights in marks.items():
        model = Model("", weights, 0.0, 1.0, 1.0)
        held = fit_sought(*([p for p in of if p.hand != hand] for of in (pairs, others)))
        for k in np.flatnonzero(hands == hand):
            balances[k] = ratio(evidence(model, both[k].clauses))
            missing[k] = unanswered(likely(held, both[k].sought)) if asks else 0.0
    seen = sides(both, balances, missing)
    odds = np.zeros(len(pairs))
    for hand in marks:
        known = hands != hand
        rest = [p for p in pairs if p.hand != hand]
        base, weights_of = fit_curve(rest, seen[own & known], seen[~own & known])
        here = hands[own] == hand
        odds[here] = base + seen[own][here] @ weights_of
    by = {
        label: [float(odds[k]) for k, p in enumerate(pairs) if p.label == label]
        for label in ("good", "borderline", "brush_off")
    }
    return {
        "auc_brush_good": round(auc(by["brush_off"], by["good"]), 4),
        "auc_brush_rest": round(auc(by["brush_off"], by["good"] + by["borderline"]), 4),
    }


def codes() -> list[str]:
    """Codes of all checks, from their docstrings."""
    found: set[str] = set()
    for check in CHECKS:
        found.update(_CODE.findall(check.__doc__ or ""))
    return sorted(found)


def checks_off(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The figures with each check switched off; the weights stay."""
    models = models_left_out(pairs)
    rows = []
    for code in ("", *codes()):
        without = frozenset({code} if code else ())
        judged = judge(pairs, lambda pair: models[pair.hand], without=without)
        rows.append(_row(code or "nothing", report(judged)))
    return rows


def groups_off(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """AUCs with each group of marks left out and the rest fitted anew."""
    others = swapped(pairs)
    rows = [{"without": "nothing", **_odds(pairs, others)}]
    for name, group in GROUPS.items():
        kept = _without_group(pairs, group), _without_group(others, group)
        rows.append({"without": name, **_odds(*kept)})
    level = dict.fromkeys(DISTANCES, 0.0)
    flat, turned = ([replace(pair, far=level) for pair in of] for of in (pairs, others))
    rows.append({"without": "distance from the message", **_odds(flat, turned)})
    rows.append({"without": "what is asked for", **_odds(pairs, others, asks=False)})
    rows.append({"without": "swapped replies", **_odds(pairs, [])})
    return rows


def _grams(text: str) -> "np.ndarray":
    """Hashed character 3- to 5-grams of words, tf damped and normalised."""
    vector = np.zeros(_HASHES, dtype=np.float64)
    for word in re.findall(r"\w+", text.lower()):
        padded = f" {word} "
        for size in (3, 4, 5):
            for start in range(len(padded) - size + 1):
                vector[zlib.crc32(padded[start : start + size].encode()) % _HASHES] += 1
    vector = np.log1p(vector)
    return vector / max(1e-9, float(np.linalg.norm(vector)))


def _words(text: str) -> "np.ndarray":
    """Hashed words and pairs of words."""
    vector = np.zeros(_HASHES, dtype=np.float64)
    single = re.findall(r"\w+", text.lower())
    for item in (*single, *(" ".join(pair) for pair in zip(single, single[1:], strict=False))):
        vector[zlib.crc32(item.encode()) % _HASHES] += 1
    vector = np.log1p(vector)
    return vector / max(1e-9, float(np.linalg.norm(vector)))


def _dual(x: "np.ndarray", y: "np.ndarray", test: "np.ndarray") -> "np.ndarray":
    """Ridge logistic regression through the kernel: fewer pairs than columns."""
    rare = np.log((1 + len(x)) / (1 + (x > 0).sum(axis=0))) + 1
    own, other = x * rare, test * rare
    own /= np.maximum(1e-9, np.linalg.norm(own, axis=1, keepdims=True))
    other /= np.maximum(1e-9, np.linalg.norm(other, axis=1, keepdims=True))
    values, vectors = np.linalg.eigh(own @ own.T)
    keep = values > 1e-6
    basis = vectors[:, keep] / np.sqrt(values[keep])
    weights, base = logistic(own @ own.T @ basis, y, 10.0)
    return np.asarray(other @ own.T @ basis @ weights + base)


def baselines(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Length, digits, clichés, and two text classifiers, writers left out."""
    single: dict[str, Callable[[str], float]] = {
        "length (short is worse)": lambda text: -float(len(text)),
        "digits (few is worse)": lambda text: -float(sum(c.isdigit() for c in text)),
        "clichés per 100 words": lambda text: (
            100 * len(pat.CLICHE.findall(prepare(text).clean)) / max(1, len(text.split()))
        ),
    }
    rows = []
    for name, measure in single.items():
        scores = [measure(pair.situation.reply) for pair in pairs]
        rows.append(_baseline(name, pairs, scores))
    hands = np.array([pair.hand for pair in pairs])
    sure = np.array([pair.label != "borderline" for pair in pairs])
    y = np.array([float(pair.label == "brush_off") for pair in pairs])
    for name, vector in (("character n-gram LR", _grams), ("TF-IDF word LR", _words)):
        x = np.array([vector(pair.situation.reply) for pair in pairs])
        scores_of = np.zeros(len(pairs))
        for hand in sorted(set(hands)):
            train = (hands != hand) & sure
            scores_of[hands == hand] = _dual(x[train], y[train], x[hands == hand])
        rows.append(_baseline(name, pairs, list(scores_of)))
    return rows


def _baseline(name: str, pairs: Sequence[Pair], scores: Sequence[float]) -> dict[str, Any]:
    by = {
        label: [s for s, p in zip(scores, pairs, strict=True) if p.label == label]
        for label in ("good", "borderline", "brush_off")
    }
    return {
        "baseline": name,
        "auc_brush_good": round(auc(by["brush_off"], by["good"]), 4),
        "auc_brush_rest": round(auc(by["brush_off"], by["good"] + by["borderline"]), 4),
    }


def engine_row(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The engine in the form of a baseline."""
    figures = report(cross_validated(pairs))
    return {
        "baseline": "this engine",
        "auc_brush_good": figures["auc_brush_good"]["value"],
        "auc_brush_rest": figures["auc_brush_rest"]["value"],
    }
