"""Assess one reply: read it, compare it, run the checks, sum up."""

from collections.abc import Sequence

from quality import checks_substance, checks_text, questions
from quality.context import Context
from quality.evidence import profile, read
from quality.reuse import compare
from quality.score import features, risk
from quality.textform import prepare
from quality.types import (
    DEFAULT,
    Assessment,
    EarlierReply,
    Severity,
    Situation,
    Thresholds,
)

RULES_VERSION = "2026.1"
"""Stored with every finding; raised whenever a rule, weight or word list changes."""

_CHECKS = (*checks_text.CHECKS, *checks_substance.CHECKS)


def assess(
    situation: Situation,
    earlier: Sequence[EarlierReply] = (),
    *,
    thresholds: Thresholds = DEFAULT,
) -> Assessment:
    """Assess a reply against its message and candidates for reuse, best candidates first.

    Looks at the first 12,000 code points of each text; never raises on any text.
    """
    prepared = prepare(situation.reply)
    said = read(situation.reply, situation.message, situation.topic, situation.place)
    found = features(said)
    base = risk(found, 0.0)
    context = Context(
        situation=situation,
        prepared=prepared,
        said=said,
        case=profile(situation.message, situation.topic, situation.place),
        features=found,
        base_risk=base,
        questions=questions.match(situation.message, situation.reply, said),
        comparison=compare(situation.reply, earlier, thresholds, situation.approved_texts),
        thresholds=thresholds,
    )
    findings = tuple(finding for check in _CHECKS for finding in check(context))
    total = risk(found, sum(finding.weight for finding in findings))
    returned = any(finding.severity is Severity.RETURN for finding in findings)
    return Assessment(
        risk=total,
        flagged=returned or total > thresholds.flag,
        findings=findings,
        reuse=context.comparison.reuse,
        questions=context.questions,
        personal_share=context.comparison.personal_share,
        rules_version=RULES_VERSION,
    )
