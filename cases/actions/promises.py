"""What was promised to the citizen: recorded, kept with proof, moved, due, broken.

Each promise has its own clock. On its day an answered case comes back into work; the day after,
the promise is broken: the supervisor is told and a closed case is reopened.
"""

from datetime import date, datetime, timedelta

from agencies.models import Agency, User
from cases import clocks
from cases.actions.moving import Moving, moving
from cases.errors import BadChange
from cases.models import Assignment, Case, Clock, Promise, Reply
from cases.workflow import Status

# A day after long holidays is minded on the last working morning before them.
_EARLIEST = 12


def agency_of(step: Moving) -> Agency:
    agency = step.case.agency
    if agency is None:
        raise BadChange("no_agency", field="until")
    return agency


def make_promise(
    step: Moving,
    *,
    until: date,
    what: str,
    reply: Reply | None = None,
    moved_from: Promise | None = None,
    note: str = "",
) -> Promise:
    """The promise with its running clock."""
    clock = clocks.start_promise(step.book, until, agency_of(step))
    return Promise.objects.create(
        case=step.case,
        reply=reply,
        what=what[:300],
        until_on=until,
        moved_from=moved_from,
        note=note,
        clock=clock,
        made_at=step.at,
    )


def settle_promise(
    step: Moving, promise: Promise, state: str, *, proof: str = "", at: datetime | None = None
) -> None:
    """End the promise and its clock."""
    promise.state = state
    promise.settled_at = step.at
    promise.settled_by = step.actor
    if proof:
        promise.kept_proof = proof[:500]
    promise.save(update_fields=["state", "settled_at", "settled_by", "kept_proof"])
    stop_clock(step, promise, at)


def stop_clock(step: Moving, promise: Promise, at: datetime | None = None) -> None:
    own = next((c for c in step.book.running if c.pk and c.pk == promise.clock_id), None)
    if own is not None:
        step.book.stop(codes=[own.code], at=at)
    elif promise.clock_id is None:
        step.book.stop(codes=[clocks.PROMISE], at=at)  # made before promises named their clocks


def open_promises(case: Case) -> list[Promise]:
    found = case.promises.filter(state=Promise.State.OPEN).select_related("reply")
    return list(found.order_by("until_on", "id"))


def _locked(step: Moving, promise: Promise | int) -> Promise:
    pk = promise if isinstance(promise, int) else promise.pk
    found: Promise | None = step.case.promises.filter(pk=pk, state=Promise.State.OPEN).first()
    if found is None:
        raise BadChange("no_promise", field="promise")
    return found


def _today(step: Moving) -> date:
    return step.at.astimezone(agency_of(step).zone).date()


def chain_length(promise: Promise) -> int:
    """How often the day of this promise was moved already (a query for each step)."""
    moved, node = 0, promise.moved_from
    while node is not None and moved < 20:
        moved, node = moved + 1, node.moved_from
    return moved


def add_promise(
    case: Case, *, actor: User, until: date, what: str, version: int | None = None
) -> Case:
    """Record what the citizen was promised where no reply told the portal."""
    with moving(case, "add_promise", actor, version=version) as step:
        if until < _today(step):
            raise BadChange("promise_not_ahead", field="until")
        made = make_promise(step, until=until, what=what.strip())
        step.data = {"promise": made.pk, "until_on": until.isoformat(), "what": made.what}
    return step.case


def keep_promise(
    case: Case, *, actor: User, promise: Promise, proof: str, version: int | None = None
) -> Case:
    """Report it as kept; `proof`: a link or the act. A case that came back only for this
    promise is answered again."""
    proof = proof.strip()
    if not proof:
        raise BadChange("proof_missing", field="proof")
    with moving(case, "keep_promise", actor, version=version) as step:
        found = _locked(step, promise)
        settle_promise(step, found, Promise.State.KEPT, proof=proof)
        step.data = {
            "promise": found.pk,
            "until_on": found.until_on.isoformat(),
            "what": found.what,
            "proof": proof,
        }
        if step.before == Status.PLANNED and not open_promises(step.case):
            # The works are done: the citizen is told by a final reply.
            step.case.status = Status.IN_WORK
            clocks.start_executor(step.book, agency_of(step), _held(step))
        else:
            _answered_again(step)
    return step.case


def _held(step: Moving) -> Assignment | None:
    found: Assignment | None = step.case.assignments.filter(until=None).first()
    return found


def _answered_again(step: Moving) -> None:
    """Back to «answered» where nothing but a promise had brought the case back into work."""
    case, book = step.case, step.book
    if step.before != Status.IN_WORK or case.answered_at is None:
        return
    if book.of(Clock.Kind.TOTAL, Clock.Kind.REPLY) or book.coded("REWORK", "REWORK-SN"):
        return
    latest = case.replies.order_by("-version").first()
    if latest is None or latest.state != Reply.State.PUBLISHED or latest.kind != Reply.Kind.FINAL:
        return
    if case.promises.filter(state=Promise.State.OPEN, due_at__isnull=False).exists():
        return
    case.status = Status.ANSWERED
    book.stop(Clock.Kind.EXECUTOR, Clock.Kind.APPROVAL)
    codes = clocks.SURVEY.get(case.regime, ())
    book.start(Clock.Kind.STAGE, codes, start=step.at, agency=agency_of(step))


def move_promise(
    case: Case,
    *,
    actor: User,
    promise: Promise,
    until: date,
    reason: str,
    url: str = "",
    version: int | None = None,
) -> Case:
    """Name a later day: counted, limited, and told to the citizen (`url`: where)."""
    with moving(case, "move_promise", actor, version=version) as step:
        found = _locked(step, promise)
        if until <= found.until_on:
            raise BadChange("plan_not_later", field="until")
        if until < _today(step):
            raise BadChange("promise_not_ahead", field="until")
        if step.case.channel.is_public and not url:
            raise BadChange("move_untold", field="url")
        check_postponable(step, found)
        settle_promise(step, found, Promise.State.MOVED)
        made = make_promise(
            step,
            until=until,
            what=found.what,
            reply=found.reply,
            moved_from=found,
            note=reason.strip()[:500],
        )
        step.case.postponements += 1
        step.data = {
            "promise": made.pk,
            "until_on": until.isoformat(),
            "before_on": found.until_on.isoformat(),
            "reason": reason,
            "url": url,
        }
        _answered_again(step)
    return step.case


def check_postponable(step: Moving, promise: Promise, *, field: str = "until") -> None:
    """So many moves a promise; further ones only under personal control."""
    most = step.book.limits.max_postponements
    if chain_length(promise) >= most and step.case.controlled_by_id is None:
        raise BadChange("postponements_limit", field=field, limit=most)


def promise_due(case: Case, *, promise: int, actor: User | None = None) -> Case:
    """The promised day has come: an answered case is back in the executor's queue, once.

    Called on the last working morning until the day (`cases.promise_terms`). BadChange long
    before it, after it was done, or where the promise is settled.
    """
    with moving(case, "promise_due", actor) as step:
        found = _locked(step, promise)
        earliest = found.until_on - timedelta(days=_EARLIEST)
        if found.due_at is not None or _today(step) < earliest:
            raise BadChange("too_early", field="promise")
        found.due_at = step.at
        found.save(update_fields=["due_at"])
        step.data = {"promise": found.pk, "until_on": found.until_on.isoformat()}
        if step.before in (Status.ANSWERED, Status.PLANNED):
            step.case.status = Status.IN_WORK
            # The author's window ends; the promised day becomes the case's due moment.
            step.book.stop(codes=["SURVEY"])
    return step.case


def promise_broken(case: Case, *, promise: int, actor: User | None = None) -> Case:
    """The day has passed without a report: a closed case is reopened, the supervisor is told.

    BadChange while the day lasts.
    """
    with moving(case, "promise_broken", actor) as step:
        found = _locked(step, promise)
        if _today(step) <= found.until_on:
            raise BadChange("too_early", field="promise")
        settle_promise(step, found, Promise.State.BROKEN)
        step.data = {"promise": found.pk, "until_on": found.until_on.isoformat()}
        if step.before == Status.CLOSED:
            step.case.status = Status.REOPENED
            step.case.closed_at = None
            step.case.close_reason = ""
        elif step.before in (Status.ANSWERED, Status.PLANNED):
            step.case.status = Status.IN_WORK
            step.book.stop(codes=["SURVEY"])
        if step.case.status == Status.IN_WORK and not step.book.of(
            Clock.Kind.TOTAL, Clock.Kind.REPLY, Clock.Kind.EXECUTOR
        ):
            # Nothing else would say by when: the executor has a term anew.
            clocks.start_executor(step.book, agency_of(step), _held(step))
    return step.case
