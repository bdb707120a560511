"""The official's side of a reply: send, withdraw; the approver's return."""

from collections.abc import Sequence
from datetime import date

from agencies.access import persons_of
from agencies.models import User
from agencies.roles import Right
from cases import attachments, checking, clocks, reuse
from cases.actions import drafts
from cases.actions.moving import Moving, moving
from cases.bulk import fresh
from cases.errors import BadChange
from cases.models import Case, CaseEvent, Clock, Reply
from cases.promises import check_promise, promised_days
from cases.querysets import may
from cases.workflow import Status
from database.rows import set_related
from quality import Severity
from quality.kept import kept_of

SHORTEST = 2


def latest_reply(case: Case) -> Reply:
    """The reply the case is about now; BadChange when none was ever sent."""
    reply: Reply | None = case.replies.order_by("-version").first()
    if reply is None:
        raise BadChange("no_reply", field="text")
    return reply


def latest_published(case: Case) -> Reply | None:
    """The text the citizen has now."""
    found: Reply | None = (
        case.replies.filter(state=Reply.State.PUBLISHED).order_by("-version").first()
    )
    return found


def submit_reply(
    case: Case,
    *,
    actor: User,
    text: str,
    kind: str = Reply.Kind.FINAL,
    outcome: str = "",
    override: str = "",
    promised_on: date | None = None,
    promise: str = "",
    new_fact: str = "",
    promises: Sequence[date] | None = None,
    template: int | None = None,
    version: int | None = None,
) -> Reply:
    """Send the reply: checked in the same transaction, flagged -> review, else -> approval.

    `override`: the reason for sending in spite of a blocking finding; without it such a
    reply is refused with BadChange("blocked"). An interim reply and planned works promise a
    day (`promised_on`); see `cases.promises` for their limits. `promises`: which of the days that
    the text promises its author confirms; None: he was not asked. `template`: the one the text
    began from; one the agency may not use is left out of account.
    """
    text = text.replace("\x00", "").strip()
    if len(text) < SHORTEST:
        raise BadChange("reply_empty", field="text")
    with moving(case, "submit_reply", actor, version=version) as step:
        assert step.case.agency_id is not None  # a state at an agency, by database constraint
        ground = checking.ground_of(step.case, actor, template=template)
        published = [pk for pk, _version, state in ground.replies if state == "published"]
        check_promise(step, kind=kind, promised_on=promised_on, new_fact=new_fact)
        reply = fresh(
            Reply,
            case_id=step.case.pk,
            agency_id=step.case.agency_id,
            author_id=actor.pk,
            author_name=str(actor),
            kind=kind,
            state=Reply.State.APPROVAL,
            outcome=outcome,
            promised_on=promised_on,
            promise=promise or (step.case.title if promised_on else ""),
            new_fact=new_fact,
            promised=promised_days(step.case, text, step.at, kind=kind, confirmed=promises),
            text=text,
            version=ground.replies[-1][1] + 1 if ground.replies else 1,
            corrects_id=published[-1] if published else None,
            submitted_at=step.at,
        )
        set_related(reply, case=step.case, author=actor)
        found = checking.check(ground, text, kind=kind, outcome=outcome, replied_at=step.at)
        blocking = [item.code for item in found.findings if item.severity == Severity.BLOCK]
        if blocking and not override:
            raise BadChange("blocked", field="override", codes=blocking)
        reply.state = Reply.State.REVIEW if found.flagged else Reply.State.APPROVAL
        checking.store(reply, found)
        if ground.files:
            step.along(
                "update cases_attachment set reply_id = %s where id = any(%s)",
                reply.pk,
                ground.files,
            )
        if ground.template is not None:
            _note_template(step, reply, *ground.template)
        step.case.status = Status.REVIEW if found.flagged else Status.APPROVAL
        step.case.executor_id = step.case.executor_id or actor.pk
        step.case.submitted_at = step.at
        step.case.risk = found.risk
        step.case.flagged = found.flagged
        step.case.outcome = outcome
        step.book.stop(codes=["REWORK", "REWORK-SN"])
        start_approval(step)
        step.data = {
            "reply": reply.pk,
            "version": reply.version,
            "risk": found.risk,
            "flagged": found.flagged,
            "findings": [item.code for item in found.findings],
        }
        if kind != Reply.Kind.FINAL:
            step.data["kind"] = kind
        if promised_on is not None:
            step.data["promised_on"] = promised_on.isoformat()
        if override:
            step.data |= {"override": override, "blocking": blocking}
        drafts.end_draft(step, actor, text)
    return reply


def _note_template(step: Moving, reply: Reply, template: int, text: str) -> None:
    kept, share = kept_of(text, reply.text)
    step.along(
        "insert into cases_templateuse (reply_id, template_id, agency_id, at, kept, share)"
        " values (%s, %s, %s, %s, %s, %s)",
        *(reply.pk, template, reply.agency_id, step.at, kept, share),
    )


def start_approval(step: Moving) -> None:
    """The decision on a reply has a term of its own, from each time it is laid before somebody."""
    assert step.case.agency is not None  # a state at an agency, by database constraint
    step.book.stop(Clock.Kind.APPROVAL)
    step.book.start(Clock.Kind.APPROVAL, clocks.APPROVAL, start=step.at, agency=step.case.agency)


def follow_reply(case: Case) -> None:
    """Let risk, flag and outcome of the case be those of its current reply (one query).

    A reply that was returned or withdrawn is current no more: the one published before it is,
    if any. Nothing is saved here.
    """
    current: Reply | None = (
        case.replies.current().only("risk", "flagged", "outcome").order_by("-version").first()
    )
    case.risk = current.risk if current else None
    case.flagged = current.flagged if current else False
    case.outcome = current.outcome if current else ""


def _take_back(step: Moving, reply: Reply, state: str) -> None:
    reply.state = state
    reply.save(update_fields=["state"])
    reuse.forget([reply])
    attachments.keep_for_draft(reply)
    step.book.stop(Clock.Kind.APPROVAL)
    step.case.submitted_at = None
    follow_reply(step.case)


def may_withdraw(case: Case, actor: User, reply: Reply | None = None) -> bool:
    """The author of the latest reply, or who leads the agency's executors: its curator.

    `reply`: the latest one where it is loaded already; else it is asked for (one query).
    """
    if not may(actor, Right.ANSWER_CASES, case):
        return False
    if may(actor, Right.DISPUTE_COMPETENCE, case):
        return True
    latest = reply or case.replies.only("author_id").order_by("-version").first()
    return latest is not None and latest.author_id in persons_of(actor)


def withdraw_reply(case: Case, *, actor: User, version: int | None = None) -> Case:
    """Take one's reply back before it is published; its text becomes the draft again.

    The draft is the author's also when a curator takes the reply back.
    """
    with moving(case, "withdraw_reply", actor, version=version, right_checked=may_withdraw) as step:
        reply = latest_reply(step.case)
        _take_back(step, reply, Reply.State.WITHDRAWN)
        drafts.lay_draft(step.case, reply.author_id or actor.pk, reply.text)
        step.data = {"reply": reply.pk}
    return step.case


def return_to_author(case: Case, *, actor: User, remark: str, version: int | None = None) -> Case:
    """The approver wants it changed before publication; the author finds his text as draft."""
    with moving(case, "return_to_author", actor, version=version) as step:
        reply = latest_reply(step.case)
        _take_back(step, reply, Reply.State.RETURNED)
        if reply.author_id is not None:
            drafts.lay_draft(step.case, reply.author_id, reply.text)
        step.data = {"reply": reply.pk, "remark": remark}
    return step.case


def start_rework(step: Moving) -> None:
    """The rework term; of a social network in working hours. A citizen's term still runs on
    where no reply was published: the earlier moment rules."""
    agency = step.case.agency
    assert agency is not None  # a state at an agency, by database constraint
    held = step.case.assignments.filter(until=None).first()
    step.book.stop(Clock.Kind.APPROVAL)
    step.book.stop(codes=["REWORK", "REWORK-SN", "SURVEY"])
    codes = clocks.REWORK_RULES.get(step.case.regime, ("REWORK",))
    step.book.start(Clock.Kind.STAGE, codes, start=step.at, agency=agency, assignment=held)


def to_rework(step: Moving, reply: Reply, *, by_author: bool = False) -> None:
    """Back to the author with a term of its own; too often, and it goes up to the head.

    The text becomes the draft again: the next one is compared with it.
    """
    if reply.author_id is not None:
        drafts.lay_draft(step.case, reply.author_id, reply.text)
    step.case.status = Status.REWORK
    step.case.returns += 1
    step.case.submitted_at = None
    start_rework(step)
    if step.case.returns > step.book.limits.max_returns and step.case.escalated_at is None:
        step.case.escalated_at = step.at
        CaseEvent.objects.create(
            case=step.case,
            at=step.at,
            actor=step.actor,
            move="escalate",
            before=step.before,
            after=Status.REWORK,
            data={"returns": step.case.returns},
        )
    if by_author:
        step.data["rework"] = True
