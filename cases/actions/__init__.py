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
    resume,
    route,
    take,
)
from cases.actions.arrival import check_may_receive, receive
from cases.actions.control import add_note, close, extend, lift_control, reopen, set_control
from cases.actions.moderation import amend, merge, register, reject, start_moderation
from cases.actions.publication import correct_reply, publish, recall_publication
from cases.actions.replies import return_to_author, save_draft, submit_reply, withdraw_reply
from cases.actions.review import accept_reply, return_for_rework

__all__ = [
    "accept_reply",
    "add_note",
    "amend",
    "assign",
    "check_may_receive",
    "close",
    "correct_reply",
    "dispute_competence",
    "extend",
    "lift_control",
    "merge",
    "publish",
    "receive",
    "recall_publication",
    "recall_routing",
    "redirect",
    "refuse_redirect",
    "register",
    "reject",
    "reopen",
    "resume",
    "return_for_rework",
    "return_to_author",
    "route",
    "save_draft",
    "set_control",
    "start_moderation",
    "submit_reply",
    "take",
    "withdraw_reply",
]
