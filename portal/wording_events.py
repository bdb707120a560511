"""The history of a case in sentences: who did what."""

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

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


def word_event(event: CaseEvent) -> str:
    """One sentence; details (remarks, reasons) stand in `event_detail`."""
    who = str(event.actor) if event.actor else _("The system")
    data = event.data
    sentences: dict[str, str] = {
        "register": _("%(who)s registered the case"),
        "imported": _("The case came with an import"),
        "message_edited": _("The message was changed at its source: version %(version)s"),
        "import_updated": _("%(who)s undid an import: the case is as it was before it")
        if data.get("undone")
        else _("An import updated the case"),
        "agency_named": _("%(who)s said whose history it is: %(agency)s"),
        "start_moderation": _("%(who)s started moderation"),
        "amend": _("%(who)s amended the card"),
        "register_appeal": _("%(who)s registered the appeal under № %(number)s"),
        "reject": _("%(who)s rejected the message")
        if event.after == Status.REJECTED
        else _("%(who)s proposed to reject the message"),
        "confirm_rejection": _("%(who)s confirmed the rejection"),
        "decline_rejection": _("%(who)s declined the rejection"),
        "merge": _("%(who)s merged the case into № %(into)s"),
        "merged_here": _("%(who)s merged № %(from)s into this case"),
        "route": _("%(who)s routed the case to %(agency)s")
        if data.get("agency_name")
        else _("%(who)s routed the case"),
        "recall_routing": _("%(who)s recalled the routing"),
        "take": _("%(who)s took the case into work"),
        "assign": _("%(who)s assigned the executor %(executor)s")
        if data.get("executor_name")
        else _("%(who)s assigned an executor"),
        "dispute_competence": _("%(who)s disputed the competence"),
        "redirect": _("%(who)s redirected the case to %(agency)s")
        if data.get("agency_name")
        else _("%(who)s redirected the case"),
        "respond_first": _("%(who)s recorded the first response"),
        "forward_appeal": _("%(who)s redirected the appeal: %(body)s"),
        "short_notice": _("%(who)s sent a notice instead of a reply, № %(number)s"),
        "refuse_redirect": _("%(who)s left the case at the agency"),
        "submit_reply": _("%(who)s sent reply %(version)s"),
        "withdraw_reply": _("%(who)s withdrew the reply"),
        "return_to_author": _("%(who)s returned the reply to its author"),
        "accept_reply": _("%(who)s accepted the reply"),
        "return_for_rework": _("%(who)s returned the reply for rework"),
        "publish": _("%(who)s published the reply"),
        "give_interim": _("%(who)s published an interim reply"),
        "plan": _("%(who)s published a reply about planned works"),
        "resume_planned": _("%(who)s took the planned works up"),
        "record_mark": _("%(who)s recorded the author's mark: %(value)s"),
        "close_unmarked": _("Closed: the author gave no mark in time"),
        "escalate": _("Returned for the %(returns)s. time: the head of the agency answers now"),
        "cease": _("%(who)s ended the correspondence, notice № %(number)s"),
        "recall_publication": _("%(who)s recalled the publication"),
        "correct_reply": _("%(who)s opened the reply for correction"),
        "close": _("%(who)s closed the case"),
        "reopen": _("The author wrote again: the case is reopened")
        if data.get("cause") == "author"
        else _("A promise was not kept: the case is reopened")
        if data.get("cause") == "promise"
        else _("%(who)s reopened the case"),
        "resume": _("%(who)s returned the case to the agency"),
        "set_control": _("%(who)s put the case under personal control"),
        "lift_control": _("%(who)s lifted personal control"),
        "extend": _("%(who)s extended the term until %(until)s"),
        "extend_appeal": _("%(who)s extended the appeal's term until %(until)s"),
        "add_note": _("%(who)s left a note"),
        "attach": _("%(who)s attached a file"),
        "detach": _("%(who)s took a file away"),
    }
    return sentences.get(event.move, event.move) % {
        "who": who,
        "into": data.get("into", ""),
        "from": data.get("from", ""),
        "until": _when(data.get("until")),
        "version": data.get("version", ""),
        "agency": data.get("agency_name", ""),
        "executor": data.get("executor_name", ""),
        "number": data.get("number", ""),
        "body": data.get("body", ""),
        "value": data.get("value", ""),
        "returns": data.get("returns", ""),
    }


def event_detail(event: CaseEvent) -> str:
    """The words people left with it: reason, remark, note, what was changed on the card."""
    data = event.data
    keys = ("text", "reason", "remark", "note", "comment", "name")
    parts = [str(data[key]) for key in keys if data.get(key)]
    if (kind := _REASON_KINDS.get(event.move)) and data.get("reason"):
        parts[0] = reason_name(kind, parts[0])
    if event.move == "return_for_rework" and data.get("grounds"):
        names = [reason_name(ReasonKind.RETURN, code) for code in data["grounds"]]
        parts.insert(0, ", ".join(names))
    if event.move in ("route", "redirect") and data.get("due_at"):
        parts.insert(0, _("answer by %(due)s") % {"due": _when(data["due_at"])})
    if data.get("proposed_name"):
        parts.append(_("proposed: %(agency)s") % {"agency": data["proposed_name"]})
    if data.get("promised_on"):
        parts.append(_("promised until %(day)s") % {"day": _day(data["promised_on"])})
    if data.get("no_second_reviewer"):
        parts.append(_("there is no second reviewer"))
    if data.get("late"):
        parts.append(_("later than the law says"))
    if data.get("limit") and event.move == "record_mark":
        parts.append(_("the author's limit is reached, the supervisor decides"))
    if data.get("agreed_by"):
        parts.append(_("agreed: %(who)s") % {"who": data["agreed_by"]})
    if data.get("before") and event.move in ("extend", "extend_appeal"):
        parts.append(_("it was %(before)s") % {"before": _when(data["before"])})
    if event.move == "import_updated" and not data.get("undone"):
        parts += _imported(data)
    if event.move == "agency_named":
        parts.append(_("in the file: %(name)s") % {"name": data.get("name", "")})
    if event.move == "amend":
        parts += [_field(name, *data[name]) for name in _CARD if name in data]
    return " · ".join(parts)


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
