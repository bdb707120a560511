"""Lock, check, change, record: the frame of every move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.models import User
from cases.errors import CaseNotFound, MoveNotAllowed, RightMissing, StaleChange
from cases.models import Case, CaseEvent
from cases.querysets import may
from cases.workflow import MOVES

_SKIP = {"id", "is_open", "search"}


@dataclass(slots=True)
class Moving:
    """The locked case inside a move; `data` goes into the event."""

    case: Case
    actor: User
    at: datetime
    before: str
    data: dict[str, Any] = field(default_factory=dict)


def _values(case: Case) -> dict[str, Any]:
    deferred = case.get_deferred_fields()
    return {
        f.attname: getattr(case, f.attname)
        for f in case._meta.concrete_fields
        if f.attname not in _SKIP and f.attname not in deferred
    }


def locked_case(case: Case, actor: User) -> Case:
    """The case under a row lock, if `actor` may see it at all; else CaseNotFound (404)."""
    found = (
        Case.objects.visible_to(actor)
        .select_related("agency", "topic", "territory", "channel", "citizen", "event")
        .defer("search")
        .select_for_update(of=("self",))
        .filter(pk=case.pk)
        .first()
    )
    if found is None:
        raise CaseNotFound("case_not_found")
    return found


def save_changes(case: Case, old: dict[str, Any]) -> list[str]:
    """Save the fields that differ from `old`, with the next version; their names."""
    changed = [name for name, value in _values(case).items() if value != old[name]]
    case.version += 1
    case.save(update_fields=[*changed, "version"])
    return changed


def refuse(case: Case, name: str) -> MoveNotAllowed:
    """The refusal, naming who moved the case last and when: he came first."""
    last = case.events.select_related("actor").first()
    return MoveNotAllowed(
        "move_not_allowed",
        move=name,
        status=case.status,
        last_actor=str(last.actor) if last and last.actor else "",
        last_at=last.at if last else None,
        last_move=last.move if last else "",
    )


@contextmanager
def moving(
    case: Case,
    name: str,
    actor: User,
    *,
    version: int | None = None,
    right_checked: Callable[[Case, User], bool] | None = None,
) -> Iterator[Moving]:
    """Frame of a move: the locked case is changed inside the `with`, then saved with its event.

    `version`: the one the actor saw; another one in the database raises StaleChange.
    `right_checked`: the action's own rule of who may (a reply's author publishes it himself).
    Raises CaseNotFound, RightMissing, MoveNotAllowed, StaleChange; then nothing is changed.
    """
    move = MOVES[name]
    with transaction.atomic():
        fresh = locked_case(case, actor)
        allowed = right_checked(fresh, actor) if right_checked else may(actor, move.right, fresh)
        if not allowed:
            raise RightMissing("right_missing", move=name)
        if fresh.status not in move.sources:
            raise refuse(fresh, name)
        if version is not None and fresh.version != version:
            raise StaleChange("stale_change", **refuse(fresh, name).params)
        old = _values(fresh)
        step = Moving(case=fresh, actor=actor, at=timezone.now(), before=fresh.status)
        yield step
        if move.target is not None and fresh.status == step.before:
            fresh.status = move.target
        save_changes(fresh, old)
        CaseEvent.objects.create(
            case=fresh,
            at=step.at,
            actor=actor,
            move=name,
            before=step.before,
            after=fresh.status,
            data=step.data,
        )
