"""Whether a reply holds what each question asks for, apart from how much else it says.

A reply to another question is rich in facts: summing them up does not tell it from an answer. Here
a kind of statement counts once, however often it occurs: anywhere, and near the words of the
question. `quality.fit` weighs the kinds; no weight is below zero, so saying more never makes an
answer less likely.
"""

import math
from collections.abc import Mapping, Sequence

from quality.answers import affinity, hit
from quality.asking import Asked
from quality.clauses import Clause
from quality.lexicon import words
from quality.model import Model

KINDS = ("when", "why", "where", "who", "how_much", "what", "yes_no", "request", "matter")
MARKS = sorted(
    words(
        """
        did was will will_be plan does goes is state used to may ask
        date clock period schedule term number big count percent same name role phone
        cause refusal mishap trouble look deed doing pass_on study light condition yes_no
        place asked asked_deed you your they now if vague other work
        real.deed next.deed now.doing real.look will+term did+term was+term
        did+case was+case will+case state+case did+deed was+deed will+deed to+deed
        """
    )
)
SHARES = ("covered", "deed", "short", "kind", "fitting")
NAMES = (*SHARES, *MARKS, *(f"{name}@near" for name in MARKS))
"""What is weighed at zero or above: shares, marks anywhere, marks near the question."""
LEVELS = ("several", *(f"kind:{kind}" for kind in KINDS))
"""What depends on the question alone and may weigh either way."""
_NEAR = {name: f"{name}@near" for name in MARKS}
_SURE = 6.0  # log-odds
_SHORT = 2  # words of a statement that names nothing else: «Закрасили вчера»


def sought(questions: Sequence[Asked], clauses: Sequence[Clause]) -> list[dict[str, float]]:
    """Figures of each question; names as in `NAMES` and `LEVELS`, those at zero left out."""
    own = [clause for clause in clauses if not clause.idle]
    near = affinity(questions, own)
    said = frozenset().union(*(clause.roots for clause in own)) if own else frozenset()
    told = [[_NEAR[name] for name in clause.marks if name in _NEAR] for clause in own]
    anywhere = {name: 1.0 for clause in own for name in clause.marks if name in _NEAR}
    several = float(len(questions) > 1)
    result = []
    for number, question in enumerate(questions):
        kinds = [hit(clause, question.kind) for clause in own]
        found = {
            **anywhere,
            "several": several,
            f"kind:{question.kind}": 1.0,
            "covered": len(said & question.roots) / max(1, len(question.roots)),
            "deed": float(bool(said & question.deeds)),
            "kind": max(kinds, default=0.0),
        }
        fitting = short = 0.0
        for clause, row, fits, names in zip(own, near, kinds, told, strict=True):
            close = row[number]
            if fits:
                fitting = max(fitting, min(2.0, close) * fits)
                if fits > short and len(clause.roots) <= _SHORT:
                    short = fits
            if close:
                close = min(1.0, close)
                for name in names:
                    if close > found.get(name, 0.0):
                        found[name] = close
        found["fitting"], found["short"] = fitting, short
        result.append(found)
    return result


def likely(model: Model, found: Sequence[Mapping[str, float]]) -> list[float]:
    """Log-odds that each question is answered; none where the model does not weigh it."""
    if not model.sought:
        return []
    weights = model.sought
    return [
        max(
            -_SURE,
            min(_SURE, model.sought_base + sum(weights.get(n, 0.0) * v for n, v in one.items())),
        )
        for one in found
    ]


def unanswered(odds: Sequence[float]) -> float:
    """Share of the questions that are likely left without an answer, 0..1."""
    return sum(1 / (1 + math.exp(one)) for one in odds) / max(1, len(odds))
