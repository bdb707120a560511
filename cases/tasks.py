"""Work of the background worker: checks of replies that came without one."""

from django.db import transaction
from django.db.models import OuterRef, Subquery
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from cases import checking
from cases.models import Case, Finding, Message, Reply
from quality import assess

BATCH = 200


def queue_backlog() -> None:
    """Ask for `check_backlog` once the running transaction is committed; once is enough."""
    try:
        with transaction.atomic():
            check_backlog.configure(queueing_lock="cases.check_backlog").defer()
    except AlreadyEnqueued:
        pass


@app.task(name="cases.check_backlog", lock="cases.check_backlog")
def check_backlog() -> None:
    """Check every unchecked reply, 200 in a transaction: killed, it goes on where it was."""
    while check_some():
        pass


def backlog_size() -> int:
    """Replies still to be checked (one query by a small index)."""
    return Reply.objects.filter(risk__isnull=True).count()


@transaction.atomic
def check_some(limit: int = BATCH) -> int:
    """Check up to `limit` replies; how many there were."""
    replies = list(
        Reply.objects.filter(risk__isnull=True)
        .select_related(
            "case__citizen", "case__topic", "case__channel", "case__event", "case__agency"
        )
        .defer("case__search")
        .order_by("id")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    if not replies:
        return 0
    limits, _setting = checking.thresholds()
    words: dict[int, list[str]] = {}
    for case_id, text in Message.objects.filter(
        case_id__in={reply.case_id for reply in replies}, is_current=True
    ).values_list("case_id", "text"):
        words.setdefault(case_id, []).append(text)
    # Indexed first, so that copies within the same file find each other.
    checking.index(replies)
    findings: list[Finding] = []
    for reply in replies:
        earlier = [
            found
            for found in checking.candidates(
                reply.case, reply.text, limits, checking.approved_of(reply.case)
            )
            if found.sent_at is None or found.sent_at <= reply.submitted_at
        ]
        values = checking.values_of(
            reply.case,
            "\n\n".join(words.get(reply.case_id, [])),
            reply.text,
            kind=reply.kind,
            outcome=reply.outcome,
            replied_at=reply.submitted_at,
        )
        found = assess(values, earlier, thresholds=limits)
        checking.take_over(reply, found)
        findings += checking.finding_rows(reply, found)
    Finding.objects.filter(reply__in=replies).delete()
    Reply.objects.bulk_update(
        replies, ["risk", "flagged", "similarity", "rules_version", "assessment"]
    )
    Finding.objects.bulk_create(findings)
    last = Reply.objects.current().filter(case=OuterRef("pk")).order_by("-version")
    # Not a change of the case by anybody: its version stays.
    Case.objects.filter(pk__in={reply.case_id for reply in replies}).update(
        risk=Subquery(last.values("risk")[:1]), flagged=Subquery(last.values("flagged")[:1])
    )
    return len(replies)
