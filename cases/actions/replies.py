"""The official's side of a reply: draft, send, withdraw; the approver's return."""

from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from agencies.models import User
from agencies.roles import Right
from cases import attachments, checking, clocks
from cases.actions.moving import moving
from cases.errors import BadChange, CaseNotFound, RightMissing
from cases.models import Attachment, Case, Clock, Draft, Reply
from cases.querysets import may
from cases.workflow import Status
from quality import Severity

SHORTEST = 2


def save_draft(case: Case, *, actor: User, text: str) -> Draft | None:
    """Keep what the official has typed so far; a draft is not a change of the case.

    None where nothing was typed and nothing is kept: looking at a case leaves no draft.
    """
    visible = Case.objects.visible_to(actor).filter(pk=case.pk).first()
    if visible is None:
        raise CaseNotFound("case_not_found")
    if not may(actor, Right.ANSWER_CASES, visible):
        raise RightMissing("right_missing", move="submit_reply")
    text = text.replace("\x00", "")
    if not text.strip() and not Draft.objects.filter(case=visible, author=actor).exists():
        return None
    draft, _ = Draft.objects.update_or_create(case=visible, author=actor, defaults={"text": text})
    return draft


def latest_reply(case: Case) -> Reply:
    """The reply the case is about now; BadChange when none was ever sent."""
    reply: Reply | None = case.replies.order_by("-version").first()
    if reply is None:
        raise BadChange("no_reply", field="text")
    return reply


@dataclass(slots=True)
class _Before:
    """What stands before a new reply: the last version, the published reply, waiting files."""

    version: int = 0
    published: int | None = None
    files: list[int] = field(default_factory=list)


def _before(case: Case, actor: User) -> _Before:
    """One statement: a reply is sent while a person waits for the next page."""
    found = _Before()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select id, version, state from cases_reply where case_id = %(case)s
            union all
            select id, 0, '' from cases_attachment
            where case_id = %(case)s and message_id is null and reply_id is null
                and uploaded_by_id = %(actor)s
            order by 2
            """,
            {"case": case.pk, "actor": actor.pk},
        )
        for pk, version, state in cursor.fetchall():
            if not version:
                found.files.append(pk)
                continue
            found.version = version
            if state == Reply.State.PUBLISHED:
                found.published = pk
    return found


def submit_reply(
    case: Case,
    *,
    actor: User,
    text: str,
    kind: str = Reply.Kind.FINAL,
    outcome: str = "",
    override: str = "",
    version: int | None = None,
) -> Reply:
    """Send the reply: checked in the same transaction, flagged -> review, else -> approval.

    `override`: the reason for sending in spite of a blocking finding; without it such a
    reply is refused with BadChange("blocked").
    """
    text = text.replace("\x00", "").strip()
    if len(text) < SHORTEST:
        raise BadChange("reply_empty", field="text")
    with moving(case, "submit_reply", actor, version=version) as step:
        assert step.case.agency is not None  # a state at an agency, by database constraint
        before = _before(step.case, actor)
        reply = Reply(
            case=step.case,
            agency=step.case.agency,
            author=actor,
            author_name=str(actor),
            kind=kind,
            state=Reply.State.APPROVAL,
            outcome=outcome,
            text=text,
            version=before.version + 1,
            corrects_id=before.published,
            submitted_at=step.at,
        )
        found = checking.check(
            step.case,
            text,
            kind=kind,
            outcome=outcome,
            replied_at=step.at,
            has_media=attachments.has_media(step.case, before.files),
        )
        blocking = [item.code for item in found.findings if item.severity == Severity.BLOCK]
        if blocking and not override:
            raise BadChange("blocked", field="override", codes=blocking)
        reply.state = Reply.State.REVIEW if found.flagged else Reply.State.APPROVAL
        checking.store(reply, found)
        if before.files:
            Attachment.objects.filter(pk__in=before.files).update(reply=reply)
        step.case.status = Status.REVIEW if found.flagged else Status.APPROVAL
        step.case.executor_id = step.case.executor_id or actor.pk
        step.case.submitted_at = step.at
        step.case.risk = found.risk
        step.case.flagged = found.flagged
        step.case.outcome = outcome
        step.data = {
            "reply": reply.pk,
            "version": reply.version,
            "risk": found.risk,
            "flagged": found.flagged,
            "findings": [item.code for item in found.findings],
        }
        if override:
            step.data |= {"override": override, "blocking": blocking}
        Draft.objects.filter(case=step.case, author=actor).delete()
    return reply


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


def _take_back(case: Case, reply: Reply, state: str) -> None:
    reply.state = state
    reply.save(update_fields=["state"])
    checking.forget([reply])
    attachments.keep_for_draft(reply)
    case.submitted_at = None
    follow_reply(case)


def may_withdraw(case: Case, actor: User, reply: Reply | None = None) -> bool:
    """The author of the latest reply, or who leads the agency's executors: its curator.

    `reply`: the latest one where it is loaded already; else it is asked for (one query).
    """
    if not may(actor, Right.ANSWER_CASES, case):
        return False
    if may(actor, Right.DISPUTE_COMPETENCE, case):
        return True
    latest = reply or case.replies.only("author_id").order_by("-version").first()
    return latest is not None and latest.author_id == actor.pk


def withdraw_reply(case: Case, *, actor: User, version: int | None = None) -> Case:
    """Take one's reply back before it is published; its text becomes the draft again.

    The draft is the author's also when a curator takes the reply back.
    """
    with moving(case, "withdraw_reply", actor, version=version, right_checked=may_withdraw) as step:
        reply = latest_reply(step.case)
        _take_back(step.case, reply, Reply.State.WITHDRAWN)
        Draft.objects.update_or_create(
            case=step.case,
            author_id=reply.author_id or actor.pk,
            defaults={"text": reply.text},
        )
        step.data = {"reply": reply.pk}
    return step.case


def return_to_author(case: Case, *, actor: User, remark: str, version: int | None = None) -> Case:
    """The approver wants it changed before publication; the author finds his text as draft."""
    with moving(case, "return_to_author", actor, version=version) as step:
        reply = latest_reply(step.case)
        _take_back(step.case, reply, Reply.State.RETURNED)
        if reply.author_id is not None:
            Draft.objects.update_or_create(
                case=step.case, author_id=reply.author_id, defaults={"text": reply.text}
            )
        step.data = {"reply": reply.pk, "remark": remark}
    return step.case


def restart_after_return(case: Case) -> None:
    """The rework term: the reply clock still runs unless a reply was already published."""
    assert case.agency is not None
    clocks.stop_clocks(case, Clock.Kind.STAGE)
    clocks.start_clock(
        case,
        clocks.REWORK_RULES.get(case.regime, ("REWORK",)),
        kind=Clock.Kind.STAGE,
        start=timezone.now(),
        agency=case.agency,
    )
