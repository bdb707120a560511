"""From statements to one figure, by weights fitted on labelled pairs (`weights.json`).

Each clause gets evidence e = Σ weight(mark)·times. With P the sum of what speaks for substance, the
strongest first and each further one counting less (`FADE`), and Q the
sum of what speaks against it, r = (P − Q) / √(P + Q + 1) and

    log-odds of an отписка = base − slope · r + Σ weight · distance from the message (`distance`)
        + what single checks add.

Weights of distances are at least zero and no distance grows when something is added, so saying
more never makes a reply worse. r never falls when a statement with e ≥ 0 is added, and no statement
with a real term of action has e < 0: a fact never makes a reply worse, and statements that say
nothing never make it better.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from quality.clauses import Clause

WEIGHTS = Path(__file__).parent / "weights.json"
PREVALENCE = 0.2
"""Share of отписки the risk is calibrated for."""

_CERTAIN = frozenset({"did", "was", "will", "will_be", "plan"})
_DOUBTFUL = frozenset({"decoy", "sum", "law", "if", "vague", "percent"})


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in force. `marks` raise evidence of substance; `distance` the risk; `questions`
    decide whether a question is answered; `sought` tell how likely a reply holds what is asked."""

    version: str
    marks: Mapping[str, float]
    base: float
    slope: float
    flag: float
    distance: Mapping[str, float] = field(default_factory=dict)
    questions: Mapping[str, float] = field(default_factory=dict)
    question_base: float = 0.0
    sought: Mapping[str, float] = field(default_factory=dict)
    sought_base: float = 0.0

    def __hash__(self) -> int:
        return hash((self.version, self.base, self.slope, self.flag))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Model":
        """Model of a stored description; raises KeyError, TypeError, ValueError on a broken one."""
        return cls(
            version=str(data["version"]),
            marks={str(name): float(value) for name, value in data["marks"].items()},
            base=float(data["base"]),
            slope=max(0.0, float(data["slope"])),
            flag=float(data["flag"]),
            distance={
                str(name): max(0.0, float(v)) for name, v in data.get("distance", {}).items()
            },
            questions={str(name): float(v) for name, v in data.get("questions", {}).items()},
            question_base=float(data.get("question_base", 0.0)),
            sought={str(name): float(v) for name, v in data.get("sought", {}).items()},
            sought_base=float(data.get("sought_base", 0.0)),
        )

    def as_data(self) -> dict[str, Any]:
        """Description to store; `from_data` gives the same model."""
        return {
            "version": self.version,
            "base": self.base,
            "slope": self.slope,
            "flag": self.flag,
            "distance": dict(sorted(self.distance.items())),
            "marks": dict(sorted(self.marks.items())),
            "question_base": self.question_base,
            "questions": dict(sorted(self.questions.items())),
            "sought_base": self.sought_base,
            "sought": dict(sorted(self.sought.items())),
        }


@lru_cache(maxsize=1)
def default_model() -> Model:
    """The model shipped with the engine."""
    return Model.from_data(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def real_term(clause: Clause) -> bool:
    """Whether the clause binds a term to something done or promised in this matter."""
    return (
        ("date" in clause.marks or "clock" in clause.marks)
        and not clause.idle
        and any(kind in _CERTAIN for kind in clause.kinds)
        and not _DOUBTFUL & clause.marks.keys()
    )


def evidence(model: Model, clauses: Sequence[Clause]) -> list[float]:
    """Evidence of each clause: above zero it says something, below it only fills the page."""
    weights = model.marks
    result = []
    for clause in clauses:
        if clause.idle:
            result.append(0.0)
            continue
        value = sum(weights.get(name, 0.0) * times for name, times in clause.marks.items())
        result.append(max(0.0, value) if real_term(clause) else value)
    return result


FADE = 0.65
"""Share of its weight a statement keeps behind each stronger one: ten facts beside the question
are not ten times an answer."""


def ratio(values: Iterable[float]) -> float:
    """Balance of what speaks for and against; never falls when a positive value is added: behind it
    the others lose at most (1 − FADE)·(1 + FADE + …) = 1 times the added one."""
    plus = minus = 0.0
    kept = 1.0
    for value in sorted(values, reverse=True):
        if value > 0:
            plus += kept * value
            kept *= FADE
        else:
            minus -= value
    return (plus - minus) / math.sqrt(plus + minus + 1)


def probability(log_odds: float) -> float:
    """Logistic curve, rounded to four places."""
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds)))), 4)


def log_odds(model: Model, values: Sequence[float], extra: float = 0.0) -> float:
    """Log-odds of an отписка; `extra`: distance from the message and single checks."""
    return model.base - model.slope * ratio(values) + extra
