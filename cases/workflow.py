"""The life cycle of a case as one table: states, moves, who may make them.

Source: domain note 9.2 (regional regulations on social-network messages, PP RF 1802 for the
feedback platform, 59-FZ). Personal control, repeats, mass events and being overdue are facts
beside the state, not states. A regime has only the moves that name it: an appeal by 59-FZ is
never rejected, a message of a social network has no outgoing number.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.roles import Right


class Regime(TextChoices):
    """The legal world a case lives in; each has its own clocks and moves."""

    SOCIAL = "social", _("social networks")
    POS = "pos", _("feedback platform")
    LAW59 = "law59", _("59-FZ")
    PORTAL = "portal", _("regional portal")
    HOTLINE = "hotline", _("hotline")
    INTERNAL = "internal", _("internal")


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
R = Regime
ENDED = frozenset({S.CLOSED, S.REJECTED, S.MERGED, S.CEASED})
# The citizen has his answer; nobody owes anything until he objects.
OPEN = tuple(s.value for s in Status if s not in ENDED and s != S.ANSWERED)
BEFORE_AGENCY = (S.RECEIVED, S.MODERATION, S.REJECTED, S.MERGED)

EVERY = frozenset(Regime)
LAW59 = frozenset({R.LAW59})
NOT_LAW59 = EVERY - LAW59
# The citizen gives a mark and may be given an interim reply; 59-FZ knows an extension instead.
MARKED = frozenset({R.SOCIAL, R.POS, R.PORTAL, R.HOTLINE})


@dataclass(frozen=True, slots=True)
class Move:
    """Sources -> target, the right it takes on the case's agency, the regimes that have it.

    `target` None: the state stays or the action decides (a reply goes to approval or review).
    `also`: rights that open it as well. `system`: made by the portal itself when a term has
    passed (actor None); it has no page. `many`: made for many cases from a page of its own, with
    values no form of one case asks for. `part`: made on the page of a part, by who is asked for
    it and sees nothing else of the case. `bulk`: one form may serve many chosen cases (cases.many);
    a text, its acceptance and publication are one case's own.
    """

    title: Promise
    sources: frozenset[str]
    target: str | None
    right: str
    regimes: frozenset[str] = EVERY
    also: frozenset[str] = frozenset()
    system: bool = False
    many: bool = False
    part: bool = False
    bulk: bool = False

    @property
    def rights(self) -> frozenset[str]:
        """Any one of them opens the move."""
        return self.also | {self.right}

    def fits(self, status: str, regime: str) -> bool:
        """Whether a case in this state and regime has the move at all."""
        return status in self.sources and regime in self.regimes


def _move(
    title: Promise,
    sources: set[str],
    target: str | None,
    right: str,
    regimes: frozenset[str] = EVERY,
    *,
    also: frozenset[str] = frozenset(),
    system: bool = False,
    many: bool = False,
    part: bool = False,
    bulk: bool = False,
) -> Move:
    return Move(title, frozenset(sources), target, right, regimes, also, system, many, part, bulk)


_AT_AGENCY = {S.ROUTED, S.IN_WORK, S.APPROVAL, S.REVIEW, S.REWORK, S.REDIRECT_ASKED}
_OPEN = set(OPEN)
# While a case is in one of these, what others contribute to it is awaited; left, it is not.
PARTS_AWAITED = frozenset({*_AT_AGENCY, S.INTERIM, S.PLANNED, S.REOPENED})
_PARTS = set(PARTS_AWAITED)
_ASKERS = frozenset({Right.APPROVE_REPLIES})
# The citizen has an answer that may hold promises.
_PROMISED = {S.IN_WORK, S.REWORK, S.INTERIM, S.PLANNED, S.ANSWERED, S.REOPENED, S.CLOSED}
# Where a reply may stand that was drawn for review, and what a verdict leads to.
_JUDGED = {S.APPROVAL, S.REWORK, S.IN_WORK, *_PROMISED}
MOVES: dict[str, Move] = {
    "start_moderation": _move(
        _("Start moderation"),
        {S.RECEIVED},
        S.MODERATION,
        Right.MODERATE_CASES,
        NOT_LAW59,
        bulk=True,
    ),
    "register_appeal": _move(
        _("Register the appeal"), {S.RECEIVED}, S.MODERATION, Right.MODERATE_CASES, LAW59
    ),
    "amend": _move(_("Amend the card"), {S.RECEIVED, S.MODERATION}, None, Right.MODERATE_CASES),
    "reject": _move(_("Reject"), {S.MODERATION}, None, Right.MODERATE_CASES, NOT_LAW59, bulk=True),
    "confirm_rejection": _move(
        _("Confirm the rejection"), {S.MODERATION}, S.REJECTED, Right.MODERATE_CASES, NOT_LAW59
    ),
    "decline_rejection": _move(
        _("Decline the rejection"), {S.MODERATION}, None, Right.MODERATE_CASES, NOT_LAW59
    ),
    "merge": _move(
        _("Merge"), {S.MODERATION}, S.MERGED, Right.MODERATE_CASES, NOT_LAW59, bulk=True
    ),
    # Undone for a short time after a move for many (cases.undoing).
    "undo_merge": _move(
        _("Undo the merge"),
        {S.MERGED},
        S.MODERATION,
        Right.MODERATE_CASES,
        NOT_LAW59,
        many=True,
    ),
    "route": _move(_("Route"), {S.MODERATION, S.REOPENED}, S.ROUTED, Right.ROUTE_CASES, bulk=True),
    # 59-FZ, article 8 (4): each question to the agency it belongs to.
    "split": _move(_("Split to several agencies"), {S.MODERATION}, S.ROUTED, Right.ROUTE_CASES),
    "recall_routing": _move(
        _("Recall the routing"), {S.ROUTED, S.IN_WORK}, S.MODERATION, Right.ROUTE_CASES, bulk=True
    ),
    "take": _move(_("Take into work"), {S.ROUTED}, S.IN_WORK, Right.ANSWER_CASES, bulk=True),
    "assign": _move(
        _("Assign an executor"),
        {S.ROUTED, S.IN_WORK, S.REWORK, S.INTERIM, S.PLANNED},
        None,
        Right.ASSIGN_CASES,
        bulk=True,
    ),
    # Of a person who leaves or an agency that ends; made for many at once (cases.handover).
    "hand_over": _move(
        _("Hand over"),
        {*_AT_AGENCY, S.INTERIM, S.PLANNED, S.REOPENED},
        None,
        Right.ASSIGN_CASES,
        also=frozenset({Right.ROUTE_CASES, Right.MANAGE_AGENCIES}),
        many=True,
    ),
    "respond_first": _move(
        _("Record the first response"),
        {S.RECEIVED, S.MODERATION, S.ROUTED, S.IN_WORK},
        None,
        Right.ANSWER_CASES,
        frozenset({R.SOCIAL}),
        also=frozenset({Right.MODERATE_CASES}),
    ),
    "dispute_competence": _move(
        _("Dispute competence"),
        {S.ROUTED, S.IN_WORK},
        S.REDIRECT_ASKED,
        Right.DISPUTE_COMPETENCE,
    ),
    "redirect": _move(
        _("Redirect"), {S.REDIRECT_ASKED}, S.ROUTED, Right.DECIDE_DISPUTES, bulk=True
    ),
    "undo_redirect": _move(
        _("Undo the redirect"), {S.ROUTED}, S.REDIRECT_ASKED, Right.DECIDE_DISPUTES, many=True
    ),
    "refuse_redirect": _move(
        _("Refuse the redirect"), {S.REDIRECT_ASKED}, S.IN_WORK, Right.DECIDE_DISPUTES
    ),
    "forward_appeal": _move(
        _("Redirect to another body"),
        {S.MODERATION, S.ROUTED, S.IN_WORK, S.REDIRECT_ASKED},
        S.CLOSED,
        Right.ROUTE_CASES,
        LAW59,
    ),
    "short_notice": _move(
        _("Send a notice instead of a reply"),
        {S.MODERATION, S.ROUTED, S.IN_WORK},
        S.CLOSED,
        Right.MODERATE_CASES,
        LAW59,
        also=frozenset({Right.APPROVE_REPLIES}),
    ),
    "submit_reply": _move(
        _("Send the reply"), {S.IN_WORK, S.REWORK, S.INTERIM}, None, Right.ANSWER_CASES
    ),
    "withdraw_reply": _move(
        _("Withdraw the reply"), {S.APPROVAL, S.REVIEW}, S.IN_WORK, Right.ANSWER_CASES
    ),
    "return_to_author": _move(
        _("Return to the author"), {S.APPROVAL}, S.IN_WORK, Right.APPROVE_REPLIES
    ),
    "accept_reply": _move(_("Accept"), {S.REVIEW}, S.APPROVAL, Right.REVIEW_REPLIES),
    "return_for_rework": _move(
        _("Return for rework"), {S.REVIEW, S.ANSWERED}, S.REWORK, Right.REVIEW_REPLIES, bulk=True
    ),
    "dispute_return": _move(_("Object to the return"), {S.REWORK}, S.REVIEW, Right.ANSWER_CASES),
    "judge_reply": _move(_("Judge the reply"), _JUDGED, None, Right.REVIEW_REPLIES),
    "undo_verdict": _move(_("Undo the verdict"), _JUDGED, None, Right.REVIEW_REPLIES),
    "publish": _move(_("Publish"), {S.APPROVAL}, S.ANSWERED, Right.APPROVE_REPLIES),
    "give_interim": _move(
        _("Give an interim reply"), {S.APPROVAL}, S.INTERIM, Right.APPROVE_REPLIES, MARKED
    ),
    "plan": _move(
        _("Plan the works"),
        {S.APPROVAL},
        S.PLANNED,
        Right.APPROVE_REPLIES,
        MARKED | LAW59,
        also=frozenset({Right.REVIEW_REPLIES}),
    ),
    "resume_planned": _move(
        _("Take up the planned works"), {S.PLANNED}, S.IN_WORK, Right.ANSWER_CASES, MARKED | LAW59
    ),
    "add_promise": _move(
        _("Record a promise"),
        _PROMISED,
        None,
        Right.ANSWER_CASES,
        also=frozenset({Right.APPROVE_REPLIES, Right.REVIEW_REPLIES}),
    ),
    "keep_promise": _move(
        _("Report a promise as kept"),
        _PROMISED,
        None,
        Right.ANSWER_CASES,
        also=frozenset({Right.APPROVE_REPLIES}),
    ),
    "move_promise": _move(
        _("Move a promised day"),
        _PROMISED,
        None,
        Right.APPROVE_REPLIES,
        also=frozenset({Right.REVIEW_REPLIES}),
    ),
    "promise_due": _move(
        _("A promised day has come"), set(Status), None, Right.ANSWER_CASES, system=True
    ),
    "promise_broken": _move(
        _("A promise was not kept"), set(Status), None, Right.REVIEW_REPLIES, system=True
    ),
    # The only pause; the terms say from when until when (cases.waiting).
    "ask_citizen": _move(
        _("Ask the citizen"),
        {S.IN_WORK, S.REWORK},
        None,
        Right.ANSWER_CASES,
        frozenset({R.SOCIAL}),
    ),
    "citizen_answered": _move(
        _("Record the citizen's answer"),
        {S.IN_WORK, S.REWORK},
        None,
        Right.ANSWER_CASES,
        frozenset({R.SOCIAL}),
        also=frozenset({Right.MODERATE_CASES}),
    ),
    "waiting_over": _move(
        _("The citizen did not answer"),
        {S.IN_WORK, S.REWORK},
        None,
        Right.ANSWER_CASES,
        frozenset({R.SOCIAL}),
        system=True,
    ),
    "ask_part": _move(
        _("Ask for a contribution"),
        _PARTS - {S.REDIRECT_ASKED, S.REOPENED},
        None,
        Right.ANSWER_CASES,
        also=_ASKERS,
    ),
    "withdraw_part": _move(_("Withdraw a request"), _PARTS, None, Right.ANSWER_CASES, also=_ASKERS),
    "return_part": _move(
        _("Return a contribution"),
        _PARTS - {S.REDIRECT_ASKED, S.REOPENED},
        None,
        Right.ANSWER_CASES,
        also=_ASKERS,
    ),
    "give_part": _move(_("Give the contribution"), _PARTS, None, Right.CONTRIBUTE, part=True),
    "recall_publication": _move(
        _("Recall the publication"), {S.ANSWERED}, S.APPROVAL, Right.APPROVE_REPLIES
    ),
    "correct_reply": _move(_("Correct the reply"), {S.ANSWERED}, S.IN_WORK, Right.APPROVE_REPLIES),
    "record_mark": _move(
        _("Record the author's mark"), {S.ANSWERED}, None, Right.MODERATE_CASES, MARKED
    ),
    "close": _move(_("Close"), {S.ANSWERED}, S.CLOSED, Right.CLOSE_CASES, bulk=True),
    "undo_close": _move(
        _("Undo the closing"), {S.CLOSED}, S.ANSWERED, Right.CLOSE_CASES, many=True
    ),
    "close_unmarked": _move(
        _("Close without a mark"),
        {S.ANSWERED},
        S.CLOSED,
        Right.CLOSE_CASES,
        frozenset({R.SOCIAL}),
        system=True,
    ),
    "reopen": _move(_("Reopen"), {S.CLOSED}, S.REOPENED, Right.CLOSE_CASES),
    "resume": _move(
        _("Return to the agency"), {S.REOPENED}, S.IN_WORK, Right.ROUTE_CASES, bulk=True
    ),
    "cease": _move(
        _("End the correspondence"),
        {S.ROUTED, S.IN_WORK, S.REWORK, S.REOPENED},
        S.CEASED,
        Right.APPROVE_REPLIES,
        LAW59,
    ),
    # Facts beside the state, changed in the same way.
    "set_control": _move(
        _("Put under personal control"), {*_OPEN, S.ANSWERED}, None, Right.CONTROL_CASES, bulk=True
    ),
    "propose_lifting": _move(
        _("Propose to lift personal control"),
        {*_OPEN, S.ANSWERED, S.CLOSED},
        None,
        Right.CONTROL_CASES,
        bulk=True,
    ),
    "decline_lifting": _move(
        _("Keep under personal control"),
        {*_OPEN, S.ANSWERED, S.CLOSED},
        None,
        Right.LIFT_CONTROL,
    ),
    "lift_control": _move(
        _("Lift personal control"),
        {*_OPEN, S.ANSWERED, S.CLOSED},
        None,
        Right.LIFT_CONTROL,
        bulk=True,
    ),
    "extend": _move(
        _("Extend the deadline"), _AT_AGENCY, None, Right.EXTEND_DEADLINES, NOT_LAW59, bulk=True
    ),
    "undo_extend": _move(
        _("Undo the extension"), _AT_AGENCY, None, Right.EXTEND_DEADLINES, NOT_LAW59, many=True
    ),
    "extend_appeal": _move(
        _("Extend the appeal's term"),
        {S.ROUTED, S.IN_WORK, S.APPROVAL, S.REVIEW, S.REWORK},
        None,
        Right.APPROVE_REPLIES,
        LAW59,
    ),
    "add_note": _move(_("Internal note"), set(Status), None, Right.WRITE_NOTES, bulk=True),
    "join_event": _move(
        _("Join to a mass event"),
        set(Status) - {S.REJECTED, S.MERGED},
        None,
        Right.ROUTE_CASES,
        also=frozenset({Right.CLOSE_CASES}),
    ),
    "leave_event": _move(
        _("Take out of the mass event"),
        set(Status) - {S.REJECTED, S.MERGED},
        None,
        Right.ROUTE_CASES,
        also=frozenset({Right.CLOSE_CASES}),
    ),
    "judge_repeat": _move(
        _("Decide on a repeat"),
        set(Status) - {S.REJECTED, S.MERGED},
        None,
        Right.ROUTE_CASES,
        also=frozenset({Right.REVIEW_REPLIES}),
    ),
}
