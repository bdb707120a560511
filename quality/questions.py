"""Questions of a message, each with the statement that answers it or marked unanswered."""

from collections.abc import Sequence

from quality.answers import chance, looks
from quality.asking import Asked
from quality.clauses import Clause
from quality.model import Model
from quality.textform import Prepared, prepare
from quality.types import Answered, Question

ANSWERED, IN_PART = 0.62, 0.5


def match(
    model: Model,
    message: str,
    found: Sequence[Asked],
    reply: Prepared,
    clauses: Sequence[Clause],
    values: Sequence[float],
) -> tuple[Question, ...]:
    """Every question in the order of the message."""
    source = prepare(message)
    result = []
    for number, (question, look) in enumerate(
        zip(found, looks(found, clauses, values), strict=True), 1
    ):
        likely = chance(model, look)
        answered: Answered = "yes" if likely >= ANSWERED else "part" if likely >= IN_PART else "no"
        start, end = source.span(question.start, question.end)
        span = None
        if answered != "no" and look.best is not None:
            best = clauses[look.best]
            span = reply.span(best.start, best.end)
        result.append(Question(number, start, end, message[start:end], answered, span))
    return tuple(result)
