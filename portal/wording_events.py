"""The history of a case in sentences: who did what."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cases.models import CaseEvent


def _when(value: Any) -> str:
    try:
        moment = localtime(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return ""
    return f"{date_format(moment, 'j E')}, {moment:%H:%M}"


def word_event(event: CaseEvent) -> str:
    """One sentence; details (remarks, reasons) stand in `event_detail`."""
    who = str(event.actor) if event.actor else _("The system")
    data = event.data
    sentences: dict[str, str] = {
        "register": _("%(who)s registered the case"),
        "imported": _("The case came with an import"),
        "message_edited": _("The message was changed at its source: version %(version)s"),
        "import_updated": _("An import updated the case"),
        "start_moderation": _("%(who)s started moderation"),
        "amend": _("%(who)s amended the card"),
        "reject": _("%(who)s rejected the message"),
        "merge": _("%(who)s merged the case into № %(into)s"),
        "merged_here": _("%(who)s merged № %(from)s into this case"),
        "route": _("%(who)s routed the case, due %(due)s"),
        "recall_routing": _("%(who)s recalled the routing"),
        "take": _("%(who)s took the case into work"),
        "assign": _("%(who)s assigned an executor"),
        "dispute_competence": _("%(who)s disputed the competence"),
        "redirect": _("%(who)s redirected the case, due %(due)s"),
        "refuse_redirect": _("%(who)s left the case at the agency"),
        "submit_reply": _("%(who)s sent reply %(version)s"),
        "withdraw_reply": _("%(who)s withdrew the reply"),
        "return_to_author": _("%(who)s returned the reply to its author"),
        "accept_reply": _("%(who)s accepted the reply"),
        "return_for_rework": _("%(who)s returned the reply for rework"),
        "publish": _("%(who)s published the reply"),
        "recall_publication": _("%(who)s recalled the publication"),
        "correct_reply": _("%(who)s opened the reply for correction"),
        "close": _("%(who)s closed the case"),
        "reopen": _("%(who)s reopened the case"),
        "resume": _("%(who)s returned the case to the agency"),
        "set_control": _("%(who)s put the case under personal control"),
        "lift_control": _("%(who)s lifted personal control"),
        "extend": _("%(who)s extended the term until %(until)s"),
        "add_note": _("%(who)s left a note"),
    }
    return sentences.get(event.move, event.move) % {
        "who": who,
        "into": data.get("into", ""),
        "from": data.get("from", ""),
        "due": _when(data.get("due_at")),
        "until": _when(data.get("until")),
        "version": data.get("version", ""),
    }


def event_detail(event: CaseEvent) -> str:
    """The words people left with it: reason, remark, note."""
    data = event.data
    parts = [str(data[key]) for key in ("text", "reason", "remark", "note") if data.get(key)]
    if data.get("before") and event.move == "extend":
        parts.append(_("it was %(before)s") % {"before": _when(data["before"])})
    return " · ".join(parts)
