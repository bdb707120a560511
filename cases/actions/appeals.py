"""59-FZ: registration, extension, redirection, notices, the end of correspondence.

Every paper is made in the transaction of its move: without the number and the signer the move
is refused, so no notice is only said to be sent.
"""

from datetime import date, datetime, time
from typing import Any

from agencies.models import Agency, User
from cases import clocks, papers
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Appeal, Assignment, Case, Clock, Paper, Reply
from cases.workflow import Status


def appeal_of(case: Case) -> Appeal:
    """The appeal of a case by 59-FZ; of one from before there were any, it is made now."""
    found, _ = Appeal.objects.get_or_create(
        case=case,
        defaults={
            "received_at": case.received_at,
            "registered_at": case.registered_at,
            "incoming_number": case.number,
        },
    )
    return found


def desk_of(case: Case) -> Agency:
    """By whose calendar a term runs: the case's agency, before it the centre."""
    found = case.agency or Agency.objects.filter(kind=Agency.Kind.CENTRE).order_by("pk").first()
    if found is None:
        raise BadChange("no_agency", field="incoming_number")
    return found


def register_appeal(
    case: Case,
    *,
    actor: User,
    incoming_number: str,
    registered_on: date | None = None,
    migration: bool = False,
    version: int | None = None,
) -> Case:
    """Give the appeal its incoming number; the terms of 59-FZ run from the registration.

    `registered_on`: the day in the journal, where it was registered before it came here.
    """
    number = incoming_number.strip()
    if not number:
        raise BadChange("incoming_missing", field="incoming_number")
    with moving(case, "register_appeal", actor, version=version) as step:
        desk = desk_of(step.case)
        moment = step.at
        if registered_on is not None and registered_on != step.at.astimezone(desk.zone).date():
            # The end of that day: the count of days begins with the next one all the same.
            moment = datetime.combine(registered_on, time(23, 59), tzinfo=desk.zone)
        received = step.case.received_at.astimezone(desk.zone).date()
        if moment > step.at or moment.astimezone(desk.zone).date() < received:
            raise BadChange("registered_impossible", field="registered_on")
        appeal = appeal_of(step.case)
        appeal.incoming_number, appeal.migration = number, migration
        appeal.registered_at = moment
        appeal.save(update_fields=["incoming_number", "migration", "registered_at"])
        step.case.registered_at = moment
        step.book.stop(codes=["L59-REG"], at=max(moment, step.case.received_at))
        clocks.start_main(step.book, desk, start=moment, migration=migration)
        passing = clocks.PASS_ON if migration else clocks.REDIRECTION
        step.book.start(Clock.Kind.STAGE, passing, start=moment, agency=desk)
        step.data = {
            "number": number,
            "registered_at": moment.isoformat(),
            "migration": migration,
        }
    return step.case


def _named(value: str, field: str) -> str:
    if not value.strip():
        raise BadChange(f"{field}_missing", field=field)
    return value.strip()


def make_paper(step: Moving, kind: str, number: str, signer: str, **data: Any) -> Paper:
    assert step.actor is not None  # papers are signed by people
    return papers.make(
        step.case,
        kind=kind,
        number=_named(number, "outgoing_number"),
        signer=signer.strip() or str(step.actor),
        at=step.at,
        actor=step.actor,
        data=data,
    )


def sign_letter(step: Moving, reply: Reply, *, signer: str, number: str, result: str) -> Paper:
    """The letter with the reply's text; the appeal takes its number, day and result."""
    appeal = appeal_of(step.case)
    moment = reply.published_at or step.at
    made = make_paper(step, Paper.Kind.LETTER, number, signer, text=reply.text, reply=reply.pk)
    appeal.signer, appeal.outgoing_number = made.signer, made.number
    appeal.outgoing_on = moment.astimezone(desk_of(step.case).zone).date()
    appeal.result = result or _RESULT_OF.get(reply.outcome, Appeal.Result.EXPLAINED)
    appeal.save(update_fields=["signer", "outgoing_number", "outgoing_on", "result"])
    step.data |= {"number": made.number, "signer": made.signer, "paper": made.pk}
    return made


_RESULT_OF: dict[str, str] = {
    "solved": Appeal.Result.MEASURES,
    "explained": Appeal.Result.EXPLAINED,
    "postponed": Appeal.Result.SUPPORTED,
    "not_solved": Appeal.Result.NOT_SUPPORTED,
}


def extend_appeal(
    case: Case,
    *,
    actor: User,
    until: date,
    ground: str,
    outgoing_number: str,
    signer: str = "",
    version: int | None = None,
) -> Case:
    """Extend the consideration once, by at most the term of the law, with the notice sent before
    the main term ends; `ground`: why, in words for the citizen."""
    with moving(case, "extend_appeal", actor, version=version) as step:
        appeal = appeal_of(step.case)
        agency = desk_of(step.case)
        if appeal.extended_until is not None:
            raise BadChange("extended_already", field="until")
        total = next((c for c in step.book.of(Clock.Kind.TOTAL) if not c.warning_only), None)
        if total is None:
            raise BadChange("no_term", field="until")
        if total.due_at < step.at:
            raise BadChange("extension_after_end", field="until")
        rule = step.book.rule(["L59-EXT"], step.at)
        limit = step.book.due(rule, total.due_at, agency).moment if rule else None
        moment = datetime.combine(until, time(23, 59, 59), tzinfo=agency.zone)
        if moment <= total.due_at:
            raise BadChange("extension_not_later", field="until")
        if limit is not None and moment > limit:
            raise BadChange("extension_beyond_law", field="until")
        made = make_paper(
            step,
            Paper.Kind.EXTENSION,
            outgoing_number,
            signer,
            until=until.isoformat(),
            ground=ground,
        )
        note = {
            "reason": ground,
            "before": total.due_at.isoformat(),
            "until": moment.isoformat(),
            "by": str(actor),
        }
        for clock in step.book.of(Clock.Kind.TOTAL, Clock.Kind.EXECUTOR):
            if not clock.warning_only and clock.due_at < moment:
                step.book.move(clock, moment, note)
        appeal.extended_until, appeal.extension_notice_at = moment, step.at
        appeal.save(update_fields=["extended_until", "extension_notice_at"])
        step.case.extensions += 1
        step.data = {
            "reason": ground,
            "before": note["before"],
            "until": note["until"],
            "number": made.number,
            "paper": made.pk,
        }
    return step.case


def in_redirection_term(step: Moving, codes: tuple[str, ...]) -> bool:
    """Whether the seven days from registration have not passed."""
    rule = step.book.rule(codes, step.case.registered_at)
    if rule is None:
        return True
    return step.book.due(rule, step.case.registered_at, desk_of(step.case)).moment >= step.at


def _end(step: Moving, reason: str) -> None:
    step.case.closed_at = step.at
    step.case.close_reason = reason
    step.case.proposed_agency = None
    step.book.stop()
    Assignment.objects.filter(case=step.case, until=None).update(until=step.at, ended_by="closed")


def forward_appeal(
    case: Case,
    *,
    actor: User,
    body: str,
    outgoing_number: str,
    ground: str = "",
    signer: str = "",
    version: int | None = None,
) -> Case:
    """Send the appeal on to a body outside the portal, the citizen told by a notice.

    Later than seven days it is still done, for the citizen's sake, and the event says so.
    """
    with moving(case, "forward_appeal", actor, version=version) as step:
        to = _named(body, "body")
        step.case.agency = desk_of(step.case)  # before routing the centre itself sends it on
        appeal = appeal_of(step.case)
        cover = make_paper(step, Paper.Kind.COVER, outgoing_number, signer, body=to, ground=ground)
        notice = make_paper(
            step, Paper.Kind.REDIRECTION, outgoing_number, signer, body=to, ground=ground
        )
        late = not in_redirection_term(step, clocks.REDIRECTION)
        appeal.redirected_to, appeal.redirect_notice_at = to[:300], step.at
        appeal.result = Appeal.Result.REDIRECTED
        appeal.signer, appeal.outgoing_number = notice.signer, notice.number
        appeal.outgoing_on = notice.dated
        appeal.save()
        step.data = {
            "body": to,
            "note": ground,
            "number": notice.number,
            "papers": [cover.pk, notice.pk],
        }
        if late:
            step.data["late"] = True
        _end(step, "redirected")
    return step.case


def short_notice(
    case: Case,
    *,
    actor: User,
    kind: str,
    outgoing_number: str,
    details: str = "",
    signer: str = "",
    version: int | None = None,
) -> Case:
    """Tell the citizen within seven days why his appeal is not answered on the substance.

    `kind`: code of a notice Reason (article 11: a court's decision, unreadable, already on the
    site …). Where the answer is on the site, `details` is its address.
    """
    with moving(case, "short_notice", actor, version=version) as step:
        if kind == "on-site" and not details.strip():
            raise BadChange("site_address_missing", field="details")
        step.case.agency = desk_of(step.case)  # before routing the centre itself answers
        appeal = appeal_of(step.case)
        step.book.stop(codes=clocks.REDIRECTION)
        made = make_paper(
            step, Paper.Kind.SHORT, outgoing_number, signer, notice=kind, details=details.strip()
        )
        late = not in_redirection_term(step, ("L59-SHORT",))
        appeal.short_notice_at = step.at
        appeal.signer, appeal.outgoing_number = made.signer, made.number
        appeal.outgoing_on = made.dated
        appeal.result = Appeal.Result.EXPLAINED
        appeal.save()
        step.data = {
            "reason": kind,
            "note": details.strip(),
            "number": made.number,
            "paper": made.pk,
        }
        if late:
            step.data["late"] = True
        _end(step, "notice-sent")
    return step.case


def answers_on_substance(case: Case) -> int:
    """Published final replies of this agency to this author about this topic (one query)."""
    assert case.agency_id is not None  # a state at an agency, by database constraint
    same = Reply.objects.filter(
        case__citizen_id=case.citizen_id,
        case__regime=case.regime,
        agency_id=case.agency_id,
        state=Reply.State.PUBLISHED,
        kind__in=[Reply.Kind.FINAL, Reply.Kind.REFUSAL],
    )
    if case.topic_id is not None:
        same = same.filter(case__topic_id=case.topic_id)
    else:
        same = same.filter(case=case)
    return same.values("case_id").distinct().count()


def cease(
    case: Case,
    *,
    actor: User,
    no_new_arguments: bool,
    agreed_by: User,
    outgoing_number: str,
    signer: str = "",
    note: str = "",
    version: int | None = None,
) -> Case:
    """End the correspondence on a question answered on its substance often enough (11 (5)).

    `agreed_by`: the lawyer or another person of the agency who agreed; never the same as who
    decides. `no_new_arguments`: read and confirmed by the person who decides.
    """
    with moving(case, "cease", actor, version=version) as step:
        if not no_new_arguments:
            raise BadChange("new_arguments", field="no_new_arguments")
        if agreed_by.pk == actor.pk:
            raise BadChange("agreed_by_oneself", field="agreed_by")
        answers = answers_on_substance(step.case)
        needed = step.book.limits.answers_before_ceasing
        if answers < needed:
            raise BadChange(
                "answers_too_few", field="no_new_arguments", needed=needed, have=answers
            )
        appeal = appeal_of(step.case)
        made = make_paper(step, Paper.Kind.END, outgoing_number, signer, answers=answers)
        appeal.ceased_notice_at = step.at
        appeal.signer, appeal.outgoing_number = made.signer, made.number
        appeal.outgoing_on = made.dated
        appeal.save()
        step.data = {
            "answers": answers,
            "agreed_by": str(agreed_by),
            "note": note,
            "number": made.number,
            "paper": made.pk,
        }
        _end(step, "ceased")
        step.case.status = Status.CEASED
    return step.case


__all__ = [
    "answers_on_substance",
    "appeal_of",
    "cease",
    "desk_of",
    "extend_appeal",
    "forward_appeal",
    "in_redirection_term",
    "make_paper",
    "register_appeal",
    "short_notice",
    "sign_letter",
]
