"""Assess one reply: read it, compare it, run the checks, sum up."""

from collections.abc import Collection, Sequence

from quality import checks_more, checks_substance, checks_text, questions
from quality.asking import asked
from quality.clauses import Clause, read_clauses
from quality.context import Context
from quality.distance import distance, weighed
from quality.evidence import body, profile, read
from quality.model import Model, default_model, evidence, log_odds, probability
from quality.reuse import compare
from quality.score import features
from quality.sought import likely, sought, unanswered
from quality.textform import Prepared, prepare
from quality.types import (
    DEFAULT,
    Assessment,
    EarlierReply,
    Severity,
    Situation,
    Statement,
    Thresholds,
)

RULES_VERSION = "2026.6"
"""Stored with every finding; raised whenever a rule, weight or word list changes: the results on
fixed texts are pinned to it (`quality/tests/test_pinned.py`)."""

CHECKS = (*checks_text.CHECKS, *checks_substance.CHECKS, *checks_more.CHECKS)
_STATEMENTS = 24
_MARKS = 3


def _version(weights: Model) -> str:
    """Rules and weights that made the findings, 20 characters at most; shipped weights belong to
    the rules and are not named."""
    if weights.version in ("", RULES_VERSION, default_model().version):
        return RULES_VERSION
    return f"{RULES_VERSION}/{weights.version}"[:20]


def _statements(
    prepared: Prepared, clauses: Sequence[Clause], values: Sequence[float], model: Model
) -> tuple[Statement, ...]:
    """The weightiest clauses in the order of the text."""
    order = sorted(range(len(clauses)), key=lambda k: (-abs(values[k]), k))[:_STATEMENTS]
    result = []
    for number in sorted(order):
        clause, value = clauses[number], values[number]
        sign = 1 if value >= 0 else -1
        pulls = sorted(
            (
                (-sign * model.marks.get(name, 0.0) * times, name)
                for name, times in clause.marks.items()
                if sign * model.marks.get(name, 0.0) > 0
            )
        )
        start, end = prepared.span(clause.start, clause.end)
        names = tuple(name for _, name in pulls[:_MARKS])
        result.append(Statement(start, end, round(value, 2), names))
    return tuple(result)


def assess(
    situation: Situation,
    earlier: Sequence[EarlierReply] = (),
    *,
    thresholds: Thresholds = DEFAULT,
    model: Model | None = None,
    without: frozenset[str] = frozenset(),
    formulas: Collection[int] = frozenset(),
) -> Assessment:
    """Assess a reply against its message and candidates for reuse, best candidates first.

    Looks at the first 12,000 code points of each text; never raises on any text. `model`: other
    weights than the shipped ones; `without`: codes of checks switched off; `formulas`: hashes of
    sentences many unlike replies have, which are no sign of copying.
    """
    weights = model or thresholds.weights or default_model()
    place = (situation.message, situation.topic, situation.place)
    prepared = prepare(situation.reply)
    case = profile(*place)
    said = read(situation.reply, *place)
    clauses = read_clauses(body(situation.reply, *place), case)
    values = tuple(evidence(weights, clauses))
    found = asked(situation.message)
    far = distance(case, found, clauses)
    held = sought(found, clauses)
    answers_likely = likely(weights, held)
    far["unanswered"] = unanswered(answers_likely)
    odds = log_odds(weights, values, weighed(weights.distance, far))
    context = Context(
        situation=situation,
        prepared=prepared,
        said=said,
        case=case,
        features=features(said),
        base_risk=probability(odds),
        clauses=clauses,
        values=values,
        model=weights,
        questions=questions.match(
            weights,
            situation.message,
            found,
            prepared,
            clauses,
            values,
            odds,
            answers_likely,
            held,
        ),
        comparison=compare(
            situation.reply, earlier, thresholds, situation.approved_texts, formulas
        ),
        thresholds=thresholds,
    )
    findings = tuple(
        finding for check in CHECKS for finding in check(context) if finding.code not in without
    )
    total = probability(odds + sum(finding.weight for finding in findings))
    returned = any(finding.severity is Severity.RETURN for finding in findings)
    return Assessment(
        risk=total,
        flagged=returned or total > context.flag,
        findings=findings,
        reuse=context.comparison.reuse,
        questions=context.questions,
        personal_share=context.comparison.personal_share,
        rules_version=_version(weights),
        statements=_statements(prepared, clauses, values, weights),
        formulas=context.comparison.formulas,
        stems=context.comparison.stems,
    )
