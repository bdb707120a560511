"""Words for codes: the cores and actions return codes and values, this module says them."""

from django.utils.translation import gettext as _

from cases.errors import CaseError
from cases.forms import word_change
from cases.workflow import MOVES, Regime, Status


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
        case "no_such_move":
            return _("Cases of this kind («%(regime)s») never have this: «%(move)s».") % {
                "regime": Regime(p["regime"]).label,
                "move": MOVES[p["move"]].title,
            }
        case "move_not_allowed" | "stale_change":
            state = Status(p["status"]).label
            if p.get("last_actor") and p.get("last_move") in MOVES:
                return _("The case has changed meanwhile: %(who)s, «%(what)s». Now: %(state)s.") % {
                    "who": p["last_actor"],
                    "what": MOVES[p["last_move"]].title,
                    "state": state,
                }
            if error.code == "stale_change":
                return _("The case has changed meanwhile. Now: %(state)s.") % {"state": state}
            return _("This is not possible now: the case is in the state «%(state)s».") % {
                "state": state
            }
    return word_change(error.code)
