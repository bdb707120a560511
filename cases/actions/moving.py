"""Lock, check, change, record: the frame of every move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from agencies.access import acting_for, stands_in_for
from agencies.models import User
from agencies.roles import Right
from cases.clocks import Book
from cases.errors import MoveNotAllowed, RightMissing, StaleChange
from cases.models import Case
from cases.querysets import may
from cases.reading import locked_case, locked_for_part
from cases.reviewing import rank
from cases.waiting import end_with
from cases.workflow import MOVES, PARTS_AWAITED, Move, Status
from database.rows import planned

# What a move may change; the rest is the case's key or made by the database.
_FIELDS = [
    field
    for field in Case._meta.concrete_fields
    if field.attname not in {"id", "search", "version"} and not field.generated
]
_EVENT = (
    "insert into cases_caseevent (case_id, at, actor_id, move, before, after, data)"
    " values (%s, %s, %s, %s, %s, %s, %s) returning id"
)


@dataclass(slots=True)
class Moving:
    """The locked case inside a move; `data` goes into the event, `book` holds its clocks.

    `actor` None: the portal itself, when a term has passed. `behalf`: the absent person the
    actor stands in for with this move.
    """

    case: Case
    actor: User | None
    at: datetime
    before: str
    book: Book
    data: dict[str, Any] = field(default_factory=dict)
    behalf: int | None = None
    _along: list[tuple[str, list[Any]]] = field(default_factory=list)

    def along(self, sql: str, *values: Any) -> None:
        """Let a further change of data travel in the statement that saves the case."""
        self._along.append((sql, list(values)))


def _values(case: Case) -> list[Any]:
    return [getattr(case, field.attname) for field in _FIELDS]


def _record(step: Moving, name: str, old: list[Any]) -> None:
    """Save what differs from `old`, the next version and the event, in one statement."""
    case = step.case
    case.version += 1
    columns, values = ['"version" = %s'], [case.version]
    for field_, before, now in zip(_FIELDS, old, _values(case), strict=True):
        if now != before:
            columns.append(f'"{field_.column}" = %s')
            values.append(field_.get_db_prep_save(now, connection))
    parts = [(f"update cases_case set {', '.join(columns)} where id = %s", [*values, case.pk])]
    parts += step._along
    changes = ", ".join(f"change{at} as ({sql})" for at, (sql, _values) in enumerate(parts))
    actor = step.actor.pk if step.actor is not None else None
    data = step.data | _behalf(step)
    event = [case.pk, step.at, actor, name, step.before, case.status, Jsonb(data)]
    planned(f"with {changes} {_EVENT}", [*(v for _sql, own in parts for v in own), *event])


def _behalf(step: Moving) -> dict[str, Any]:
    """For whom it was done; his name stays with the event."""
    if step.behalf is None:
        return {}
    return {"for": step.behalf, "for_name": str(User.objects.get(pk=step.behalf))}


def _absent(case: Case, move: Move, actor: User) -> int | None:
    """Whom the actor stands in for: who gives him the right, or whose case he works on."""
    absent = stands_in_for(actor)
    if not absent:
        return None
    by_right = any(may(actor, right, case) for right in move.rights)
    if case.executor_id in absent and (Right.ANSWER_CASES in move.rights or not by_right):
        return case.executor_id
    return acting_for(actor, move.rights, case.agency_id)


def _rank(case: Case) -> float | None:
    if case.status != Status.REVIEW:
        return None
    return rank(case.risk, case.audience, case.controlled_by_id is not None, case.submitted_at)


def refuse(case: Case, name: str) -> MoveNotAllowed:
    """The refusal, naming who moved the case last and when: he came first.

    Where the case's regime never has the move, that is the reason, not what others did.
    """
    if case.regime not in MOVES[name].regimes:
        return MoveNotAllowed("no_such_move", move=name, regime=case.regime, status=case.status)
    last = case.events.select_related("actor").first()
    return MoveNotAllowed(
        "move_not_allowed",
        move=name,
        status=case.status,
        last_actor=str(last.actor) if last and last.actor else "",
        last_at=last.at if last else None,
        last_move=last.move if last else "",
    )


def _allowed(
    case: Case, move: Move, actor: User, rule: Callable[[Case, User], bool] | None
) -> bool:
    if rule is not None:
        return rule(case, actor)
    return any(may(actor, right, case) for right in move.rights)


# Nobody waits any more for what others were to contribute; it travels with the move.
_END_PARTS = (
    "update cases_participation set state = 'ended' where case_id = %s and state = 'asked'"
    " returning id"
)
_END_PART_CLOCKS = (
    "update cases_clock set stopped_at = %s,"
    " missed_at = coalesce(missed_at, case when due_at < %s then due_at end)"
    " where case_id = %s and kind = 'part' and stopped_at is null returning id"
)


def _end_parts(step: Moving) -> None:
    if step.before in PARTS_AWAITED and step.case.status not in PARTS_AWAITED:
        step.along(_END_PARTS, step.case.pk)
        step.along(_END_PART_CLOCKS, step.at, step.at, step.case.pk)


@contextmanager
def moving(
    case: Case,
    name: str,
    actor: User | None,
    *,
    version: int | None = None,
    right_checked: Callable[[Case, User], bool] | None = None,
    scope: str = Right.VIEW_CASES,
    part: int | None = None,
) -> Iterator[Moving]:
    """Frame of a move: the locked case is changed inside the `with`, then saved with its event.

    A change of its clocks (`Moving.book`) is written with it and gives it its due moment.

    `version`: the one the actor saw; another one in the database raises StaleChange.
    `right_checked`: the action's own rule of who may (a reply's author publishes it himself).
    `scope`: the right by which the case is there for the actor at all. `part`: the part he is
    asked for, which is right and scope in one.
    Raises CaseNotFound, RightMissing, MoveNotAllowed, StaleChange; then nothing is changed.
    """
    move = MOVES[name]
    with transaction.atomic():
        if part is not None and actor is not None:
            fresh = locked_for_part(case, part, actor)
        else:
            fresh = locked_case(case, actor, scope)
            if actor is not None and not _allowed(fresh, move, actor, right_checked):
                raise RightMissing("right_missing", move=name)
        if not move.fits(fresh.status, fresh.regime):
            raise refuse(fresh, name)
        if version is not None and fresh.version != version:
            raise StaleChange("stale_change", **refuse(fresh, name).params)
        old = _values(fresh)
        at = timezone.now()
        step = Moving(case=fresh, actor=actor, at=at, before=fresh.status, book=Book(fresh, at))
        step.behalf = _absent(fresh, move, actor) if actor is not None else None
        yield step
        if move.target is not None and fresh.status == step.before:
            fresh.status = move.target
        _end_parts(step)
        end_with(step)
        for sql, values in step.book.settled():
            step.along(sql, *values)
        fresh.review_rank = _rank(fresh)
        _record(step, name, old)
