"""What every check is given."""

from collections.abc import Iterable
from dataclasses import dataclass

from quality.clauses import Clause
from quality.evidence import CaseProfile, Said
from quality.model import Model
from quality.reuse import Comparison
from quality.score import Features
from quality.textform import Prepared
from quality.types import Finding, Question, Severity, Situation, Thresholds


@dataclass(frozen=True, slots=True)
class Context:
    """A reply read once; checks only look and never change it."""

    situation: Situation
    prepared: Prepared
    said: tuple[Said, ...]
    case: CaseProfile
    features: Features
    base_risk: float
    clauses: tuple[Clause, ...]
    values: tuple[float, ...]  # evidence of the clauses
    model: Model
    questions: tuple[Question, ...]
    comparison: Comparison
    thresholds: Thresholds

    @property
    def empty(self) -> bool:
        """Whether the statements alone make the reply look like an отписка."""
        return self.base_risk > self.flag

    @property
    def flag(self) -> float:
        return self.model.flag if self.thresholds.flag is None else self.thresholds.flag

    @property
    def worse(self) -> Severity:
        """Severity of a sign that returns an empty reply and warns of it in a full one."""
        return Severity.RETURN if self.empty else Severity.WARN

    @property
    def clean(self) -> str:
        return self.prepared.clean

    def finding(
        self,
        code: str,
        severity: Severity,
        spans: Iterable[tuple[int, int]] = (),
        weight: float = 0.0,
        **params: str | int | float,
    ) -> Finding:
        """A finding with clean spans turned into code points of the reply."""
        own = sorted({self.prepared.span(start, end) for start, end in spans})
        return Finding(code, severity, tuple(s for s in own if s[1] > s[0])[:20], params, weight)

    def substance(self) -> float:
        return self.features.substance
