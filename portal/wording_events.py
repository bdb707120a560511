"""The history of a case in sentences: who did what."""

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import gettext_noop

from cases.models import Case, CaseEvent, ReasonKind, Regime
from cases.reasons import reason_name
from cases.workflow import Status

# Where the reason of an event is a code of a list.
_REASON_KINDS: dict[str, str] = {
    "reject": ReasonKind.REJECTION,
    "confirm_rejection": ReasonKind.REJECTION,
    "close_unmarked": ReasonKind.CLOSING,
    "short_notice": ReasonKind.NOTICE,
    "close": ReasonKind.CLOSING,
    "dispute_competence": ReasonKind.REDIRECT,
}
# What an amended card says of each field.
_CARD = ("title", "topic", "territory", "place", "severity", "regime", "fast_track")
# What of an import's changes is worth a word: moments follow from the state.
_IMPORTED = frozenset({*_CARD, "status", "outcome", "agency", "kind", "audience"})


def _when(value: Any) -> str:
    try:
        moment = localtime(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return ""
    return f"{date_format(moment, 'j E')}, {moment:%H:%M}"


_SENTENCES: dict[str, str] = {
    "register": gettext_noop("%(who)s registered the case"),
    "imported": gettext_noop("The case came with an import"),
    "message_edited": gettext_noop("The message was changed at its source: version %(version)s"),
    "import_updated": gettext_noop("An import updated the case"),
    "import_updated undone": gettext_noop(
        "%(who)s undid an import: the case is as it was before it"
    ),
    "agency_named": gettext_noop("%(who)s said whose history it is: %(agency)s"),
    "start_moderation": gettext_noop("%(who)s started moderation"),
    "amend": gettext_noop("%(who)s amended the card"),
    "register_appeal": gettext_noop("%(who)s registered the appeal under № %(number)s"),
    "reject": gettext_noop("%(who)s rejected the message"),
    "reject proposed": gettext_noop("%(who)s proposed to reject the message"),
    "confirm_rejection": gettext_noop("%(who)s confirmed the rejection"),
    "decline_rejection": gettext_noop("%(who)s declined the rejection"),
    "merge": gettext_noop("%(who)s merged the case into № %(into)s"),
    "merged_here": gettext_noop("%(who)s merged № %(from)s into this case"),
    "undo_merge": gettext_noop("%(who)s took the case out of № %(into)s again"),
    "taken_out": gettext_noop("%(who)s took № %(from)s out of this case again"),
    "route": gettext_noop("%(who)s routed the case"),
    "route named": gettext_noop("%(who)s routed the case to %(agency)s"),
    "split": gettext_noop("%(who)s split the message into %(count)s parts"),
    "split one": gettext_noop("%(who)s split the message into %(count)s parts with one answer"),
    "split_off": gettext_noop("%(who)s took the case off a message of %(count)s parts: %(agency)s"),
    "recall_routing": gettext_noop("%(who)s recalled the routing"),
    "take": gettext_noop("%(who)s took the case into work"),
    "assign": gettext_noop("%(who)s assigned an executor"),
    "assign named": gettext_noop("%(who)s assigned the executor %(executor)s"),
    "hand_over": gettext_noop("%(who)s handed the case over to %(executor)s"),
    "hand_over nobody": gettext_noop("%(who)s gave the case back to the agency"),
    "hand_over agency": gettext_noop("%(who)s handed the case over to %(agency)s"),
    "hand_over both": gettext_noop("%(who)s handed the case over to %(agency)s, %(executor)s"),
    "dispute_competence": gettext_noop("%(who)s disputed the competence"),
    "redirect": gettext_noop("%(who)s redirected the case"),
    "redirect named": gettext_noop("%(who)s redirected the case to %(agency)s"),
    "undo_redirect": gettext_noop(
        "%(who)s took the redirect back: the dispute waits again, the case is at %(agency)s"
    ),
    "respond_first": gettext_noop("%(who)s recorded the first response"),
    "forward_appeal": gettext_noop("%(who)s redirected the appeal: %(body)s"),
    "short_notice": gettext_noop("%(who)s sent a notice instead of a reply, № %(number)s"),
    "refuse_redirect": gettext_noop("%(who)s left the case at the agency"),
    "submit_reply": gettext_noop("%(who)s sent reply %(version)s"),
    "withdraw_reply": gettext_noop("%(who)s withdrew the reply"),
    "return_to_author": gettext_noop("%(who)s returned the reply to its author"),
    "accept_reply": gettext_noop("%(who)s accepted the reply"),
    "return_for_rework": gettext_noop("%(who)s returned the reply for rework"),
    "dispute_return": gettext_noop("%(who)s objected to the return: another reviewer decides"),
    "judge_reply": gettext_noop("%(who)s judged the reply on the review desk"),
    "undo_verdict": gettext_noop("%(who)s took the verdict back"),
    "publish": gettext_noop("%(who)s published the reply"),
    "give_interim": gettext_noop("%(who)s published an interim reply"),
    "plan": gettext_noop("%(who)s published a reply about planned works"),
    "add_promise": gettext_noop("%(who)s recorded a promise"),
    "keep_promise": gettext_noop("%(who)s reported a promise as kept"),
    "move_promise": gettext_noop("%(who)s moved a promised day"),
    "promise_due": gettext_noop("The promised day has come: the case is back in the queue"),
    "promise_broken": gettext_noop("The promise was not kept by its day"),
    "ask_citizen": gettext_noop("%(who)s asked the citizen; the terms wait until %(until)s"),
    "citizen_answered": gettext_noop("%(who)s recorded the citizen's answer: the terms run on"),
    "waiting_over limit": gettext_noop("The citizen did not answer in time: the terms run on"),
    "waiting_over message": gettext_noop("The citizen wrote more: the terms run on"),
    "waiting_over": gettext_noop("The citizen is waited for no longer"),
    "ask_part": gettext_noop("%(who)s asked for a contribution: %(asked)s"),
    "withdraw_part": gettext_noop("%(who)s withdrew the request to %(asked)s"),
    "return_part": gettext_noop("%(who)s returned the contribution of %(asked)s"),
    "give_part": gettext_noop("%(who)s gave the contribution of %(asked)s"),
    "give_part late": gettext_noop("%(who)s gave the contribution of %(asked)s after its term"),
    "resume_planned": gettext_noop("%(who)s took the planned works up"),
    "record_mark": gettext_noop("%(who)s recorded the author's mark: %(value)s"),
    "close_unmarked": gettext_noop("Closed: the author gave no mark in time"),
    "escalate": gettext_noop(
        "Returned for the %(returns)s. time: the head of the agency answers now"
    ),
    "cease": gettext_noop("%(who)s ended the correspondence, notice № %(number)s"),
    "recall_publication": gettext_noop("%(who)s recalled the publication"),
    "correct_reply": gettext_noop("%(who)s opened the reply for correction"),
    "close": gettext_noop("%(who)s closed the case"),
    "undo_close": gettext_noop("%(who)s took the closing back: the case is answered"),
    "reopen": gettext_noop("%(who)s reopened the case"),
    "reopen author": gettext_noop("The author wrote again: the case is reopened"),
    "reopen promise": gettext_noop("A promise was not kept: the case is reopened"),
    "resume": gettext_noop("%(who)s returned the case to the agency"),
    "set_control": gettext_noop("%(who)s put the case under personal control"),
    "propose_lifting": gettext_noop("%(who)s proposes to lift personal control"),
    "decline_lifting": gettext_noop("%(who)s kept the case under personal control"),
    "lift_control": gettext_noop("%(who)s lifted personal control"),
    "extend": gettext_noop("%(who)s extended the term until %(until)s"),
    "undo_extend": gettext_noop(
        "%(who)s took the extension back: the term ends on %(until)s as before"
    ),
    "extend_appeal": gettext_noop("%(who)s extended the appeal's term until %(until)s"),
    "recount": gettext_noop("The terms were counted again"),
    "recount change": gettext_noop("The terms were counted again: calendars or rules changed"),
    "join_event": gettext_noop("%(who)s joined the case to the mass event «%(event)s»"),
    "leave_event": gettext_noop("%(who)s took the case out of the mass event «%(event)s»"),
    "judge_repeat": gettext_noop("%(who)s confirmed the repeat"),
    "judge_repeat refused": gettext_noop("%(who)s: not a repeat"),
    "add_note": gettext_noop("%(who)s left a note"),
    "attach": gettext_noop("%(who)s attached a file"),
    "detach": gettext_noop("%(who)s took a file away"),
}


def _variant(event: CaseEvent) -> str:
    """The key of the sentence: the move, and what of the event asks for another one."""
    move, data = event.move, event.data
    if move in ("route", "redirect") and data.get("agency_name"):
        return f"{move} named"
    if move == "assign" and data.get("executor_name"):
        return "assign named"
    if move == "hand_over" and data.get("agency_name"):
        return "hand_over both" if data.get("executor_name") else "hand_over agency"
    if move == "hand_over" and not data.get("executor_name"):
        return "hand_over nobody"
    if move == "waiting_over" and data.get("state") in ("limit", "message"):
        return f"waiting_over {data['state']}"
    if move == "split" and data.get("answer") == "one":
        return "split one"
    if move == "give_part" and data.get("part_late"):
        return "give_part late"
    if move == "reject" and event.after != Status.REJECTED:
        return "reject proposed"
    if move == "reopen" and data.get("cause") in ("author", "promise"):
        return f"reopen {data['cause']}"
    if move == "import_updated" and data.get("undone"):
        return "import_updated undone"
    if move == "judge_repeat" and not data.get("confirmed"):
        return "judge_repeat refused"
    if move == "recount" and data.get("cause") == "change":
        return "recount change"
    return move


def _who(event: CaseEvent) -> str:
    if event.actor is None:
        return _("The system")
    if absent := event.data.get("for_name"):
        return _("%(who)s (for %(absent)s)") % {"who": event.actor, "absent": absent}
    return str(event.actor)


def word_event(event: CaseEvent) -> str:
    """One sentence; details (remarks, reasons) stand in `event_detail`."""
    data = event.data
    key = _variant(event)
    if key not in _SENTENCES:
        return event.move
    return _(_SENTENCES[key]) % {
        "who": _who(event),
        "into": data.get("into", ""),
        "from": data.get("from", ""),
        "until": _when(data["until"]) if "until" in data else "",
        "version": data.get("version", ""),
        "agency": data.get("agency_name", ""),
        "executor": data.get("executor_name", ""),
        "asked": ", ".join(data[key] for key in ("asked_name", "person_name") if data.get(key)),
        "number": data.get("number", ""),
        "count": data.get("count", ""),
        "event": data.get("event_title", ""),
        "body": data.get("body", ""),
        "value": data.get("value", ""),
        "returns": data.get("returns", ""),
    }


def event_detail(event: CaseEvent) -> str:
    """The words people left with it: reason, remark, note, what was changed on the card."""
    data = event.data
    keys = (
        "text",
        "what",
        "question",
        "proof",
        "reason",
        "resolution",
        "remark",
        "objection",
        "note",
    )
    keys += ("comment", "name")
    if event.move == "citizen_answered":
        keys = ("answer",)
    parts = [str(data[key]) for key in keys if data.get(key)]
    if (kind := _REASON_KINDS.get(event.move)) and data.get("reason"):
        parts[0] = reason_name(kind, parts[0])
    if event.move == "return_for_rework" and data.get("grounds"):
        names = [reason_name(ReasonKind.RETURN, code) for code in data["grounds"]]
        parts.insert(0, ", ".join(names))
    if event.move in (
        "route",
        "redirect",
        "split",
        "split_off",
        "ask_part",
        "return_part",
    ) and data.get("due_at"):
        parts.insert(0, _("answer by %(due)s") % {"due": _when(data["due_at"])})
    if data.get("proposed_name"):
        parts.append(_("proposed: %(agency)s") % {"agency": data["proposed_name"]})
    if data.get("until_on"):
        parts.append(_("promised until %(day)s") % {"day": _day(data["until_on"])})
    if data.get("before_on"):
        parts.append(_("it was %(before)s") % {"before": _day(data["before_on"])})
    for day in data.get("promised", ()):
        parts.append(_("promised until %(day)s") % {"day": _day(day)})
    if data.get("promised_on"):
        parts.append(_("promised until %(day)s") % {"day": _day(data["promised_on"])})
    if data.get("no_second_reviewer"):
        parts.append(_("there is no second reviewer"))
    if data.get("override") and data.get("blocking"):
        parts.append(_("sent in spite of a blocking remark: %(why)s") % {"why": data["override"]})
    if data.get("late"):
        parts.append(_("later than the law says"))
    if data.get("limit") and event.move == "record_mark":
        parts.append(_("the author's limit is reached, the supervisor decides"))
    if data.get("agreed_by"):
        parts.append(_("agreed: %(who)s") % {"who": data["agreed_by"]})
    if event.move == "recount":
        parts += _recounted(data)
    if data.get("before") and event.move in ("extend", "extend_appeal", "undo_extend"):
        parts.append(_("it was %(before)s") % {"before": _when(data["before"])})
    if event.move == "import_updated" and not data.get("undone"):
        parts += _imported(data)
    if event.move == "agency_named":
        parts.append(_("in the file: %(name)s") % {"name": data.get("name", "")})
    if event.move == "amend":
        parts += [_field(name, *data[name]) for name in _CARD if name in data]
    return " · ".join(parts)


def _recounted(data: dict[str, Any]) -> list[str]:
    """«SN-FIRST: 5 июня, 10:00 → 8 июня, 10:00»: each term that moved."""
    return [
        f"{term['code']}: {_when(term['before'])} → {_when(term['until'])}"
        for term in data.get("terms", ())
    ]


def _imported(data: dict[str, Any]) -> list[str]:
    """What a later export changed."""
    parts = []
    if data.get("version"):
        parts.append(_("text, version %(version)s") % {"version": data["version"]})
    names = [name.removesuffix("_id") for name in data.get("fields", ())]
    known = [str(Case._meta.get_field(name).verbose_name) for name in names if name in _IMPORTED]
    if known:
        parts.append(", ".join(dict.fromkeys(known)))
    if data.get("replies"):
        parts.append(_("replies: %(count)s") % {"count": data["replies"]})
    return parts


def _day(value: str) -> str:
    try:
        return date_format(date.fromisoformat(value), "j E Y")
    except ValueError:
        return value


_YES_NO = {"yes": _lazy("yes"), "no": _lazy("no")}


def _field(name: str, before: str, after: str) -> str:
    title = str(Case._meta.get_field(name).verbose_name)
    if name == "regime":
        before, after = (str(dict(Regime.choices).get(v, v)) for v in (before, after))
    if name == "fast_track":
        before, after = (str(_YES_NO.get(v, v)) for v in (before, after))
    return f"{title}: {before or '—'} → {after or '—'}"
