"""Notices in sentences: what happened, who did it, how many alike."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notices.kinds import Kind
from reports.made.all import REPORTS

ICONS: dict[str, str] = {
    Kind.ASSIGNED: "user-plus",
    Kind.ARRIVED: "inbox",
    Kind.HANDOVER: "forward",
    Kind.RETURNED: "undo-2",
    Kind.PUBLISHED: "circle-check-big",
    Kind.MESSAGE: "message-circle",
    Kind.REOPENED: "rotate-cw",
    Kind.MENTION: "at-sign",
    Kind.PART_ASKED: "users-round",
    Kind.PART_TERM: "clock-alert",
    Kind.PART_GIVEN: "circle-check-big",
    Kind.APPROVAL: "check",
    Kind.REVIEW: "scale",
    Kind.FLAGGED: "triangle-alert",
    Kind.REJECTION: "ban",
    Kind.DISPUTE: "route",
    Kind.DISPUTE_DECIDED: "route",
    Kind.CONTROL: "shield-check",
    Kind.TERM_WARNING: "clock",
    Kind.TERM_DUE: "clock-alert",
    Kind.ESCALATED: "trending-up",
    Kind.TERMS_LATE: "clock-alert",
    Kind.CALENDAR: "calendar-days",
    Kind.TEMPLATE: "scroll-text",
    Kind.TERM_MOVED: "calendar-plus",
    Kind.PROMISE_DUE: "calendar-days",
    Kind.PROMISE_BROKEN: "circle-alert",
    Kind.ORPHAN: "user-round-x",
    Kind.EVENT_OFFER: "users-round",
    Kind.SPIKE: "activity",
    Kind.DEPUTY: "users-round",
    Kind.IMPORT_FINISHED: "download",
    Kind.EXPORT_READY: "file-text",
    Kind.REPORT_READY: "file-text",
    Kind.DAY_FIGURES: "layout-dashboard",
}
TONES: dict[str, str] = {
    Kind.RETURNED: "warn",
    Kind.FLAGGED: "warn",
    Kind.TERM_WARNING: "warn",
    Kind.PROMISE_DUE: "warn",
    Kind.ORPHAN: "warn",
    Kind.PART_TERM: "warn",
    Kind.PART_GIVEN: "good",
    Kind.SPIKE: "warn",
    Kind.TERM_DUE: "danger",
    Kind.ESCALATED: "danger",
    Kind.TERMS_LATE: "danger",
    Kind.CALENDAR: "warn",
    Kind.TEMPLATE: "warn",
    Kind.PROMISE_BROKEN: "danger",
    Kind.CONTROL: "care",
    Kind.PUBLISHED: "good",
}


def _day(value: Any) -> str:
    try:
        return date_format(date.fromisoformat(str(value)[:10]), "j E")
    except ValueError:
        return ""


def _moment(value: Any) -> str:
    try:
        local = localtime(datetime.fromisoformat(str(value)))
    except ValueError:
        return ""
    return f"{date_format(local, 'j E')}, {local:%H:%M}"


def _control(data: Mapping[str, Any]) -> str:
    if data.get("move") == "lift_control":
        return _("Personal control was lifted")
    if data.get("until"):
        return _("Under personal control until %(day)s") % {"day": _day(data["until"])}
    return _("Under personal control")


def _dispute(data: Mapping[str, Any]) -> str:
    if data.get("move") == "redirect":
        return _("The dispute is decided: the case went to «%(agency)s»") % {
            "agency": data.get("agency_name", "")
        }
    if data.get("move") == "undo_redirect":
        return _("The decision was taken back: your dispute waits for another one")
    return _("The dispute is decided: the case stays with your agency")


def _returned(data: Mapping[str, Any]) -> str:
    match data.get("move"):
        case "return_to_author":
            return _("The approver returned your reply")
        case "correct_reply":
            return _("Your published reply is to be corrected")
        case "record_mark":
            return _("The citizen gave the mark %(mark)s: the reply is back in work") % {
                "mark": data.get("value", "")
            }
    if data.get("verdict") == "brush_off":
        return _("The reply was judged a brush-off and returned for rework")
    return _("The supervisor returned your reply for rework")


def _published(data: Mapping[str, Any]) -> str:
    return {
        "give_interim": _("Your interim reply was published"),
        "plan": _("Your reply about planned works was published"),
    }.get(str(data.get("move")), _("Your reply was published"))


def _reopened(data: Mapping[str, Any]) -> str:
    if data.get("move") == "resume_planned":
        return _("The planned works are in work again")
    return _("The case was reopened")


def _escalated(data: Mapping[str, Any]) -> str:
    if data.get("move") == "escalate":
        return _("Returned for rework too often: the head of the agency answers now")
    return _("An overdue case has come up to you")


def _rejection(data: Mapping[str, Any]) -> str:
    if data.get("move") == "decline_rejection":
        return _("Your rejection was declined: the message stays at the desk")
    return _("A rejection of the message waits for your word")


def _flagged(data: Mapping[str, Any]) -> str:
    if data.get("verdict") == "brush_off":
        return _("The supervisor called a reply of the agency a brush-off")
    if data.get("move") == "return_for_rework":
        return _("The supervisor returned a reply of the agency")
    return _("The check stopped a reply of the agency: the supervisor reads it first")


def _approval(data: Mapping[str, Any]) -> str:
    if data.get("move") == "recall_publication":
        return _("A publication was recalled: the reply waits for approval again")
    if data.get("move") == "accept_reply":
        return _("The supervisor accepted the reply, it waits for approval")
    return _("A reply waits for approval")


def _message(data: Mapping[str, Any]) -> str:
    if data.get("move") == "taken_out":
        return _("Case № %(number)s was taken out of yours again") % {"number": data["from"]}
    if data.get("from"):
        return _("Case № %(number)s was merged into yours") % {"number": data["from"]}
    match data.get("move"):
        case "citizen_answered":
            return _("The citizen answered your question")
        case "waiting_over":
            return _("The citizen did not answer your question in time: the terms run on")
    return _("The citizen changed the message")


def _warning(data: Mapping[str, Any]) -> str:
    if data.get("due_at"):
        return _("%(share)s %% of the term have passed: answer by %(due)s") % {
            "share": data.get("share", ""),
            "due": _moment(data["due_at"]),
        }
    return _("%(share)s %% of the term have passed") % {"share": data.get("share", "")}


def _due(data: Mapping[str, Any]) -> str:
    if data.get("due_at"):
        return _("The term is over since %(due)s") % {"due": _moment(data["due_at"])}
    return _("The term is over")


def _late(data: Mapping[str, Any]) -> str:
    figures = data.get("figures", {})
    parts = []
    if due := figures.get("due"):
        text = ngettext("%(count)s case is overdue", "%(count)s cases are overdue", due)
        parts.append(text % {"count": due})
    if raised := figures.get("escalated"):
        text = ngettext("%(count)s came up to you", "%(count)s came up to you", raised)
        parts.append(text % {"count": raised})
    return _("While reminders were not sent: %(what)s") % {"what": ", ".join(parts)}


def _calendar(data: Mapping[str, Any]) -> str:
    year = str(data.get("day", ""))[:4]
    if data.get("state") == "calendar_unconfirmed":
        return _("The calendar of %(year)s is a forecast: check it against the decree") % {
            "year": year
        }
    return _("There is no production calendar for %(year)s: terms cannot be counted") % {
        "year": year
    }


def _template(data: Mapping[str, Any]) -> str:
    values = {"name": data.get("template_name", ""), "day": _day(data.get("until_on"))}
    if data.get("state") == "past":
        return _("The template «%(name)s» is offered no more: its last day was %(day)s") % values
    return _("The template «%(name)s» is offered until %(day)s: renew it or let it go") % values


def _moved(data: Mapping[str, Any]) -> str:
    if data.get("move") == "undo_extend":
        return _("The extension was taken back: the term ends on %(until)s as before") % {
            "until": _moment(data.get("until"))
        }
    return _("The term was moved to %(until)s") % {"until": _moment(data.get("until"))}


def _promise(data: Mapping[str, Any]) -> str:
    return _("The citizen was promised a result by %(day)s") % {"day": _day(data.get("until_on"))}


def _broken(data: Mapping[str, Any]) -> str:
    return _("The promise was not kept by %(day)s") % {"day": _day(data.get("until_on"))}


def _part_asked(data: Mapping[str, Any]) -> str:
    values = {"due": _moment(data.get("due_at"))}
    match data.get("move"):
        case "withdraw_part":
            return _("The request for your contribution was withdrawn")
        case "return_part":
            return _("Your contribution was returned: mend it by %(due)s") % values
    return _("Your contribution to a case of another agency is asked for by %(due)s") % values


def _part_term(data: Mapping[str, Any]) -> str:
    values = {"due": _moment(data.get("due_at")), "share": data.get("share", "")}
    values["asked"] = data.get("asked_name", "")
    match data.get("state"):
        case "warning":
            return _(
                "%(share)s %% of the term of a contribution have passed: give it by %(due)s"
            ) % (values)
        case "due":
            return _("The contribution of %(asked)s was due on %(due)s and is not given") % values
    return _("An overdue contribution of %(asked)s has come up to you") % values


def _orphan(data: Mapping[str, Any]) -> str:
    return {
        "executor_inactive": _("The executor's account is switched off: assign another one"),
        "executor_right": _("The executor may not answer for this agency: assign another one"),
        "agency_inactive": _("The agency works no more: pass the case on"),
        "nobody": _("Nobody of the agency may answer: pass the case on or name a person"),
    }.get(str(data.get("reason_code")), _("Nobody works on the case"))


def _deputy(data: Mapping[str, Any]) -> str:
    days = {"from": _day(data.get("from_on")), "until": _day(data.get("until_on"))}
    match data.get("state"):
        case "named":
            return _("You stand in for %(person)s from %(from)s until %(until)s") % {
                "person": data.get("person_name", ""),
                **days,
            }
        case "ended":
            return _("You do not stand in for %(person)s any more") % {
                "person": data.get("person_name", "")
            }
        case "gone":
            return _("%(deputy)s does not stand in for you any more") % {
                "deputy": data.get("deputy_name", "")
            }
    return _("%(deputy)s stands in for you from %(from)s until %(until)s") % {
        "deputy": data.get("deputy_name", ""),
        **days,
    }


def _event_offer(data: Mapping[str, Any]) -> str:
    count = int(data.get("count", 0) or 0)
    words = ngettext(
        "%(count)s message seems to be about one thing: decide whether it is a mass event",
        "%(count)s messages seem to be about one thing: decide whether it is a mass event",
        count,
    )
    return words % {"count": count}


def _spike(data: Mapping[str, Any]) -> str:
    return _("%(what)s: came %(count)s, usually up to %(usual)s a day") % {
        "what": data.get("subject", ""),
        "count": data.get("count", ""),
        "usual": data.get("value", ""),
    }


def _import(data: Mapping[str, Any]) -> str:
    if data.get("state") == "failed":
        return _("The import failed: see why on its page")
    return _("The import has ended: new %(created)s, changed %(updated)s, quarantine %(held)s") % {
        "created": data.get("created", 0),
        "updated": data.get("updated", 0),
        "held": data.get("quarantined", 0),
    }


def _export(data: Mapping[str, Any]) -> str:
    return _("The export is ready: %(rows)s rows") % {"rows": data.get("rows", "")}


def _report(data: Mapping[str, Any]) -> str:
    report = REPORTS.get(str(data.get("report")))
    return _("The report is ready: %(title)s, %(from)s – %(until)s") % {
        "title": report.title if report else data.get("report", ""),
        "from": _day(data.get("from_on")),
        "until": _day(data.get("until_on")),
    }


def _figures(data: Mapping[str, Any]) -> str:
    figures = data.get("figures", {})
    return _("%(day)s: came %(received)s, answered %(answered)s, overdue %(overdue)s") % {
        "day": _day(data.get("day")).capitalize(),
        "received": figures.get("received", 0),
        "answered": figures.get("answered", 0),
        "overdue": figures.get("overdue", 0),
    }


_SAYS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    Kind.ASSIGNED: lambda data: _("You are the executor"),
    Kind.ARRIVED: lambda data: _("A case came to your agency: it has no executor yet"),
    Kind.HANDOVER: lambda data: _("The case was handed over to you"),
    Kind.RETURNED: _returned,
    Kind.PUBLISHED: _published,
    Kind.MESSAGE: _message,
    Kind.REOPENED: _reopened,
    Kind.MENTION: lambda data: _("You are named in a note"),
    Kind.PART_ASKED: _part_asked,
    Kind.PART_TERM: _part_term,
    Kind.PART_GIVEN: lambda data: (
        _("%(asked)s gave its contribution") % {"asked": data.get("asked_name", "")}
    ),
    Kind.APPROVAL: _approval,
    Kind.REVIEW: lambda data: _("A reply waits for review"),
    Kind.FLAGGED: _flagged,
    Kind.REJECTION: _rejection,
    Kind.DISPUTE: lambda data: _("An agency says that the case is not its own: decide"),
    Kind.DISPUTE_DECIDED: _dispute,
    Kind.CONTROL: _control,
    Kind.TERM_WARNING: _warning,
    Kind.TERM_DUE: _due,
    Kind.ESCALATED: _escalated,
    Kind.TERMS_LATE: _late,
    Kind.CALENDAR: _calendar,
    Kind.TEMPLATE: _template,
    Kind.TERM_MOVED: _moved,
    Kind.PROMISE_DUE: _promise,
    Kind.PROMISE_BROKEN: _broken,
    Kind.ORPHAN: _orphan,
    Kind.EVENT_OFFER: _event_offer,
    Kind.SPIKE: _spike,
    Kind.DEPUTY: _deputy,
    Kind.IMPORT_FINISHED: _import,
    Kind.EXPORT_READY: _export,
    Kind.REPORT_READY: _report,
    Kind.DAY_FIGURES: _figures,
}


def word_notice(kind: str, data: Mapping[str, Any]) -> str:
    """One sentence without the case's number, which stands beside it."""
    return _SAYS[kind](data)


def word_actor(data: Mapping[str, Any]) -> str:
    """«О. Лапина»: who did it; empty where the portal itself did."""
    who = str(data.get("actor", ""))
    if absent := data.get("for"):
        return f"{who}; " * bool(who) + _("instead of %(absent)s") % {"absent": absent}
    return who


def word_many(kind: str, count: int) -> str:
    """«14 обращений: срок прошёл»: alike notices in one line."""
    cases = ngettext("%(count)s case", "%(count)s cases", count) % {"count": count}
    what = {
        Kind.ASSIGNED: _("assigned to you"),
        Kind.ARRIVED: _("came to your agency"),
        Kind.HANDOVER: _("handed over to you"),
        Kind.RETURNED: _("the reply was returned"),
        Kind.PUBLISHED: _("the reply was published"),
        Kind.MESSAGE: _("the citizen wrote more"),
        Kind.REOPENED: _("reopened"),
        Kind.MENTION: _("you are named in notes"),
        Kind.PART_ASKED: _("your contribution is asked for"),
        Kind.PART_TERM: _("the term of a contribution"),
        Kind.PART_GIVEN: _("a contribution was given"),
        Kind.APPROVAL: _("the reply waits for approval"),
        Kind.REVIEW: _("the reply waits for review"),
        Kind.FLAGGED: _("the reply was stopped or returned"),
        Kind.REJECTION: _("the rejection waits for a second person"),
        Kind.DISPUTE: _("the competence is disputed"),
        Kind.DISPUTE_DECIDED: _("the dispute is decided"),
        Kind.CONTROL: _("personal control"),
        Kind.TERM_WARNING: _("the term comes to its end"),
        Kind.TERM_DUE: _("the term is over"),
        Kind.ESCALATED: _("overdue, came up to you"),
        Kind.TERM_MOVED: _("the term was moved"),
        Kind.PROMISE_DUE: _("a promised day is near"),
        Kind.PROMISE_BROKEN: _("the promise was not kept"),
        Kind.ORPHAN: _("nobody works on it"),
    }.get(Kind(kind))
    if what is None:
        return ngettext("%(count)s notice", "%(count)s notices", count) % {"count": count}
    return f"{cases}: {what}"


def figure_lines(kind: str, data: Mapping[str, Any]) -> list[dict[str, object]]:
    """The figures of a day, each with its title; nothing for other kinds."""
    if kind != Kind.DAY_FIGURES:
        return []
    titles = {
        "received": _("Came"),
        "answered": _("Answered"),
        "late": _("Answered late"),
        "returned": _("Replies returned"),
        "brush_offs": _("Judged a brush-off"),
        "open": _("Open"),
        "overdue": _("Overdue now"),
        "review": _("Wait for review"),
        "control": _("Under personal control"),
        "control_overdue": _("Overdue under personal control"),
    }
    figures = data.get("figures", {})
    return [
        {"title": title, "value": figures[key]} for key, title in titles.items() if key in figures
    ]
