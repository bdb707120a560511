"""Changes of a case: one function per move, nothing else writes a case's state.

Each locks the case, checks visibility (404), right (403), state (409) and version (412), makes
the change and writes its event in one transaction: all or nothing.
"""

from cases.actions.agency import (
    assign,
    dispute_competence,
    recall_routing,
    redirect,
    refuse_redirect,
    respond_first,
    resume,
    route,
    take,
)
from cases.actions.appeals import (
    cease,
    extend_appeal,
    forward_appeal,
    register_appeal,
    short_notice,
)
from cases.actions.arrival import check_may_receive, receive, receive_mark
from cases.actions.control import (
    add_note,
    close,
    close_unmarked,
    extend,
    record_mark,
)
from cases.actions.drafts import save_draft
from cases.actions.events import join_event, leave_event
from cases.actions.handing import hand_over
from cases.actions.moderation import (
    amend,
    confirm_rejection,
    decline_rejection,
    merge,
    reject,
    start_moderation,
)
from cases.actions.parts import ask_part, give_part, return_part, withdraw_part
from cases.actions.personal_control import (
    decline_lifting,
    lift_control,
    propose_lifting,
    set_control,
)
from cases.actions.promises import (
    add_promise,
    keep_promise,
    move_promise,
    promise_broken,
    promise_due,
)
from cases.actions.publication import (
    correct_reply,
    give_interim,
    plan,
    publish,
    recall_publication,
    resume_planned,
)
from cases.actions.registration import register
from cases.actions.reopening import reopen
from cases.actions.repeats import judge_repeat
from cases.actions.replies import return_to_author, submit_reply, withdraw_reply
from cases.actions.review import (
    accept_reply,
    dispute_return,
    judge_reply,
    return_for_rework,
    undo_verdict,
)
from cases.actions.splitting import split
from cases.actions.taking_back import undo_close, undo_extend, undo_merge, undo_redirect
from cases.actions.waiting import ask_citizen, citizen_answered, waiting_over

__all__ = [
    "accept_reply",
    "add_note",
    "add_promise",
    "amend",
    "ask_citizen",
    "ask_part",
    "assign",
    "cease",
    "check_may_receive",
    "citizen_answered",
    "close",
    "close_unmarked",
    "confirm_rejection",
    "correct_reply",
    "decline_lifting",
    "decline_rejection",
    "dispute_competence",
    "dispute_return",
    "extend",
    "extend_appeal",
    "forward_appeal",
    "give_interim",
    "give_part",
    "hand_over",
    "join_event",
    "judge_repeat",
    "judge_reply",
    "keep_promise",
    "leave_event",
    "lift_control",
    "merge",
    "move_promise",
    "plan",
    "promise_broken",
    "promise_due",
    "propose_lifting",
    "publish",
    "recall_publication",
    "recall_routing",
    "receive",
    "receive_mark",
    "record_mark",
    "redirect",
    "refuse_redirect",
    "register",
    "register_appeal",
    "reject",
    "reopen",
    "respond_first",
    "resume",
    "resume_planned",
    "return_for_rework",
    "return_part",
    "return_to_author",
    "route",
    "save_draft",
    "set_control",
    "short_notice",
    "start_moderation",
    "split",
    "submit_reply",
    "take",
    "undo_close",
    "undo_extend",
    "undo_merge",
    "undo_redirect",
    "undo_verdict",
    "waiting_over",
    "withdraw_part",
    "withdraw_reply",
]
