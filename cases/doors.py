"""Every working move with its form and action: pages and API are built from this table.

Adding a move = a row in `workflow.MOVES`, an action, a row here; page, API route, access test
and OpenAPI entry follow by themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agencies.models import User
from cases import actions, forms, forms_appeals, forms_parts, forms_promises, forms_replies
from cases.actions.moderation import may_confirm, may_decline
from cases.actions.moving import refuse
from cases.actions.publication import may_publish, ready
from cases.actions.replies import may_withdraw
from cases.actions.review import may_dispute
from cases.errors import RightMissing
from cases.forms_events import JoinEventForm, JudgeRepeatForm, LeaveEventForm
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
    ("register_appeal", forms_appeals.RegisterAppealForm),
    ("amend", forms.AmendForm),
    ("reject", forms.RejectForm),
    ("confirm_rejection", forms.NoteForm),
    ("decline_rejection", forms.DeclineForm),
    ("merge", forms.MergeForm),
    ("route", forms.AgencyForm),
    ("split", forms_parts.SplitForm),
    ("recall_routing", forms.ReasonTextForm),
    ("take", forms.EmptyForm),
    ("assign", forms.AssignForm),
    ("respond_first", forms.FirstResponseForm),
    ("dispute_competence", forms.DisputeForm),
    ("redirect", forms.AgencyForm),
    ("refuse_redirect", forms.NoteForm),
    ("forward_appeal", forms_appeals.ForwardAppealForm),
    ("short_notice", forms_appeals.ShortNoticeForm),
    ("submit_reply", forms_replies.ReplyForm),
    ("withdraw_reply", forms.EmptyForm),
    ("return_to_author", forms_replies.RemarkForm),
    ("accept_reply", forms_replies.AcceptForm),
    ("return_for_rework", forms_replies.ReworkForm),
    ("dispute_return", forms_replies.ObjectionForm),
    ("judge_reply", forms_replies.JudgeForm),
    ("undo_verdict", forms.EmptyForm),
    ("publish", forms_replies.PublishForm),
    ("give_interim", forms_replies.PostedForm),
    ("plan", forms_replies.PlanForm),
    ("resume_planned", forms.NoteForm),
    ("add_promise", forms_promises.AddPromiseForm),
    ("keep_promise", forms_promises.KeepPromiseForm),
    ("move_promise", forms_promises.MovePromiseForm),
    ("ask_citizen", forms_parts.AskCitizenForm),
    ("citizen_answered", forms_parts.CitizenAnsweredForm),
    ("ask_part", forms_parts.AskPartForm),
    ("withdraw_part", forms_parts.WithdrawPartForm),
    ("return_part", forms_parts.ReturnPartForm),
    ("recall_publication", forms.ReasonTextForm),
    ("correct_reply", forms.ReasonTextForm),
    ("record_mark", forms.MarkForm),
    ("close", forms.CloseForm),
    ("reopen", forms.ReopenForm),
    ("resume", forms.NoteForm),
    ("cease", forms_appeals.CeaseForm),
    ("set_control", forms.ControlForm),
    ("propose_lifting", forms.OutcomeForm),
    ("decline_lifting", forms.DeclineForm),
    ("lift_control", forms.ReasonTextForm),
    ("extend", forms.ExtendForm),
    ("extend_appeal", forms_appeals.ExtendAppealForm),
    ("join_event", JoinEventForm),
    ("leave_event", LeaveEventForm),
    ("judge_repeat", JudgeRepeatForm),
    ("add_note", forms.NoteTextForm),
)
DOORS: dict[str, Door] = {
    name: Door(name=name, form=form, perform=getattr(actions, name)) for name, form in _TABLE
}


# Moves that also depend on whose reply it is or who proposed them: their actions ask the same.
_OWN_RULE: dict[str, Callable[[Case, User, Reply | None], bool]] = {
    "publish": ready("publish"),
    "give_interim": ready("give_interim"),
    "plan": ready("plan"),
    "withdraw_reply": may_withdraw,
    "dispute_return": may_dispute,
    "confirm_rejection": may_confirm,
    "decline_rejection": may_decline,
}


def _allowed(door: Door, case: Case, user: User, latest: Reply | None) -> bool:
    rule = _OWN_RULE.get(door.name)
    if rule is not None:
        return rule(case, user, latest)
    return any(may(user, right, case) for right in door.move.rights)


def _holds(door: Door, case: Case, user: User) -> bool:
    """The right alone: what stands in the way besides is said by the action, in words."""
    if door.name in ("withdraw_reply", "dispute_return"):
        return may_withdraw(case, user)
    if door.name in ("publish", "give_interim"):
        return may_publish(case, user)
    return any(may(user, right, case) for right in door.move.rights)


# History without its texts has an answer and no reply to take back.
_OF_A_REPLY = ("recall_publication", "correct_reply")


def _offered(door: Door, case: Case) -> bool:
    """What the right and the state allow, but the case has no use for (no query)."""
    if door.name == "reject":
        return case.rejection_by_id is None
    if door.name == "route":
        return case.rejection_by_id is None
    if door.name == "split":
        return case.rejection_by_id is None and not case.split_part
    if door.name == "propose_lifting":
        return case.controlled_by_id is not None and not getattr(case, "lifting_proposed", False)
    if door.name == "decline_lifting":
        return bool(getattr(case, "lifting_proposed", False))
    if door.name in ("keep_promise", "move_promise"):
        # Asked for with the page as well.
        return bool(getattr(case, "has_open_promise", False))
    if door.name == "ask_citizen":
        return case.waiting_until is None
    if door.name == "citizen_answered":
        return case.waiting_until is not None
    if door.name == "withdraw_part":
        return bool(getattr(case, "has_asked_part", False))
    if door.name == "return_part":
        return bool(getattr(case, "has_given_part", False))
    if door.name in ("judge_reply", "undo_verdict"):
        return False  # given and taken back on the review desk
    if door.name in ("leave_event", "judge_repeat"):
        return False  # on the event's page; on the page of repeats, both texts side by side
    if door.name == "join_event":
        return case.event_id is None
    if door.name == "respond_first":
        # Asked for with the page: whether the region keeps this term.
        return bool(getattr(case, "awaits_first_response", False))
    return True


def open_doors(case: Case, user: User, latest: Reply | None) -> list[Door]:
    """The moves this person may make on this case now.

    `latest`: its newest reply. One query at most: the thresholds, where an author may publish.
    """
    return [
        door
        for door in DOORS.values()
        if door.move.fits(case.status, case.regime)
        and _offered(door, case)
        and (latest is not None or door.name not in _OF_A_REPLY)
        and _allowed(door, case, user, latest)
    ]


def why_shut(door: Door, case: Case, user: User) -> str:
    """The code of what keeps this person from the move on this case now; empty where nothing does
    (no query: for lists of cases)."""
    if not _holds(door, case, user):
        return "bulk_right"
    if case.regime not in door.move.regimes:
        return "bulk_regime"
    if not door.move.fits(case.status, case.regime):
        return "bulk_state"
    return "" if _offered(door, case) else "bulk_unfit"


def ensure_open(door: Door, case: Case, user: User) -> None:
    """Refuse before any form is shown or filled in: 403 without the right, 409 in a wrong state
    or regime.

    The action checks again under the lock; this keeps a form's choices from those it is not for.
    """
    if not _holds(door, case, user):
        raise RightMissing("right_missing", move=door.name)
    if not door.move.fits(case.status, case.regime):
        raise refuse(case, door.name)
