"""Words for codes: the cores and actions return codes and values, this module says them."""

from django.utils.translation import gettext as _

from cases.errors import CaseError
from cases.workflow import MOVES, Status


def word_error(error: CaseError) -> str:
    """One plain sentence: what is wrong and, where possible, who did what meanwhile."""
    p = error.params
    match error.code:
        case "case_not_found":
            return _("There is no such case, or it belongs to another agency.")
        case "right_missing":
            return _("You do not have the right to do this: %(move)s.") % {
                "move": MOVES[p["move"]].title if p.get("move") in MOVES else ""
            }
        case "move_not_allowed" | "stale_change":
            state = Status(p["status"]).label
            if p.get("last_actor") and p.get("last_move") in MOVES:
                return _(
                    "The case has changed meanwhile: %(who)s, «%(what)s». Now: %(state)s."
                ) % {
                    "who": p["last_actor"],
                    "what": MOVES[p["last_move"]].title,
                    "state": state,
                }
            return _("This is not possible now: the case is in the state «%(state)s».") % {
                "state": state
            }
    return word_bad_change(error.code)


def word_bad_change(code: str) -> str:
    words = {
        "agency_inactive": _("This agency no longer works. Choose another one."),
        "executor_may_not_answer": _("This person may not answer for the case's agency."),
        "proposed_is_own": _("Name another agency: this one has the case already."),
        "redirect_to_same": _("The case is already at this agency. Refuse the redirect instead."),
        "no_agency": _("The case has no agency yet. Route it first."),
        "merge_into_itself": _("A case cannot be merged into itself."),
        "merge_target_missing": _("There is no case with this number to merge into."),
        "reply_empty": _("Write the reply first."),
        "no_reply": _("There is no reply yet."),
        "blocked": _(
            "The reply has a blocking remark. Mend it, or say why it must be sent as it is."
        ),
        "grounds_missing": _("Choose at least one ground."),
        "reply_changed": _("There is a newer version of the reply. Read it first."),
        "reply_not_ready": _("This reply is not ready for publication."),
        "published_in_future": _("The moment of publication lies in the future."),
        "published_before_sent": _("The reply cannot be published before it was sent."),
        "url_missing": _("Paste the link to the published reply."),
        "not_controlled": _("The case is not under personal control."),
        "extension_not_later": _("The new moment must be later than the present one."),
        "extension_in_past": _("The new moment has already passed."),
        "note_empty": _("Write the note first."),
        "file_type_refused": _("Files of this type are not accepted."),
        "file_too_large": _("The file is too large."),
    }
    return words.get(code, code)
