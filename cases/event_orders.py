"""Personal replies for the members of an event: filled in, checked and sent each by itself."""

from collections.abc import Sequence

from django.db import transaction

from agencies.access import granted_agency_ids
from agencies.models import User
from agencies.roles import Right
from cases import checking
from cases.actions import save_draft, submit_reply, take
from cases.errors import BadChange, CaseError
from cases.event_texts import Facts, filled
from cases.models import Case, EventOrder, EventOrderRow, MassEvent, Reply
from cases.querysets import CaseQuerySet, may
from cases.refusals import REFUSALS
from cases.workflow import Status
from quality import Severity

AT_ONCE = 20
"""So many are sent in the request; the rest by the worker."""
SHOWN = 200
_READY = (Status.ROUTED.value, Status.IN_WORK.value, Status.REWORK.value)


def answerable(user: User, event: MassEvent) -> CaseQuerySet:
    """Members that wait for a reply and may be answered by `user`: his own, and nobody's."""
    cases = Case.objects.visible_to(user, Right.ANSWER_CASES).filter(event=event, status__in=_READY)
    leads = granted_agency_ids(user, Right.ASSIGN_CASES)
    if leads is None:
        return cases
    mine = cases.filter(executor=user) | cases.filter(executor=None)
    return mine | cases.filter(agency__in=sorted(leads))


def facts_of(case: Case, user: User) -> Facts:
    """What of the card goes into the text: the given name only, as in any public reply."""
    name = case.citizen.masked_name.split(" ")[0].strip()
    plain = bool(name) and name.isalpha() and case.citizen.kind == "person"
    return Facts(name=name if plain else "", address=case.place, number=case.number)


def text_for(case: Case, text: str, user: User) -> str | None:
    return filled(text, facts_of(case, user))


def preview(user: User, event: MassEvent, limit: int = 3) -> list[tuple[Case, str | None]]:
    """The first members with their own texts."""
    cases = answerable(user, event).select_related("citizen").defer("search").order_by("due_at")
    return [(case, text_for(case, event.approved_text, user)) for case in cases[:limit]]


@transaction.atomic
def start(user: User, event: MassEvent, *, outcome: str = "") -> EventOrder:
    """Write down whom the text goes to; `carry_out` sends it."""
    if event.closed_at is not None:
        raise BadChange("event_closed")
    if not event.approved_text:
        raise BadChange("event_no_text")
    made = EventOrder.objects.create(
        event=event, actor=user, text=event.approved_text, outcome=outcome
    )
    keys = answerable(user, event).order_by("due_at", "id").values_list("pk", flat=True)
    EventOrderRow.objects.bulk_create(
        (EventOrderRow(order=made, case_id=pk) for pk in keys), batch_size=2000
    )
    return made


def carry_out(made: EventOrder, limit: int | None = None) -> int:
    """Send what waits, each reply in a transaction with its row: killed or run twice, each is
    sent once. How many rows were decided."""
    actor = User.objects.get(pk=made.actor_id)
    done = 0
    while (limit is None or done < limit) and _next(made, actor):
        done += 1
    return done


@transaction.atomic
def _next(made: EventOrder, actor: User) -> bool:
    row = (
        EventOrderRow.objects.filter(order=made, state=EventOrderRow.State.WAITING)
        .select_related("case__citizen")
        .defer("case__search")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")
        .first()
    )
    if row is None:
        return False
    try:
        with transaction.atomic():
            _send(row, made, actor)
    except CaseError as error:
        row.state = EventOrderRow.State.REFUSED
        known = error.code if error.code in REFUSALS else "event_not_yours"
        row.refusal, row.codes = known, list(error.params.get("codes", ()))
    row.save(update_fields=["state", "refusal", "codes", "reply"])
    return True


def _send(row: EventOrderRow, made: EventOrder, actor: User) -> None:
    """A reply that the check lets pass goes its ordinary way; else it is left as a draft."""
    case = row.case
    text = text_for(case, made.text, actor)
    if text is None:
        raise BadChange("event_no_value")
    if case.event_id != made.event_id:
        raise BadChange("event_none")
    if case.status == Status.ROUTED:
        case = take(case, actor=actor)
    wrong = _wrong(case, text, made.outcome, actor)
    if wrong:
        if not case.drafts.filter(author=actor).exclude(text="").exists():
            save_draft(case, actor=actor, text=text)  # what he typed himself stays
        row.state, row.codes = EventOrderRow.State.DRAFT, wrong
        return
    row.reply = submit_reply(case, actor=actor, text=text, outcome=made.outcome)
    row.state = EventOrderRow.State.SENT


def _wrong(case: Case, text: str, outcome: str, actor: User) -> list[str]:
    """Codes of what stops it: what blocks, and all that made the check flag it."""
    from django.utils import timezone  # noqa: PLC0415

    ground = checking.ground_of(case, actor)
    found = checking.check(
        ground, text, kind=Reply.Kind.FINAL, outcome=outcome, replied_at=timezone.now()
    )
    blocking = [one.code for one in found.findings if one.severity == Severity.BLOCK]
    if not found.flagged:
        return blocking
    return [one.code for one in found.findings if one.severity != Severity.PRAISE] or ["flagged"]


def waiting() -> Sequence[EventOrder]:
    """Orders the worker has still to carry out."""
    rows = EventOrderRow.objects.filter(state=EventOrderRow.State.WAITING)
    return list(EventOrder.objects.filter(pk__in=rows.values("order")).order_by("pk"))


def may_order(user: User, event: MassEvent) -> bool:
    return (
        bool(event.approved_text)
        and event.closed_at is None
        and any(may(user, Right.ANSWER_CASES, case) for case in answerable(user, event)[:1])
    )
