"""A question to the citizen, his answer, and the limit (social networks alone)."""

from agencies.models import User
from cases import waiting
from cases.actions.moving import moving
from cases.errors import BadChange
from cases.models import Case, Waiting


def ask_citizen(
    case: Case, *, actor: User, question: str, url: str = "", version: int | None = None
) -> Case:
    """Ask the citizen and wait, until the limit at most; the terms move by as much as is waited.

    Never where a term has passed already, and only so often a case (`limits.max_waitings`).
    """
    question = question.strip()
    if not question:
        raise BadChange("question_empty", field="question")
    with moving(case, "ask_citizen", actor, version=version) as step:
        if step.case.waiting_until is not None:
            raise BadChange("waiting_already", field="question")
        if step.case.channel.is_public and not url:
            raise BadChange("question_unposted", field="url")
        limits = step.book.limits
        if step.case.waitings.count() >= limits.max_waitings:
            raise BadChange("waitings_limit", field="question", limit=limits.max_waitings)
        until = waiting.limit_of(step.book, limits.waiting_days)
        waiting.pause(step.book, until)
        Waiting.objects.create(
            case=step.case,
            question=question,
            url=url,
            asked_by=actor,
            started_at=step.at,
            until=until,
        )
        step.case.waiting_until = until
        step.data = {"question": question, "url": url, "until": until.isoformat()}
    return step.case


def citizen_answered(case: Case, *, actor: User, answer: str, version: int | None = None) -> Case:
    """Record what the citizen answered where no channel brings it: the terms run on."""
    with moving(case, "citizen_answered", actor, version=version) as step:
        if waiting.end(step.book, Waiting.End.ANSWER, answer=answer.strip()) is None:
            raise BadChange("not_waiting", field="answer")
        step.data = {"answer": answer.strip()}
    return step.case


def waiting_over(case: Case, *, actor: User | None = None) -> Case:
    """The limit has passed without an answer. BadChange before it."""
    with moving(case, "waiting_over", actor) as step:
        if step.case.waiting_until is None or step.case.waiting_until > step.at:
            raise BadChange("too_early", field="")
        waiting.end(step.book, Waiting.End.LIMIT)
        step.data = {"state": Waiting.End.LIMIT.value}
    return step.case
