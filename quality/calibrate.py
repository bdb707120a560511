"""New weights from supervisors' verdicts, proposed with what they would change."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quality.evaluate import judge, report
from quality.fit import Pair, fit, swapped
from quality.model import Model

MIN_VERDICTS = 60
MIN_OF_A_KIND = 15
MIN_AGENCIES = 2
LABEL_OF = {"good": "good", "remarks": "borderline", "brush_off": "brush_off"}


class TooFew(ValueError):
    """Not enough verdicts to learn from; `args`: what is missing as a code, found, needed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Proposed weights; figures on the verdicts, each agency judged by weights fitted without it.

    `examples`: keys of replies whose flag would change, with the risk before and after.
    """

    model: Model
    before: dict[str, Any]
    after: dict[str, Any]
    newly_flagged: tuple[tuple[str, float, float], ...]
    no_longer: tuple[tuple[str, float, float], ...]


def enough(verdicts: Sequence[Pair]) -> None:
    """Raise `TooFew` unless the verdicts can be learnt from."""
    labels = Counter(pair.label for pair in verdicts)
    agencies = {pair.hand for pair in verdicts}
    for code, found, needed in (
        ("verdicts", len(verdicts), MIN_VERDICTS),
        ("brush_off", labels["brush_off"], MIN_OF_A_KIND),
        ("good", labels["good"], MIN_OF_A_KIND),
        ("agencies", len(agencies), MIN_AGENCIES),
    ):
        if found < needed:
            raise TooFew(code, found, needed)


def propose(
    verdicts: Sequence[Pair], development: Sequence[Pair], current: Model, version: str
) -> Proposal:
    """Weights fitted on the development material and the verdicts together.

    `hand` of a verdict is its agency: the figures after are those of weights that have not seen
    the agency they are measured on.
    """
    enough(verdicts)
    before = judge(verdicts, lambda _pair: current)
    agencies = sorted({pair.hand for pair in verdicts})
    everything = [*development, *verdicts]
    others = swapped(everything)

    def known(agency: str | None) -> Model:
        """Weights that have not seen the agency's verdicts."""
        return fit(
            [*development, *(p for p in verdicts if p.hand != agency)],
            version,
            [p for p in others if p.hand != agency],
        )

    without = {agency: known(agency) for agency in agencies}
    after = judge(verdicts, lambda pair: without[pair.hand])
    model = known(None)
    newly, gone = [], []
    for old, new in zip(before, after, strict=True):
        row = (old.pair.key, old.found.risk, new.found.risk)
        if new.found.flagged and not old.found.flagged:
            newly.append(row)
        if old.found.flagged and not new.found.flagged:
            gone.append(row)
    return Proposal(model, report(before), report(after), tuple(newly), tuple(gone))
