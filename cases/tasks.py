"""Work of the background worker: checks of replies that came without one."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from cases import (
    checking,
    event_orders,
    families,
    formulas,
    gathering,
    handover,
    many,
    news,
    orphans,
    presence,
    reuse,
    sampling,
    watch_tasks,
)
from cases.actions.drafts import forget_copies
from cases.models import BulkRun, Case, EventOrder, Finding, Handover, Message, Reply
from cases.reuse import Asked, Found
from quality import EarlierReply, Situation, Thresholds
from quality.memory import MemoryIndex

BATCH = 500
"""Replies checked together: the more, the less of the index is read for each; the fewer, the less
is lost by a worker that dies and the shorter their rows are locked."""


def queue_backlog() -> None:
    """Ask for `check_backlog` once the running transaction is committed; once is enough."""
    try:
        with transaction.atomic():
            check_backlog.configure(queueing_lock="cases.check_backlog").defer()
    except AlreadyEnqueued:
        pass


@app.task(name="cases.check_backlog", lock="cases.check_backlog")
def check_backlog() -> None:
    """Check every unchecked reply, `BATCH` in a transaction: killed, it goes on where it was."""
    while check_some():
        pass


def backlog_size() -> int:
    """Replies still to be checked (one query by a small index)."""
    return Reply.objects.filter(risk__isnull=True).count()


def _looked_up(
    replies: list[Reply], limits: Thresholds
) -> Iterator[tuple[Reply, Situation, Found]]:
    """What is known of each reply, oldest first: stored replies and those of the same batch."""
    replies = sorted(replies, key=lambda reply: (reply.submitted_at, reply.pk))
    words: dict[int, list[str]] = {}
    for case_id, text in Message.objects.filter(
        case_id__in={reply.case_id for reply in replies}, is_current=True
    ).values_list("case_id", "text"):
        words.setdefault(case_id, []).append(text)
    asked = [Asked(reply.case, reply.text, reply.submitted_at) for reply in replies]
    batch = MemoryIndex(limits)
    cases: dict[str, int] = {}
    for reply, found in zip(replies, reuse.look_up(asked, limits), strict=True):
        near = batch.candidates(reply.text, found.approved)
        found.earlier += [earlier for earlier in near if cases[earlier.key] != reply.case_id]
        values = checking.values_of(
            reply.case,
            "\n\n".join(words.get(reply.case_id, [])),
            reply.text,
            kind=reply.kind,
            outcome=reply.outcome,
            replied_at=reply.submitted_at,
            found=found,
        )
        yield reply, values, found
        key, citizen = str(reply.pk), str(reply.case.citizen_id)
        cases[key] = reply.case_id
        batch.add(
            EarlierReply(key, reply.text, str(reply.agency_id), citizen, None, reply.submitted_at)
        )


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
    reuse.forget(replies)
    findings: list[Finding] = []
    families: dict[int, int] = {}
    for reply, values, found in _looked_up(replies, limits):
        told = checking.assessed(values, found, limits)
        checking.take_over(reply, told)
        findings += checking.finding_rows(reply, told)
        key = reuse.attached_to(told)
        if key is not None:
            families[reply.pk] = found.families.get(key) or families.get(int(key), int(key))
    reuse.add(replies, families)
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
    news.touched({reply.case_id for reply in replies})
    return len(replies)


@app.periodic(cron="*/10 * * * *")
@app.task(name="cases.count_formulas", queueing_lock="cases.count_formulas", pass_context=False)
def count_formulas(timestamp: int) -> None:
    """Sentences of the replies sent since the last time."""
    while formulas.count_some():
        pass


@app.periodic(cron="41 3 * * *")
@app.task(name="cases.drop_rare_sentences", queueing_lock="cases.drop_rare_sentences")
def drop_rare_sentences(timestamp: int) -> None:
    """Once a night: what was met once, long ago, is no formula."""
    formulas.drop_rare()


@app.periodic(cron="*/5 * * * *", periodic_id="cases.send_event_replies")
@app.task(name="cases.send_event_replies", queueing_lock="cases.send_event_replies")
def send_event_replies(timestamp: int) -> int:
    """Personal replies for members of mass events that the request left, or a killed worker."""
    return sum(event_orders.carry_out(made) for made in event_orders.waiting())


def queue_event_replies(made: EventOrder) -> None:
    """Let the worker go on where the request stopped."""
    if not made.rows.filter(state="waiting").exists():
        return
    try:
        with transaction.atomic():
            send_event_replies.defer(timestamp=0)
    except AlreadyEnqueued:
        pass


@app.periodic(cron="52 3 * * *", periodic_id="cases.forget_prints")
@app.task(name="cases.forget_prints", queueing_lock="cases.forget_prints")
def forget_prints(timestamp: int) -> int:
    """Prints of messages behind which no repeat is looked for."""
    gone = 0
    while some := gathering.forget_old():
        gone += some
    return gone


@app.periodic(cron="23 * * * *", periodic_id="cases.forget_traces")
@app.task(name="cases.forget_traces", queueing_lock="cases.forget_traces")
def forget_traces(timestamp: int) -> None:
    """Rows of who has left long ago, copies of drafts older than a month, old bulk moves."""
    presence.forget_gone()
    many.forget()
    forget_copies(timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.renew_families", queueing_lock="cases.renew_families", pass_context=False)
def renew_families(timestamp: int) -> None:
    """Figures of the families of copied replies that changed since the last time."""
    while families.renew_some():
        pass


@app.periodic(cron="17 * * * *")
@app.task(name="cases.count_replies", queueing_lock="cases.count_replies")
def count_replies(timestamp: int) -> None:
    """How many replies each agency has: what its copies are a share of."""
    families.count_copied(all_replies=True)


@app.periodic(cron="17 * * * *", periodic_id="cases.find_orphans")
@app.task(name="cases.find_orphans", queueing_lock="cases.find_orphans")
def find_orphans(timestamp: int) -> int:
    """Open cases whose executor is gone, told to who can hand them over."""
    return orphans.check()


@app.task(name="cases.hand_over_rest", queueing_lock="cases.hand_over_rest")
def hand_over_rest() -> int:
    """Carry out what waits of all handovers."""
    return sum(handover.carry_out(made) for made in handover.waiting())


@app.periodic(cron="*/5 * * * *", periodic_id="cases.resume_handovers")
@app.task(name="cases.resume_handovers", queueing_lock="cases.resume_handovers")
def resume_handovers(timestamp: int) -> int:
    """What a killed worker left."""
    return sum(handover.carry_out(made) for made in handover.waiting())


def queue_handover(made: Handover) -> None:
    """Let the worker go on where the request stopped."""
    if not made.rows.filter(state="waiting").exists():
        return
    try:
        with transaction.atomic():
            hand_over_rest.defer()
    except AlreadyEnqueued:
        pass


@app.task(name="cases.bulk_rest", queueing_lock="cases.bulk_rest")
def bulk_rest() -> int:
    """Carry out what waits of all bulk moves."""
    return sum(many.carry_out(made) for made in many.waiting())


@app.periodic(cron="*/5 * * * *", periodic_id="cases.resume_bulk")
@app.task(name="cases.resume_bulk", queueing_lock="cases.resume_bulk")
def resume_bulk(timestamp: int) -> int:
    """What a killed worker or request left."""
    return sum(many.carry_out(made) for made in many.waiting())


def queue_bulk(made: BulkRun) -> None:
    """Let the worker go on where the request stopped."""
    if not made.rows.filter(state="waiting").exists():
        return
    try:
        with transaction.atomic():
            bulk_rest.defer()
    except AlreadyEnqueued:
        pass


@app.periodic(cron="12 2 * * *", periodic_id="cases.draw_samples")
@app.task(name="cases.draw_samples", queueing_lock="cases.draw_samples")
def draw_samples(timestamp: int) -> None:
    """The random sample of yesterday's replies for the review desk."""
    sampling.draw_due(timezone.now())


__all__ = ["check_backlog", "queue_backlog", "watch_tasks"]
