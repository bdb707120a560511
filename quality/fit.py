"""Weights fitted from labelled pairs, the same on every run: python -m quality.fit [--write].

Statements are weighed by a ridge logistic regression of brush_off against good over their marks,
summed and divided by the square root of their number; the curve from balance to risk is fitted on
balances of hands left out, weighed to the stated prevalence. A hand is the part of a pair's `id`
before the dash: texts of one writer never stand on both sides.

Replies that are true and answer something else are rare in any material: each useful reply is seen
once more, lightly, under another message of its writer and topic (`swapped`), where it is none.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xxhash

from quality import answers
from quality.asking import Asked, asked
from quality.batch import situation_of
from quality.clauses import Clause, read_clauses
from quality.distance import NAMES, distance
from quality.evidence import body, profile
from quality.later import np
from quality.model import PREVALENCE, WEIGHTS, Model, evidence, ratio
from quality.sought import LEVELS, likely, sought, unanswered
from quality.sought import NAMES as SOUGHT
from quality.textform import prepare
from quality.types import Situation

MATERIAL = Path(__file__).parent / "material" / "development.jsonl"
MATERIALS = (MATERIAL, *(MATERIAL.with_name(f"sealed{own}.jsonl") for own in ("", "-2026.5")))
"""What the weights are fitted on: the development part and the sealed parts of earlier releases."""
VERSION = "2026.6"
RIDGE = 2.0
QUESTION_RIDGE = 0.03
FOREIGN_WEIGHT = 0.05
MIN_CLAUSES = 8  # a mark seen in fewer clauses gets no weight
DISTANCE_RIDGE = 10.0
SOUGHT_RIDGE = 0.1
SWAPPED = 2  # other messages a useful reply is seen under
SWAPPED_WEIGHT, SWAPPED_SOUGHT = 0.03, 0.1  # in the curve; for what is asked
GOOD_FLAGGED = 0.075  # share of good replies that lie above the flag


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled pair read once. `answers`: question number and whether it is answered; `far`: how
    far the reply stays from the message; `sought`: what it holds of what each question asks for."""

    key: str
    hand: str
    group: str
    label: str
    hard_kind: str
    situation: Situation
    clauses: tuple[Clause, ...]
    asked: tuple[Asked, ...]
    answers: tuple[tuple[int | None, str], ...]
    far: Mapping[str, float]
    sought: tuple[Mapping[str, float], ...]


def hand_of(key: str) -> str:
    """Writer of a pair; pairs without a dash are one hand by their first letter."""
    return key.split("-", 1)[0] if "-" in key else key[:1]


def _labelled(message: str, found: Sequence[Asked], row: Mapping[str, Any]) -> list[Any]:
    """Each labelled question with the number of ours that overlaps it by half, or the nearest."""
    prepared = prepare(message)
    spans = [prepared.span(one.start, one.end) for one in found]
    result: list[tuple[int | None, str]] = []
    for question in row.get("questions", ()):
        start = message.find(question["text"])
        end = start + len(question["text"])
        shared = [
            (min(end, b) - max(start, a), -number)
            for number, (a, b) in enumerate(spans)
            if 2 * (min(end, b) - max(start, a)) >= min(end - start, b - a)
        ]
        if shared:
            number: int | None = -max(shared)[1]
        else:
            number = min(
                range(len(spans)), key=lambda k: (abs(spans[k][0] - start), k), default=None
            )
        result.append((number, str(question["answered"])))
    return result


def pair_of(
    key: str,
    hand: str,
    label: str,
    situation: Situation,
    *,
    group: str = "",
    hard_kind: str = "",
    row: Mapping[str, Any] | None = None,
) -> Pair:
    """A pair read once; `row` may hold its labelled questions."""
    args = (situation.message, situation.topic, situation.place)
    case = profile(*args)
    found = asked(situation.message)
    clauses = read_clauses(body(situation.reply, *args), case)
    return Pair(
        key=key,
        hand=hand,
        group=group,
        label=label,
        hard_kind=hard_kind,
        situation=situation,
        clauses=clauses,
        asked=found,
        answers=tuple(_labelled(situation.message, found, row or {})),
        far=distance(case, found, clauses),
        sought=tuple(sought(found, clauses)),
    )


def read_pair(row: Mapping[str, Any]) -> Pair:
    """A line of the material."""
    return pair_of(
        str(row["id"]),
        hand_of(str(row["id"])),
        str(row["label"]),
        situation_of(row),
        group=str(row.get("topic_group") or ""),
        hard_kind=str(row.get("hard_kind", "")),
        row=row,
    )


def load_pairs(*paths: Path) -> list[Pair]:
    """Every pair of the files, of the whole material where none is named."""
    pairs = []
    for path in paths or MATERIALS:
        with path.open(encoding="utf-8") as lines:
            pairs += [read_pair(json.loads(line)) for line in lines if line.strip()]
    return pairs


def logistic(
    x: "np.ndarray", y: "np.ndarray", ridge: float, weight: "np.ndarray | None" = None
) -> tuple["np.ndarray", float]:
    """Ridge logistic regression by Newton's steps; the base is not shrunk."""
    rows, columns = x.shape
    own = np.ones(rows) if weight is None else weight
    full = np.hstack([x, np.ones((rows, 1))])
    w = np.zeros(columns + 1)
    penalty = np.full(columns + 1, 1 / ridge)
    penalty[-1] = 1e-9
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(full @ w, -30, 30)))
        gradient = full.T @ (own * (p - y)) + penalty * w
        curve = own * np.maximum(p * (1 - p), 1e-6)
        step = np.linalg.solve((full.T * curve) @ full + np.diag(penalty), gradient)
        w = w - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return w[:-1], float(w[-1])


def mark_names(pairs: Sequence[Pair]) -> list[str]:
    """Marks seen often enough to be weighed, in alphabetical order."""
    seen: dict[str, int] = {}
    for pair in pairs:
        for clause in pair.clauses:
            if not clause.idle:
                for name in clause.marks:
                    if "." in name:  # crosses with the verb's class: only for questions
                        continue
                    seen[name] = seen.get(name, 0) + 1
    return sorted(name for name, times in seen.items() if times >= MIN_CLAUSES)


def _matrix(pairs: Sequence[Pair], names: Sequence[str]) -> "np.ndarray":
    place = {name: k for k, name in enumerate(names)}
    x = np.zeros((len(pairs), len(names)))
    for row, pair in enumerate(pairs):
        own = [clause for clause in pair.clauses if not clause.idle]
        for clause in own:
            for name, times in clause.marks.items():
                if name in place:
                    x[row, place[name]] += times
        x[row] /= np.sqrt(max(1, len(own)))
    return x


def fit_marks(pairs: Sequence[Pair], ridge: float = RIDGE) -> dict[str, float]:
    """Weights of the marks from good and brush_off pairs; positive speaks for substance."""
    sure = [pair for pair in pairs if pair.label != "borderline"]
    names = mark_names(sure)
    y = np.array([float(pair.label == "brush_off") for pair in sure])
    weights, _ = logistic(_matrix(sure, names), y, ridge)
    return {name: round(-float(w), 4) for name, w in zip(names, weights, strict=True)}


def _bare(marks: Mapping[str, float]) -> Model:
    return Model(version="", marks=marks, base=0.0, slope=1.0, flag=1.0)


def left_out(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """Weights for each hand, fitted on the others."""
    hands = sorted({pair.hand for pair in pairs})
    return {hand: fit_marks([p for p in pairs if p.hand != hand]) for hand in hands}


def swapped(pairs: Sequence[Pair]) -> list[Pair]:
    """Useful replies under other messages of the same writer and topic, where they are none."""
    result = []
    for pair in pairs:
        if pair.label == "brush_off" or not pair.group:
            continue
        others = [
            other.situation
            for other in pairs
            if other.hand == pair.hand
            and other.group == pair.group
            and other.situation.message != pair.situation.message
        ]
        draw = xxhash.xxh32_intdigest(pair.key.encode())
        for k in range(min(SWAPPED, len(others))):
            other = others[(draw + k) % len(others)]
            situation = replace(
                pair.situation, message=other.message, topic=other.topic, place=other.place
            )
            key = f"{pair.key}/{k}"
            result.append(pair_of(key, pair.hand, "brush_off", situation, group=pair.group))
    return result


def _figures(found: Mapping[str, float]) -> list[float]:
    return [found.get(name, 0.0) for name in (*LEVELS, *SOUGHT)]


def fit_sought(pairs: Sequence[Pair], others: Sequence[Pair]) -> Model:
    """A model that only tells how likely a reply holds what is asked; `others`: swapped pairs.

    Weights of `sought.NAMES` that would fall below zero are left out one round after another.
    """
    rows, targets, weights = [], [], []
    for pair in pairs:
        for number, answer in pair.answers:
            if number is not None and answer != "part":
                rows.append(_figures(pair.sought[number]))
                targets.append(float(answer == "yes"))
                weights.append(1.0)
    for pair in others:
        for held in pair.sought:
            rows.append(_figures(held))
            targets.append(0.0)
            weights.append(SWAPPED_SOUGHT)
    names = (*LEVELS, *SOUGHT)
    if not rows:
        return _bare({})
    x, y, own = np.array(rows), np.array(targets), np.array(weights)
    kept = [k for k in range(len(names)) if int((x[:, k] > 0).sum()) >= MIN_CLAUSES]
    while True:
        found, base = logistic(x[:, kept], y, SOUGHT_RIDGE, own)
        below = {k for k, w in zip(kept, found, strict=True) if w < 0 and k >= len(LEVELS)}
        if not below:
            break
        kept = [k for k in kept if k not in below]
    told = {names[k]: round(float(w), 4) for k, w in zip(kept, found, strict=True)}
    return replace(_bare({}), sought=told, sought_base=round(base, 4))


def sides(pairs: Sequence[Pair], balances: "np.ndarray", missing: "np.ndarray") -> "np.ndarray":
    """A row a pair: what the log-odds are made of. `missing`: what is asked and not answered."""
    far = np.array([[p.far[name] for name in NAMES[:-1]] for p in pairs])
    return np.column_stack([-balances, far, missing])


def fit_curve(
    pairs: Sequence[Pair],
    seen: "np.ndarray",
    others: "np.ndarray | None" = None,
    prevalence: float = PREVALENCE,
) -> tuple[float, "np.ndarray"]:
    """Base of the log-odds, slope of the balance and weights of the distances, from `sides` of
    pairs not fitted on and of swapped ones (`others`). Good replies and отписки tell the weights,
    all replies the level and the steepness at the prevalence."""
    y = np.array([float(p.label == "brush_off") for p in pairs])
    sure = np.array([p.label != "borderline" for p in pairs])
    extra = np.zeros((0, seen.shape[1])) if others is None else others
    found, _ = logistic(
        np.vstack([seen[sure], extra]),
        np.concatenate([y[sure], np.ones(len(extra))]),
        DISTANCE_RIDGE,
        np.concatenate([np.ones(int(sure.sum())), np.full(len(extra), SWAPPED_WEIGHT)]),
    )
    found = np.maximum(0.0, found)
    share = float(y.mean())
    weight = np.where(y == 1, prevalence / share, (1 - prevalence) / (1 - share))
    steep, base = logistic((seen @ found)[:, None], y, 1000.0, weight)
    return round(base, 4), np.round(max(0.0, float(steep[0])) * found, 4)


def _unseen(
    pairs: Sequence[Pair], others: Sequence[Pair]
) -> tuple[dict[str, list[float]], dict[str, Model], "np.ndarray", "np.ndarray"]:
    """Evidence of each pair's clauses by weights that have not seen its hand, and the models of
    what is asked for each hand; `sides` of the pairs and of the swapped ones."""
    marks = left_out(pairs)
    asked_for = {
        hand: fit_sought(
            [p for p in pairs if p.hand != hand], [p for p in others if p.hand != hand]
        )
        for hand in marks
    }
    values = {p.key: evidence(_bare(marks[p.hand]), p.clauses) for p in (*pairs, *others)}

    def seen(of: Sequence[Pair]) -> "np.ndarray":
        if not of:
            return np.zeros((0, 1 + len(NAMES)))
        balances = np.array([ratio(values[p.key]) for p in of])
        missing = [unanswered(likely(asked_for[p.hand], p.sought)) for p in of]
        return sides(of, balances, np.array(missing))

    return values, asked_for, seen(pairs), seen(others)


def fit(
    pairs: Sequence[Pair], version: str = VERSION, others: Sequence[Pair] | None = None
) -> Model:
    """The whole model from pairs of at least two hands; `others`: their `swapped`, where known."""
    turned = swapped(pairs) if others is None else others
    marks = fit_marks(pairs)
    values, asked_for, seen, foreign = _unseen(pairs, turned)
    base, weights = fit_curve(pairs, seen, foreign)
    odds = base + seen @ weights
    risks = 1 / (1 + np.exp(-odds))
    useful = sorted(float(r) for r, p in zip(risks, pairs, strict=True) if p.label == "good")
    flag = useful[-1 - int(GOOD_FLAGGED * len(useful))] if useful else 0.5
    wanted = fit_sought(pairs, turned)
    return Model(
        version,
        marks,
        base,
        float(weights[0]),
        math.ceil(flag * 100) / 100,
        {name: float(w) for name, w in zip(NAMES, weights[1:], strict=True)},
        *fit_questions(pairs, values, odds, asked_for),
        wanted.sought,
        wanted.sought_base,
    )


def _foreign(pairs: Sequence[Pair], pair: Pair) -> Asked | None:
    """A question of another message of the same writer and topic: the reply cannot answer it."""
    others = [
        other
        for other in pairs
        if other.hand == pair.hand
        and other.group == pair.group
        and other.situation.message != pair.situation.message
        and other.asked
    ]
    if not others or not pair.group:
        return None
    draw = xxhash.xxh32_intdigest(pair.key.encode())
    chosen = others[draw % len(others)]
    return chosen.asked[(draw >> 8) % len(chosen.asked)]


def fit_questions(
    pairs: Sequence[Pair],
    values: Mapping[str, Sequence[float]],
    odds: "np.ndarray",
    asked_for: Mapping[str, Model],
) -> tuple[dict[str, float], float]:
    """Weights that decide whether a question is answered; what is answered in part tells nothing.
    `asked_for`: models of what is asked that have not seen the hand.

    Half-answered messages are rare: each pair that is no отписка is seen once more, lightly, with a
    question of another message put in.
    """
    rows: list[dict[str, float]] = []
    targets: list[float] = []
    weights: list[float] = []

    def add(pair: Pair, own: float, further: Sequence[Asked], weight: float) -> None:
        questions = (*pair.asked, *further)
        held = pair.sought if not further else sought(questions, pair.clauses)
        odds_of = likely(asked_for[pair.hand], held)
        seen = answers.looks(questions, pair.clauses, values[pair.key], own, odds_of, held)
        told = [(n, a) for n, a in pair.answers if n is not None and a != "part"]
        for number, answer in [*told, *((len(questions) - 1, "no") for _ in further)]:
            rows.append(seen[number].features)
            targets.append(float(answer == "yes"))
            weights.append(weight)

    for pair, own in zip(pairs, odds, strict=True):
        add(pair, float(own), (), 1.0)
        foreign = _foreign(pairs, pair) if pair.label != "brush_off" and pair.answers else None
        if foreign is not None:
            add(pair, float(own), (foreign,), FOREIGN_WEIGHT)
    names = sorted({name for row in rows for name in row})
    x = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    found, base = logistic(x, np.array(targets), QUESTION_RIDGE, np.array(weights))
    return {n: round(float(w), 4) for n, w in zip(names, found, strict=True)}, round(base, 4)


def main(arguments: list[str] | None = None) -> int:
    """Print or write the weights."""
    parser = argparse.ArgumentParser(prog="quality.fit")
    parser.add_argument("--material", type=Path, nargs="+", default=MATERIALS)
    parser.add_argument("--write", action="store_true", help="replace quality/weights.json")
    options = parser.parse_args(arguments)
    text = json.dumps(fit(load_pairs(*options.material)).as_data(), ensure_ascii=False, indent=1)
    if options.write:
        WEIGHTS.write_text(text + "\n", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
