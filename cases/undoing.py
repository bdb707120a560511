"""What was done to many cases at once, taken back: by the moves the life cycle has for it.

An inverse leaves a case where it stood before, with an event of its own; what has none (a note, a
beginning of moderation, the return of a reopened case) is not offered. A case somebody went on with
stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_anywhere
from agencies.models import Agency, User
from cases import actions
from cases.actions.review import UNDO as VERDICT
from cases.errors import BadChange, MoveNotAllowed
from cases.models import BulkRow, BulkRun, Case, CaseEvent, Draft
from cases.workflow import MOVES, Status

WITHIN = timedelta(minutes=15)  # from the beginning of what is taken back
LONGEST_REASON = 500
REASON = _("The action for many cases was a mistake")  # where nobody says another one


class Undo(Protocol):
    """`event`: what the run wrote into the history of this case, the last of it."""

    def __call__(
        self, case: Case, event: CaseEvent, *, actor: User, reason: str, version: int
    ) -> Case: ...


def _route(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    if event.before != Status.MODERATION:
        raise BadChange("undo_no_way")
    return actions.recall_routing(case, actor=actor, reason=reason, version=version)


def _recall(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    if event.before != Status.ROUTED:
        raise BadChange("undo_no_way")  # its executor would not come back
    agency = Agency.objects.get(pk=event.data["agency"])
    return actions.route(case, actor=actor, agency=agency, note=reason, version=version)


def _hand_back(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    before = event.data.get("before")
    if before == case.executor_id:
        raise BadChange("undo_no_way")  # it was with this person already
    return actions.hand_over(
        case,
        actor=actor,
        executor=User.objects.get(pk=before) if before else None,
        reason=reason,
        undone=event,
        version=version,
    )


def _reject(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    if event.after == Status.REJECTED:
        raise BadChange("undo_no_way")
    return actions.decline_rejection(case, actor=actor, note=reason, version=version)


def _set_control(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    if not case.controls.filter(lifted_at=None, set_at=event.at).exists():
        raise BadChange("undo_no_way")  # it was under control before, for something else
    return actions.lift_control(case, actor=actor, reason=reason, version=version)


def _lift_control(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    lifted = case.controls.get(lifted_at=event.at)
    return actions.set_control(
        case,
        actor=actor,
        reason=lifted.reason,
        until=lifted.until_on,
        resolution=lifted.resolution,
        version=version,
    )


def _propose(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.decline_lifting(case, actor=actor, note=reason, version=version)


def _return(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.undo_verdict(
        case, actor=actor, reason=reason, version=version, within=max(WITHIN, VERDICT)
    )


def _close(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.undo_close(case, actor=actor, undone=event, reason=reason, version=version)


def _extend(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.undo_extend(case, actor=actor, undone=event, reason=reason, version=version)


def _redirect(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.undo_redirect(case, actor=actor, undone=event, reason=reason, version=version)


def _merge(case: Case, event: CaseEvent, *, actor: User, reason: str, version: int) -> Case:
    return actions.undo_merge(case, actor=actor, undone=event, reason=reason, version=version)


@dataclass(frozen=True, slots=True)
class Inverse:
    """The move that takes another one back. `own`: open to whoever made that one, without more."""

    move: str
    perform: Undo
    own: bool = False


INVERSES: Mapping[str, Inverse] = {
    "route": Inverse("recall_routing", _route),
    "recall_routing": Inverse("route", _recall),
    "take": Inverse("hand_over", _hand_back, own=True),
    "assign": Inverse("hand_over", _hand_back),
    "reject": Inverse("decline_rejection", _reject),
    "set_control": Inverse("lift_control", _set_control),
    "lift_control": Inverse("set_control", _lift_control),
    "propose_lifting": Inverse("decline_lifting", _propose),
    "return_for_rework": Inverse("undo_verdict", _return),
    "close": Inverse("undo_close", _close),
    "extend": Inverse("undo_extend", _extend),
    "redirect": Inverse("undo_redirect", _redirect),
    "merge": Inverse("undo_merge", _merge),
}


def title_of(made: BulkRun) -> Promise | str:
    """What taking the run back will do to its cases, as the life cycle calls it."""
    inverse = INVERSES.get(made.move)
    return MOVES[inverse.move].title if inverse and inverse.move != "hand_over" else ""


def may_undo(made: BulkRun, user: User) -> bool:
    """One's own run, with an inverse one has the right to, in its time and once (a query)."""
    inverse = INVERSES.get(made.move)
    return (
        inverse is not None
        and made.undoes_id is None
        and made.actor_id == user.pk
        and timezone.now() - made.at <= WITHIN
        and (inverse.own or holds_anywhere(user, MOVES[inverse.move].rights))
        and not BulkRun.objects.filter(undoes=made).exists()
    )


def undoable(made: BulkRun) -> int:
    """How many of its cases nobody has gone on with (one query)."""
    return _done(made).filter(case__version=F("after")).count()


def _done(made: BulkRun) -> "QuerySet[BulkRow]":
    return made.rows.filter(state=BulkRow.State.DONE, after__isnull=False)


@transaction.atomic
def start(made: BulkRun, user: User, reason: str) -> BulkRun:
    """Write down what is to be taken back: every case the run moved.

    MoveNotAllowed: `undo_over` (too late, done already, without an inverse), `undo_running` (the
    run is under way).
    """
    made = BulkRun.objects.select_for_update().get(pk=made.pk)
    if not may_undo(made, user):
        raise MoveNotAllowed("undo_over")
    if made.rows.filter(state=BulkRow.State.WAITING).exists():
        raise MoveNotAllowed("undo_running")
    back = BulkRun.objects.create(
        actor=user,
        move=INVERSES[made.move].move,
        values={"reason": [reason]},
        undoes=made,
    )
    BulkRow.objects.bulk_create(
        (
            BulkRow(run=back, case_id=case, version=after)
            for case, after in _done(made).order_by("id").values_list("case", "after")
        ),
        batch_size=500,
    )
    return back


def take_back(back: BulkRun, case: Case, row: BulkRow, actor: User) -> Case:
    """Make the inverse for one case; CaseError where it cannot be."""
    made = back.undoes
    assert made is not None
    assert row.version is not None
    if case.version != row.version:
        raise BadChange("undo_touched")
    events = case.events.order_by("-pk")
    event = events.filter(move=made.move, actor=made.actor_id, at__gte=made.at).first()
    if event is None or _touched(case, event, actor):
        raise BadChange("undo_touched")
    reason = back.values["reason"][0]
    return INVERSES[made.move].perform(case, event, actor=actor, reason=reason, version=row.version)


def _touched(case: Case, event: CaseEvent, actor: User) -> bool:
    """A file was put to it or a text begun: neither is a move."""
    if case.events.filter(pk__gt=event.pk, actor__isnull=False).exists():
        return True
    written = Draft.objects.filter(case=case, saved_at__gt=event.at).exclude(author=actor)
    if reply := event.data.get("reply"):
        # A returned text stands in its author's editor by the return itself.
        written = written.exclude(text__in=case.replies.filter(pk=reply).values("text"))
    return written.exists()


__all__ = [
    "INVERSES",
    "LONGEST_REASON",
    "REASON",
    "WITHIN",
    "may_undo",
    "start",
    "take_back",
    "title_of",
    "undoable",
]
