"""The life cycle of a case as one table: states, moves, who may make them.

Source: domain note 9.2 (regional regulations on social-network messages, PP RF 1802 for the
feedback platform, 59-FZ). Personal control, repeats, mass events and being overdue are facts
beside the state, not states.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.roles import Right


class Status(TextChoices):
    RECEIVED = "received", _("New")
    MODERATION = "moderation", _("In moderation")
    ROUTED = "routed", _("Assigned")
    IN_WORK = "in_work", _("In work")
    APPROVAL = "approval", _("In approval")
    REVIEW = "review", _("In review")
    REWORK = "rework", _("Returned for rework")
    REDIRECT_ASKED = "redirect_asked", _("Competence dispute")
    INTERIM = "interim", _("Interim reply given")
    PLANNED = "planned", _("Planned")
    ANSWERED = "answered", _("Answered")
    REOPENED = "reopened", _("Reopened")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Rejected")
    MERGED = "merged", _("Merged")
    CEASED = "ceased", _("Correspondence ended")


S = Status
ENDED = frozenset({S.CLOSED, S.REJECTED, S.MERGED, S.CEASED})
# The citizen has his answer; nobody owes anything until he objects.
OPEN = tuple(s.value for s in Status if s not in ENDED and s != S.ANSWERED)
BEFORE_AGENCY = (S.RECEIVED, S.MODERATION, S.REJECTED, S.MERGED)


@dataclass(frozen=True, slots=True)
class Move:
    """Sources -> target, and the right it takes on the case's agency.

    `target` None: the state stays or the action decides (a reply goes to approval or review).
    `works` False: the state is part of the cycle, the move arrives with its own screen later.
    """

    title: Promise
    sources: frozenset[str]
    target: str | None
    right: str
    works: bool = True


def _move(
    title: Promise, sources: set[str], target: str | None, right: str, works: bool = True
) -> Move:
    return Move(title, frozenset(sources), target, right, works)


_AT_AGENCY = {S.ROUTED, S.IN_WORK, S.APPROVAL, S.REVIEW, S.REWORK, S.REDIRECT_ASKED}
_OPEN = set(OPEN)
MOVES: dict[str, Move] = {
    "start_moderation": _move(
        _("Start moderation"), {S.RECEIVED}, S.MODERATION, Right.MODERATE_CASES
    ),
    "amend": _move(_("Amend the card"), {S.RECEIVED, S.MODERATION}, None, Right.MODERATE_CASES),
    "reject": _move(_("Reject"), {S.MODERATION}, S.REJECTED, Right.MODERATE_CASES),
    "merge": _move(_("Merge"), {S.MODERATION}, S.MERGED, Right.MODERATE_CASES),
    "route": _move(_("Route"), {S.MODERATION, S.REOPENED}, S.ROUTED, Right.ROUTE_CASES),
    "recall_routing": _move(
        _("Recall the routing"), {S.ROUTED, S.IN_WORK}, S.MODERATION, Right.ROUTE_CASES
    ),
    "take": _move(_("Take into work"), {S.ROUTED}, S.IN_WORK, Right.ANSWER_CASES),
    "assign": _move(
        _("Assign an executor"), {S.ROUTED, S.IN_WORK, S.REWORK}, None, Right.ASSIGN_CASES
    ),
    "dispute_competence": _move(
        _("Dispute competence"),
        {S.ROUTED, S.IN_WORK},
        S.REDIRECT_ASKED,
        Right.DISPUTE_COMPETENCE,
    ),
    "redirect": _move(_("Redirect"), {S.REDIRECT_ASKED}, S.ROUTED, Right.DECIDE_DISPUTES),
    "refuse_redirect": _move(
        _("Refuse the redirect"), {S.REDIRECT_ASKED}, S.IN_WORK, Right.DECIDE_DISPUTES
    ),
    "submit_reply": _move(_("Send the reply"), {S.IN_WORK, S.REWORK}, None, Right.ANSWER_CASES),
    "withdraw_reply": _move(
        _("Withdraw the reply"), {S.APPROVAL, S.REVIEW}, S.IN_WORK, Right.ANSWER_CASES
    ),
    "return_to_author": _move(
        _("Return to the author"), {S.APPROVAL}, S.IN_WORK, Right.APPROVE_REPLIES
    ),
    "accept_reply": _move(_("Accept"), {S.REVIEW}, S.APPROVAL, Right.REVIEW_REPLIES),
    "return_for_rework": _move(
        _("Return for rework"), {S.REVIEW, S.ANSWERED}, S.REWORK, Right.REVIEW_REPLIES
    ),
    "publish": _move(_("Publish"), {S.APPROVAL}, S.ANSWERED, Right.APPROVE_REPLIES),
    "recall_publication": _move(
        _("Recall the publication"), {S.ANSWERED}, S.APPROVAL, Right.APPROVE_REPLIES
    ),
    "correct_reply": _move(_("Correct the reply"), {S.ANSWERED}, S.IN_WORK, Right.APPROVE_REPLIES),
    "close": _move(_("Close"), {S.ANSWERED}, S.CLOSED, Right.CLOSE_CASES),
    "reopen": _move(_("Reopen"), {S.CLOSED}, S.REOPENED, Right.CLOSE_CASES),
    "resume": _move(_("Return to the agency"), {S.REOPENED}, S.IN_WORK, Right.ROUTE_CASES),
    # Facts beside the state, changed in the same way.
    "set_control": _move(
        _("Put under personal control"), {*_OPEN, S.ANSWERED}, None, Right.CONTROL_CASES
    ),
    "lift_control": _move(
        _("Lift personal control"), {*_OPEN, S.ANSWERED, S.CLOSED}, None, Right.LIFT_CONTROL
    ),
    "extend": _move(_("Extend the deadline"), _AT_AGENCY, None, Right.EXTEND_DEADLINES),
    "add_note": _move(_("Internal note"), set(Status), None, Right.WRITE_NOTES),
    # The rest of the table: interim and planned replies, end of correspondence.
    "give_interim": _move(
        _("Give an interim reply"), {S.APPROVAL}, S.INTERIM, Right.APPROVE_REPLIES, works=False
    ),
    "submit_after_interim": _move(
        _("Send the final reply"), {S.INTERIM}, S.APPROVAL, Right.ANSWER_CASES, works=False
    ),
    "plan": _move(_("Plan"), {S.APPROVAL}, S.PLANNED, Right.APPROVE_REPLIES, works=False),
    "resume_planned": _move(
        _("Take up a planned case"), {S.PLANNED}, S.IN_WORK, Right.ANSWER_CASES, works=False
    ),
    "cease": _move(
        _("End the correspondence"), _OPEN, S.CEASED, Right.APPROVE_REPLIES, works=False
    ),
}
