"""Quality of replies: substance, reuse, signs of an отписка. Plain Python, no Django."""

from quality.engine import RULES_VERSION, assess
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
    Thresholds,
)

__all__ = [
    "DEFAULT",
    "RULES_VERSION",
    "Assessment",
    "EarlierReply",
    "Finding",
    "Question",
    "Reuse",
    "Severity",
    "Situation",
    "SourceMatch",
    "Thresholds",
    "assess",
]
