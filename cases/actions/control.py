"""Facts beside the state: extension, notes; closing and the author's mark."""

from datetime import datetime, timedelta

from agencies.models import User
from cases.actions.moving import Moving, moving
from cases.actions.reopening import reopenings_of
from cases.actions.replies import latest_published, to_rework
from cases.errors import BadChange
from cases.mentions import named_in
from cases.models import Case, Clock, Mark, Promise
from cases.workflow import Status

LONGEST_EXTENSION = timedelta(days=366)
CONTENT_FROM = 4
# The ground of a return that the author's mark stands for; not in the supervisors' list.
MARK_GROUND = "low-mark"


def extend(
    case: Case, *, actor: User, until: datetime, reason: str, version: int | None = None
) -> Case:
    """Move the case's present due moment later, counted and with a reason.

    The first moment stays on record; a term that had passed already stays missed.
    """
    with moving(case, "extend", actor, version=version) as step:
        due = step.case.due_at
        if due is None or until <= due:
            raise BadChange("extension_not_later", field="until")
        if until <= step.at:
            raise BadChange("extension_in_past", field="until")
        if until > step.at + LONGEST_EXTENSION:
            raise BadChange("extension_too_far", field="until")
        step.data = {"reason": reason, "before": due.isoformat(), "until": until.isoformat()}
        note = {**step.data, "by": str(actor)}
        moved: list[tuple[int, str]] = []
        for clock in step.book.running:
            # Whatever would make the case due before the new moment moves with it: the terms
            # of the citizen and of his executor, not the minutes of a stage.
            if clock.warning_only or clock.due_at > until:
                continue
            if clock.due_at == due or clock.kind in (
                Clock.Kind.TOTAL,
                Clock.Kind.REPLY,
                Clock.Kind.EXECUTOR,
            ):
                moved.append((clock.pk, clock.due_at.isoformat()))
                step.book.move(clock, until, note)
        step.data["undo"] = {"terms": moved}
        step.case.due_at = until
        step.case.extensions += 1
    return step.case


def add_note(case: Case, *, actor: User, text: str, version: int | None = None) -> Case:
    """An internal note: colleagues see it in the history, the citizen never does.

    Who is named («@ivanova») and may see the case is told of it.
    """
    if not text.strip():
        raise BadChange("note_empty", field="text")
    with moving(case, "add_note", actor, version=version) as step:
        step.data = {"text": text.strip()}
        seeing, _blind = named_in(text, step.case)
        if seeing:
            step.data["to"] = [person.pk for person in seeing]
    return step.case


def _closed(step: Moving, reason: str) -> None:
    step.case.status = Status.CLOSED
    step.case.close_reason = reason
    step.case.closed_at = step.at
    # What was promised stays promised.
    step.book.stop(promises=False)


def close(
    case: Case, *, actor: User, reason: str, note: str = "", version: int | None = None
) -> Case:
    """`reason`: code of a closing Reason."""
    with moving(case, "close", actor, version=version) as step:
        _closed(step, reason)
        step.data = {"reason": reason, "note": note}
    return step.case


def may_close_unmarked(case: Case) -> bool:
    """Never under control, with an open promise, or after a mark: those end by a person."""
    if case.controlled_by_id is not None:
        return False
    if Promise.objects.filter(case=case, state=Promise.State.OPEN).exists():
        return False
    reply = latest_published(case)
    return reply is not None and not reply.marks.exists()


def close_unmarked(case: Case, *, actor: User | None = None) -> Case:
    """The survey window has passed without a mark: closed for «no answer».

    BadChange while the window is open, and for a case that a person must end.
    """
    with moving(case, "close_unmarked", actor) as step:
        window = step.book.coded("SURVEY")
        if window is None or window.due_at > step.at:
            raise BadChange("survey_open", field="")
        if not may_close_unmarked(step.case):
            raise BadChange("not_by_itself", field="")
        step.data = {"reason": "no-answer", "window": window.due_at.isoformat()}
        # To be closed at its end is what the window is for: it is kept, not missed.
        step.book.stop(codes=["SURVEY"], at=window.due_at)
        _closed(step, "no-answer")
    return step.case


def record_mark(
    case: Case,
    *,
    actor: User | None,
    value: int,
    comment: str = "",
    via: User | None = None,
    version: int | None = None,
) -> Case:
    """The author's mark of the published reply: low ones return it, high ones close the case.

    The author's returns about one object are limited; beyond the limit the mark stands and the
    supervisor decides. `via`: the service that brought it, where nobody made the move.
    """
    with moving(case, "record_mark", actor, version=version) as step:
        reply = latest_published(step.case)
        if reply is None:
            raise BadChange("no_reply", field="value")
        if reply.marks.exists():
            raise BadChange("marked_already", field="value")
        limits = step.book.limits
        Mark.objects.create(
            case=step.case, reply=reply, value=value, comment=comment, recorded_by=actor or via
        )
        step.data = {"reply": reply.pk, "value": value, "comment": comment}
        if via is not None:
            step.data["via"] = str(via)
        step.book.stop(codes=["SURVEY"])
        if value >= CONTENT_FROM:
            _closed(step, "marked")
        elif value <= limits.rework_mark:
            if reopenings_of(step.case) >= limits.max_reopenings:
                step.data["limit"] = limits.max_reopenings
            else:
                step.case.reopenings += 1
                to_rework(step, reply, by_author=True)
    return step.case
