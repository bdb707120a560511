"""Every working move with its form and action: pages and API are built from this table.

Adding a move = a row in `workflow.MOVES`, an action, a row here; page, API route, access test
and OpenAPI entry follow by themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agencies.models import User
from cases import actions, forms
from cases.actions.moving import refuse
from cases.actions.publication import may_publish
from cases.actions.replies import may_withdraw
from cases.errors import RightMissing
from cases.models import Case, Reply
from cases.querysets import may
from cases.workflow import MOVES, Move


@dataclass(frozen=True, slots=True)
class Door:
    name: str
    form: type[forms.MoveForm]
    perform: Callable[..., Any]

    @property
    def move(self) -> Move:
        return MOVES[self.name]

    @property
    def slug(self) -> str:
        """In addresses: /cases/26-048213/return-for-rework/."""
        return self.name.replace("_", "-")


_TABLE: tuple[tuple[str, type[forms.MoveForm]], ...] = (
    ("start_moderation", forms.EmptyForm),
    ("amend", forms.AmendForm),
    ("reject", forms.RejectForm),
    ("merge", forms.MergeForm),
    ("route", forms.AgencyForm),
    ("recall_routing", forms.ReasonTextForm),
    ("take", forms.EmptyForm),
    ("assign", forms.AssignForm),
    ("dispute_competence", forms.DisputeForm),
    ("redirect", forms.AgencyForm),
    ("refuse_redirect", forms.NoteForm),
    ("submit_reply", forms.ReplyForm),
    ("withdraw_reply", forms.EmptyForm),
    ("return_to_author", forms.RemarkForm),
    ("accept_reply", forms.AcceptForm),
    ("return_for_rework", forms.ReworkForm),
    ("publish", forms.PublishForm),
    ("recall_publication", forms.ReasonTextForm),
    ("correct_reply", forms.ReasonTextForm),
    ("close", forms.CloseForm),
    ("reopen", forms.ReasonTextForm),
    ("resume", forms.NoteForm),
    ("set_control", forms.ControlForm),
    ("lift_control", forms.ReasonTextForm),
    ("extend", forms.ExtendForm),
    ("add_note", forms.NoteTextForm),
)
DOORS: dict[str, Door] = {
    name: Door(name=name, form=form, perform=getattr(actions, name)) for name, form in _TABLE
}


# Moves that also depend on whose reply it is: their actions ask the same.
_OWN_RULE: dict[str, Callable[[Case, User, Reply | None], bool]] = {
    "publish": may_publish,
    "withdraw_reply": may_withdraw,
}


def _allowed(door: Door, case: Case, user: User, latest: Reply | None) -> bool:
    rule = _OWN_RULE.get(door.name)
    return rule(case, user, latest) if rule else may(user, door.move.right, case)


def open_doors(case: Case, user: User, latest: Reply | None) -> list[Door]:
    """The moves this person may make on this case now.

    `latest`: its newest reply. One query at most: the thresholds, where an author may publish.
    """
    return [
        door
        for door in DOORS.values()
        if case.status in door.move.sources and _allowed(door, case, user, latest)
    ]


def ensure_open(door: Door, case: Case, user: User) -> None:
    """Refuse before any form is shown or filled in: 403 without the right, 409 in a wrong state.

    The action checks again under the lock; this keeps a form's choices from those it is not for.
    """
    if not _allowed(door, case, user, None):
        raise RightMissing("right_missing", move=door.name)
    if case.status not in door.move.sources:
        raise refuse(case, door.name)
