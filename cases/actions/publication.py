"""Publication by hand: the text was posted, the link is pasted; recall and correction.

Only the stored moment of publication stops the clock of the first reply.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from agencies.access import persons_of
from agencies.models import User
from agencies.roles import Right
from cases import checking, clocks
from cases.actions.appeals import sign_letter
from cases.actions.moving import Moving, moving
from cases.actions.promises import (
    check_postponable,
    make_promise,
    open_promises,
    settle_promise,
)
from cases.actions.replies import latest_reply, start_rework
from cases.errors import BadChange
from cases.models import Case, Clock, Promise, QualitySetting, Reply
from cases.promises import MOVE_OF_KIND, planned_before
from cases.querysets import may
from cases.workflow import MOVES, Regime
from quality import Severity


def may_publish(case: Case, actor: User, reply: Reply | None = None) -> bool:
    """The approver, or the author himself where the agency lets authors publish.

    An author publishes only his own unflagged reply within the risk set for it (60 points), and
    none that was sent in spite of a blocking finding: that is his approver's to answer for.
    `reply`: the latest one where it is loaded already.
    """
    if may(actor, Right.APPROVE_REPLIES, case):
        return True
    if case.agency is None or not case.agency.publish_own:
        return False
    reply = reply or case.replies.order_by("-version").first()
    if reply is None or reply.author_id not in persons_of(actor):
        return False
    _, limits = checking.thresholds()
    return is_own_publishable(reply, limits) and may(actor, Right.ANSWER_CASES, case)


def is_own_publishable(reply: Reply, limits: QualitySetting) -> bool:
    if reply.flagged or reply.risk is None or reply.risk > limits.publish_own_until:
        return False
    return not any(found.severity == Severity.BLOCK for found in reply.findings.all())


def ready(kind: str) -> Callable[[Case, User, Reply | None], bool]:
    """Who may publish a reply of this kind, and only such a reply: for the moves on screen."""

    def rule(case: Case, actor: User, reply: Reply | None = None) -> bool:
        latest = reply or case.replies.order_by("-version").first()
        if latest is not None and move_of(latest.kind) != kind:
            return False
        if kind == "plan":
            return _may_plan(case, actor)
        return may_publish(case, actor, latest)

    return rule


def move_of(kind: str) -> str:
    """The move that publishes a reply of this kind."""
    return MOVE_OF_KIND.get(kind, "publish")


def _may_plan(case: Case, actor: User) -> bool:
    """The approver or the supervisor: an author never postpones his own work."""
    return any(may(actor, right, case) for right in MOVES["plan"].rights)


def _publish(
    step: Moving,
    name: str,
    *,
    url: str,
    published_at: datetime | None,
    reply: int | None,
) -> Reply:
    """The reply becomes the citizen's: its moment, link and publisher. Texts never change."""
    actor = step.actor
    latest = latest_reply(step.case)
    if reply is not None and latest.pk != reply:
        raise BadChange("reply_changed", field="reply")
    if latest.state not in {Reply.State.APPROVAL, Reply.State.ACCEPTED, Reply.State.RECALLED}:
        raise BadChange("reply_not_ready", field="reply")
    if move_of(latest.kind) != name:
        raise BadChange("reply_other_kind", field="reply")
    moment = published_at or step.at
    if moment > step.at + timedelta(minutes=1):
        raise BadChange("published_in_future", field="published_at")
    if moment < latest.submitted_at - timedelta(minutes=1):
        raise BadChange("published_before_sent", field="published_at")
    if step.case.channel.is_public and not url:
        raise BadChange("url_missing", field="url")
    latest.state = Reply.State.PUBLISHED
    latest.published_at = moment
    latest.published_url = url
    latest.published_by = actor
    latest.save(update_fields=["state", "published_at", "published_url", "published_by"])
    step.data = {
        "reply": latest.pk,
        "url": url,
        "published_at": moment.isoformat(),
        "first": step.case.answered_at is None,
    }
    return latest


def _papers(step: Moving, latest: Reply, signer: str, outgoing_number: str, result: str) -> None:
    """59-FZ: the signed letter with its number goes with the reply."""
    if step.case.regime != Regime.LAW59:
        return
    if not outgoing_number.strip():
        raise BadChange("outgoing_missing", field="outgoing_number")
    sign_letter(step, latest, signer=signer.strip(), number=outgoing_number.strip(), result=result)


def publish(
    case: Case,
    *,
    actor: User,
    url: str = "",
    published_at: datetime | None = None,
    reply: int | None = None,
    signer: str = "",
    outgoing_number: str = "",
    result: str = "",
    promises: Sequence[date] | None = None,
    version: int | None = None,
) -> Case:
    """Record that the final reply was posted; its moment stops the citizen's terms.

    `reply`: id of the reply that was posted; if another one stands there now, BadChange.
    `promises`: the days its text promises, confirmed; None: those its author confirmed.
    59-FZ: `signer`, `outgoing_number` and `result` of the letter, whose PDF is kept.
    """
    with moving(case, "publish", actor, version=version, right_checked=may_publish) as step:
        latest = _publish(step, "publish", url=url, published_at=published_at, reply=reply)
        _papers(step, latest, signer, outgoing_number, result)
        moment = latest.published_at or step.at
        step.case.answered_at = step.case.answered_at or moment
        step.book.stop(at=moment, promises=False)
        _settle_promises(step, latest, promises, moment)
        if step.case.agency is not None:
            codes = clocks.SURVEY.get(step.case.regime, ())
            step.book.start(Clock.Kind.STAGE, codes, start=moment, agency=step.case.agency)
    return step.case


def _settle_promises(
    step: Moving, latest: Reply, confirmed: Sequence[date] | None, moment: datetime
) -> None:
    """What the published final reply does to promises.

    What an interim reply announced is kept by it. A reply that names no day is the report on the
    others too. One that names a later day moves an open promise there, counted and limited;
    a day of its own is a new promise, the same day again changes nothing.
    """
    if step.case.agency is None:
        return
    days = {date.fromisoformat(day["until"]): day for day in latest.promised}
    chosen = [
        day
        for day in sorted(days)
        if (days[day]["confirmed"] if confirmed is None else day in confirmed)
    ]
    rest = []
    for promise in open_promises(step.case):
        announced = promise.reply is not None and promise.reply.kind == Reply.Kind.INTERIM
        if announced or not chosen:
            proof = latest.published_url or str(latest.version)
            settle_promise(step, promise, Promise.State.KEPT, proof=proof, at=moment)
        else:
            rest.append(promise)
    same = {promise.until_on for promise in rest} & set(chosen)
    movable = [promise for promise in rest if promise.until_on not in same]
    made = []
    for until in (day for day in chosen if day not in same):
        earlier = next((p for p in movable if p.until_on < until), None)
        if earlier is not None:
            movable.remove(earlier)
            check_postponable(step, earlier, field="promises")
            settle_promise(step, earlier, Promise.State.MOVED, at=moment)
            step.case.postponements += 1
        make_promise(
            step, until=until, what=days[until]["what"], reply=latest, moved_from=earlier
        )  # fmt: skip
        made.append(until.isoformat())
    if made:
        step.data["promised"] = made


def give_interim(
    case: Case,
    *,
    actor: User,
    url: str = "",
    published_at: datetime | None = None,
    reply: int | None = None,
    version: int | None = None,
) -> Case:
    """Record an interim reply: the first-reply term stops, that of the final one starts."""
    with moving(case, "give_interim", actor, version=version, right_checked=may_publish) as step:
        latest = _publish(step, "give_interim", url=url, published_at=published_at, reply=reply)
        moment = latest.published_at or step.at
        agency = step.case.agency
        assert agency is not None  # a state at an agency, by database constraint
        if latest.promised_on is None:
            raise BadChange("promise_needs_day", field="reply")
        step.case.interims += 1
        step.book.stop(Clock.Kind.REPLY, Clock.Kind.EXECUTOR, Clock.Kind.APPROVAL, at=moment)
        if step.case.regime == Regime.SOCIAL:
            step.book.stop(codes=clocks.FINAL_AFTER_INTERIM, at=moment)
            step.book.start(
                Clock.Kind.TOTAL, clocks.FINAL_AFTER_INTERIM, start=moment, agency=agency
            )
        held = step.case.assignments.filter(until=None).first()
        clocks.start_executor(step.book, agency, held)
        _promise(step, latest)
    return step.case


def plan(
    case: Case,
    *,
    actor: User,
    url: str = "",
    published_at: datetime | None = None,
    reply: int | None = None,
    signer: str = "",
    outgoing_number: str = "",
    result: str = "",
    version: int | None = None,
) -> Case:
    """Record a reply that names the day of planned works: the citizen's terms stop, the promise
    runs. A later day for works planned before is a move, counted and limited."""
    with moving(case, "plan", actor, version=version) as step:
        latest = _publish(step, "plan", url=url, published_at=published_at, reply=reply)
        _papers(step, latest, signer, outgoing_number, result)
        moment = latest.published_at or step.at
        if planned_before(step.case) is not None:
            limits = step.book.limits
            if (
                step.case.postponements >= limits.max_postponements
                and step.case.controlled_by_id is None
            ):
                raise BadChange("postponements_limit", field="reply")
            step.case.postponements += 1
        step.case.answered_at = step.case.answered_at or moment
        step.book.stop(at=moment, promises=False)
        _promise(step, latest)
    return step.case


def _promise(step: Moving, latest: Reply) -> None:
    """The promised day as an obligation: it takes the place of an open one."""
    assert latest.promised_on is not None
    earlier = step.case.promises.filter(state=Promise.State.OPEN).order_by("-id").first()
    if earlier is not None:
        settle_promise(step, earlier, Promise.State.MOVED)
    make_promise(
        step,
        until=latest.promised_on,
        what=latest.promise or step.case.title,
        reply=latest,
        moved_from=earlier,
    )
    step.data["promised_on"] = latest.promised_on.isoformat()


def resume_planned(
    case: Case, *, actor: User | None, note: str = "", version: int | None = None
) -> Case:
    """Take the planned works up again: by a person at any time, by the portal from the days set
    before the promised day on. The promise runs on until it is reported."""
    with moving(case, "resume_planned", actor, version=version) as step:
        promise = step.case.promises.filter(state=Promise.State.OPEN).order_by("-id").first()
        if actor is None:
            if promise is None or step.case.agency is None:
                raise BadChange("no_promise", field="note")
            today = step.at.astimezone(step.case.agency.zone).date()
            if today < promise.until_on - timedelta(days=step.book.limits.resume_days):
                raise BadChange("too_early", field="note")
        step.data = {"note": note}
        if promise is not None:
            step.data["promised_on"] = promise.until_on.isoformat()
    return step.case


def recall_publication(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """A publication recorded by mistake: the reply waits again, its clock runs again."""
    with moving(case, "recall_publication", actor, version=version) as step:
        latest = latest_reply(step.case)
        step.data = {
            "reply": latest.pk,
            "reason": reason,
            "url": latest.published_url,
            "published_at": latest.published_at.isoformat() if latest.published_at else None,
        }
        stopped = latest.published_at
        latest.state = Reply.State.RECALLED
        latest.published_at = None
        latest.published_url = ""
        latest.published_by = None
        latest.save(update_fields=["state", "published_at", "published_url", "published_by"])
        earlier = (
            step.case.replies.filter(
                state=Reply.State.PUBLISHED, kind__in=[Reply.Kind.FINAL, Reply.Kind.PLANNED]
            )
            .order_by("published_at")
            .first()
        )
        step.case.answered_at = earlier.published_at if earlier else None
        step.book.stop(codes=["SURVEY"])
        step.case.promises.filter(state=Promise.State.KEPT, settled_at=_settled(step)).update(
            state=Promise.State.OPEN, settled_at=None, settled_by=None, kept_proof=""
        )
        _unmake_promises(step, latest)
        resumed = stopped is not None and step.book.run_on(stopped)
        if not resumed and earlier is None:
            # History from an import: the moments are those of the file.
            found = step.case.clocks.filter(kind__in=[Clock.Kind.REPLY, Clock.Kind.TOTAL])
            last = found.exclude(stopped_at=None).order_by("-started_at").first()
            if last is not None and last.stopped_at is not None:
                step.book.run_on(last.stopped_at)
    return step.case


def _unmake_promises(step: Moving, recalled: Reply) -> None:
    """What a reply that nobody got has promised was promised to nobody; what it had moved stands
    for its earlier day again."""
    for promise in step.case.promises.filter(reply=recalled).select_related("clock", "moved_from"):
        clock, earlier = promise.clock, promise.moved_from
        promise.delete()
        if clock is not None:
            step.book.drop(clock)
        if earlier is not None:
            earlier.state, earlier.settled_at, earlier.settled_by = Promise.State.OPEN, None, None
            earlier.save(update_fields=["state", "settled_at", "settled_by"])
            step.case.postponements = max(0, step.case.postponements - 1)


def _settled(step: Moving) -> datetime:
    """When the publication that is recalled was recorded."""
    found: datetime = (
        step.case.events.filter(move="publish").order_by("-id").values_list("at", flat=True).first()
        or step.at
    )
    return found


def correct_reply(case: Case, *, actor: User, reason: str, version: int | None = None) -> Case:
    """Open a published reply for a corrected version; the published one stays as it is."""
    with moving(case, "correct_reply", actor, version=version) as step:
        latest = latest_reply(step.case)
        step.data = {"reply": latest.pk, "reason": reason}
        step.case.submitted_at = None
        start_rework(step)
    return step.case
