"""Quality of replies: substance, reuse, signs of an отписка. Plain Python, no Django."""

from quality.engine import RULES_VERSION, assess
from quality.model import Model, default_model
from quality.scale import points, risk_at
from quality.types import (
    DEFAULT,
    Assessment,
    EarlierReply,
    Finding,
    Question,
    Reuse,
    Severity,
    Situation,
    SourceMatch,
    Statement,
    Thresholds,
)

__all__ = [
    "DEFAULT",
    "RULES_VERSION",
    "Assessment",
    "EarlierReply",
    "Finding",
    "Model",
    "Question",
    "Reuse",
    "Severity",
    "Situation",
    "SourceMatch",
    "Statement",
    "Thresholds",
    "assess",
    "default_model",
    "points",
    "risk_at",
]
