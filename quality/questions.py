"""Questions of a message, each with the statement that answers it or marked unanswered."""

from collections.abc import Mapping, Sequence

from quality.answers import answered, looks
from quality.asking import Asked
from quality.clauses import Clause
from quality.model import Model
from quality.textform import Prepared, prepare
from quality.types import Question


def match(
    model: Model,
    message: str,
    found: Sequence[Asked],
    reply: Prepared,
    clauses: Sequence[Clause],
    values: Sequence[float],
    odds: float,
    likely: Sequence[float] = (),
    held: Sequence[Mapping[str, float]] = (),
) -> tuple[Question, ...]:
    """Every question in the order of the message. `odds`: log-odds of an отписка; `likely`: of
    each question's answer, `held`: what speaks for it (`sought`)."""
    source = prepare(message)
    result = []
    for number, (question, look) in enumerate(
        zip(found, looks(found, clauses, values, odds, likely, held), strict=True), 1
    ):
        state = answered(model, look, several=len(found) > 1)
        start, end = source.span(question.start, question.end)
        span = None
        if state != "no" and look.best is not None:
            best = clauses[look.best]
            span = reply.span(best.start, best.end)
        result.append(Question(number, start, end, message[start:end], state, span))
    return tuple(result)
