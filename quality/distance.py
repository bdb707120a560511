"""How far a reply stays from the message it answers, apart from what its statements are worth."""

from collections.abc import Mapping, Sequence

from quality.answers import hit
from quality.asking import Asked
from quality.clauses import Clause
from quality.evidence import CaseProfile

NAMES = ("silent", "unmet", "unanswered")


def distance(
    case: CaseProfile, questions: Sequence[Asked], clauses: Sequence[Clause]
) -> dict[str, float]:
    """Two shares 0..1; none grows when a statement is added. Restated words count for nothing.
    The third, `sought.unanswered`, needs the weights.

    silent: nothing of what is asked is named; unmet: questions without a statement of the kind
    they ask for («когда» wants a term).
    """
    own = [clause for clause in clauses if not clause.idle]
    said = frozenset().union(*(clause.roots for clause in own)) if own else frozenset()
    kin = frozenset().union(*(clause.kin for clause in own)) if own else frozenset()
    met = sum(max((hit(c, q.kind) for c in own), default=0.0) for q in questions)
    return {
        "silent": float(bool(case.asked) and not said & case.asked and not kin & case.asked_kin),
        "unmet": 1 - met / max(1, len(questions)),
    }


def weighed(weights: Mapping[str, float], far: Mapping[str, float]) -> float:
    """What the distance adds to the log-odds of an отписка."""
    return sum(weights.get(name, 0.0) * value for name, value in far.items())
