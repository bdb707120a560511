"""Mass events: what is offered, decided, shown; every list in the reader's own scope."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.db.models.functions import TruncDate, TruncHour
from django.utils import timezone

from agencies.access import granted_agency_ids, holds, holds_anywhere
from agencies.changes import acting
from agencies.models import User
from agencies.roles import Right
from cases.actions.events import join_event
from cases.errors import BadChange, CaseError, MoveNotAllowed, RightMissing, StaleChange
from cases.models import Case, CasePrint, EventOffer, MassEvent, OfferMember
from cases.querysets import CaseQuerySet
from cases.workflow import OPEN, Status

FINDERS = (Right.ROUTE_CASES,)
"""Who decides on offers and late joiners."""
KEEPERS = (Right.CLOSE_CASES,)
"""Who writes the decision and the approved text, and closes the event."""
PAGE = 30
AT_ONCE = 300
"""So many cases join in one request; the others wait as late joiners of the event."""
SHOWN = 200


def visible_events(user: User) -> Any:
    """Events the reader's agencies answer for or have cases in."""
    ids = granted_agency_ids(user, Right.VIEW_CASES)
    events = MassEvent.objects.all()
    if ids is None:
        return events
    own = Case.objects.filter(event=OuterRef("pk"), agency__in=sorted(ids))
    return events.filter(Q(agency__in=sorted(ids)) | Exists(own))


def may_keep(user: User, event: MassEvent) -> bool:
    """Whether the person's reach covers who answers for the event."""
    return any(holds(user, right, event.agency_id) for right in KEEPERS)


@dataclass(slots=True)
class OfferRow:
    """An offer as its reader sees it: his own cases of it, and what they have in common."""

    offer: EventOffer
    count: int
    first: datetime
    last: datetime
    sample: list[Case] = field(default_factory=list)


def _members(user: User) -> Any:
    """Waiting members in cases on which the reader may decide."""
    ids = granted_agency_ids(user, Right.ROUTE_CASES)
    rows = OfferMember.objects.filter(state=OfferMember.State.WAITING)
    return rows if ids is None else rows.filter(case__agency__in=sorted(ids))


def offers_of(user: User, before: int | None = None) -> tuple[list[OfferRow], int | None]:
    """A page of waiting offers, the newest first, and where the next begins (three queries)."""
    found = EventOffer.objects.visible_to(user).waiting().select_related("topic", "territory")
    if before is not None:
        found = found.filter(pk__lt=before)
    offers = list(found.order_by("-pk")[: PAGE + 1])
    more = offers[PAGE - 1].pk if len(offers) > PAGE else None
    offers = offers[:PAGE]
    rows = (
        _members(user)
        .filter(offer__in=offers)
        .values("offer")
        .annotate(n=Count("pk"), first=Min("case__received_at"), last=Max("case__received_at"))
    )
    figures = {row["offer"]: row for row in rows}
    samples = _samples(user, [offer.pk for offer in offers])
    return [
        OfferRow(
            offer,
            figures[offer.pk]["n"],
            figures[offer.pk]["first"],
            figures[offer.pk]["last"],
            samples[offer.pk],
        )
        for offer in offers
        if offer.pk in figures
    ], more


def _samples(user: User, offers: Sequence[int], each: int = 2) -> dict[int, list[Case]]:
    found: dict[int, list[Case]] = defaultdict(list)
    members = (
        _members(user)
        .filter(offer__in=offers)
        .select_related("case__citizen")
        .defer("case__search")
        .order_by("offer", "pk")
    )
    for member in members[: PAGE * AT_ONCE]:
        if len(found[member.offer_id]) < each:
            found[member.offer_id].append(member.case)
    return found


def members_of(user: User, offer: EventOffer) -> list[OfferMember]:
    """The members the reader decides on, with their first words (one query)."""
    return list(
        _members(user)
        .filter(offer=offer)
        .select_related("case__citizen", "case__territory", "case__agency", "case__topic")
        .defer("case__search")
        .order_by("case__received_at", "pk")[:SHOWN]
    )


@dataclass(slots=True)
class Decided:
    """What came of a decision: who joined, and who could not and why (code of the refusal)."""

    event: MassEvent | None
    joined: list[Case] = field(default_factory=list)
    refused: list[tuple[Case, str]] = field(default_factory=list)
    later: int = 0


def new_code(on: date) -> str:
    """«mv-26-031»: the next of the year; the caller holds the lock of its transaction."""
    prefix = f"mv-{on:%y}-"
    codes = MassEvent.objects.filter(code__startswith=prefix).values_list("code", flat=True)
    taken = [int(tail) for code in codes if (tail := code.removeprefix(prefix)).isdigit()]
    return f"{prefix}{max(taken, default=0) + 1:03}"


@transaction.atomic
def found_event(*, actor: User, **values: Any) -> MassEvent:
    """A new event under the next number of the year."""
    acting(actor)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [0x6D617373])  # "mass"
    return MassEvent.objects.create(code=new_code(timezone.localdate()), **values)


def print_of(offer: EventOffer, members: Iterable[OfferMember]) -> str:
    """Of an offer as its reader saw it: another one when messages were added to it since."""
    told = [offer.state, *sorted(str(member.case_id) for member in members)]
    return hashlib.sha256(" ".join(told).encode()).hexdigest()[:16]


def _still(offer: EventOffer, actor: User, seen: str) -> list[OfferMember]:
    """The members of a waiting offer, the very ones its reader saw (`seen`; "": whatever)."""
    if offer.state != EventOffer.State.WAITING:
        raise MoveNotAllowed("offer_decided")
    members = members_of(actor, offer)
    if seen and seen != print_of(offer, members):
        raise StaleChange("offer_changed")
    return members


@transaction.atomic
def confirm(
    offer: EventOffer,
    *,
    actor: User,
    chosen: Iterable[int],
    event: MassEvent | None,
    title: str,
    seen: str = "",
) -> Decided:
    """Make the chosen members one event, or join them to `event`; the others are left out.

    MoveNotAllowed where somebody decided meanwhile, StaleChange where messages came that the reader
    has not seen (`print_of`): they would be left out for good. A case that cannot join stays
    outside with why.
    """
    locked = EventOffer.objects.select_for_update().get(pk=offer.pk)
    members = {member.case_id: member for member in _still(locked, actor, seen)}
    wanted = [pk for pk in members if pk in set(chosen)]
    if not wanted:
        raise BadChange("offer_nobody")
    if event is None:
        first = min(members[pk].case.received_at for pk in wanted)
        agencies = {members[pk].case.agency_id for pk in wanted}
        event = found_event(
            actor=actor,
            title=title,
            topic_id=locked.topic_id,
            territory_id=locked.territory_id,
            agency_id=agencies.pop() if len(agencies) == 1 else None,
            starts_on=timezone.localdate(first),
        )
    locked.state, locked.event = EventOffer.State.CONFIRMED, event
    locked.decided_at, locked.decided_by = timezone.now(), actor
    locked.save(update_fields=["state", "event", "decided_at", "decided_by"])
    decided = _join(event, actor, [members[pk].case for pk in wanted])
    left = OfferMember.objects.filter(offer=locked, state=OfferMember.State.WAITING)
    left.filter(case__in=[pk for pk in members if pk not in wanted]).update(
        state=OfferMember.State.REFUSED
    )
    decided.later = _pass_on(event, left)
    return decided


def _pass_on(event: MassEvent, waiting: Any) -> int:
    """Members nobody could show or decide now wait as late joiners of the event."""
    rows = list(waiting.values_list("case_id", "words", "why"))
    OfferMember.objects.bulk_create(
        [OfferMember(event=event, case_id=pk, words=words, why=why) for pk, words, why in rows],
        ignore_conflicts=True,
    )
    waiting.update(state=OfferMember.State.REFUSED)
    return len(rows)


def _join(event: MassEvent, actor: User, cases: Sequence[Case]) -> Decided:
    decided = Decided(event)
    for case in cases[:AT_ONCE]:
        try:
            with transaction.atomic():
                decided.joined.append(join_event(case, actor=actor, event=event))
        except CaseError as error:
            decided.refused.append((case, error.code))
    return decided


@transaction.atomic
def refuse(offer: EventOffer, *, actor: User, reason: str = "", seen: str = "") -> None:
    """Not one event: the same messages are not offered again, nor those that come after them."""
    locked = EventOffer.objects.select_for_update().get(pk=offer.pk)
    _still(locked, actor, seen)
    locked.state, locked.reason = EventOffer.State.REFUSED, reason
    locked.decided_at, locked.decided_by = timezone.now(), actor
    locked.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    locked.members.update(state=OfferMember.State.REFUSED)


def late_of(user: User, event: MassEvent) -> list[OfferMember]:
    """Cases offered to be joined to the event, the oldest first (one query)."""
    return list(
        _members(user)
        .filter(event=event)
        .select_related("case__citizen", "case__territory", "case__agency", "case__topic")
        .defer("case__search")
        .order_by("case__received_at", "pk")[:SHOWN]
    )


@transaction.atomic
def settle_late(
    event: MassEvent, *, actor: User, joined: Iterable[int] = (), left: Iterable[int] = ()
) -> Decided:
    """Join these cases, leave those out for good; both by the keys of cases."""
    known = {member.case_id: member for member in late_of(actor, event)}
    decided = _join(event, actor, [known[pk].case for pk in joined if pk in known])
    out = [pk for pk in left if pk in known]
    OfferMember.objects.filter(event=event, case__in=out).update(state=OfferMember.State.REFUSED)
    return decided


@transaction.atomic
def close(event: MassEvent, *, actor: User) -> None:
    """No more joiners; the approved text explains no reply from tomorrow on."""
    acting(actor)
    if not may_keep(actor, event):
        raise RightMissing("right_missing", move="join_event")
    if event.closed_at is not None:
        raise BadChange("event_closed")
    event.closed_at, event.closed_by = timezone.now(), actor
    event.ends_on = min(event.ends_on or date.max, max(timezone.localdate(), event.starts_on))
    event.save(update_fields=["closed_at", "closed_by", "ends_on"])
    OfferMember.objects.filter(event=event, state=OfferMember.State.WAITING).update(
        state=OfferMember.State.REFUSED
    )


# What the pages show


@dataclass(frozen=True, slots=True)
class EventRow:
    event: MassEvent
    members: int
    open: int
    late: int
    last: datetime | None


def events_of(
    user: User, *, closed: bool, before: tuple[date, int] | None = None
) -> tuple[list[EventRow], tuple[date, int] | None]:
    """A page of events, the newest first, counted in the reader's scope (three queries)."""
    found = visible_events(user).select_related("topic", "territory", "agency")
    found = found.exclude(closed_at=None) if closed else found.filter(closed_at=None)
    if before is not None:
        day, pk = before
        found = found.filter(Q(starts_on__lt=day) | Q(starts_on=day, pk__lt=pk))
    rows = list(found.order_by("-starts_on", "-pk")[: PAGE + 1])
    more = (rows[PAGE - 1].starts_on, rows[PAGE - 1].pk) if len(rows) > PAGE else None
    rows = rows[:PAGE]
    counted = (
        Case.objects.visible_to(user)
        .filter(event__in=rows)
        .values("event")
        .annotate(n=Count("pk"), open=Count("pk", filter=Q(is_open=True)), last=Max("received_at"))
        .order_by()
    )
    figures = {row["event"]: row for row in counted}
    late: dict[int, int] = {}
    if holds_anywhere(user, FINDERS):
        waiting = _members(user).filter(event__in=rows).values("event").annotate(n=Count("pk"))
        late = {row["event"]: row["n"] for row in waiting}
    return [
        EventRow(
            event,
            figures.get(event.pk, {}).get("n", 0),
            figures.get(event.pk, {}).get("open", 0),
            late.get(event.pk, 0),
            figures.get(event.pk, {}).get("last"),
        )
        for event in rows
    ], more


@dataclass(frozen=True, slots=True)
class Figures:
    """Members in the reader's scope, by what is asked of them."""

    total: int
    open: int
    answered: int
    authors: int
    marks: int
    mean_mark: float | None
    territories: list[tuple[str, int]]
    channels: list[tuple[str, int]]
    times: list[tuple[datetime | date, int]]
    hourly: bool
    usual: float | None


def cases_of(user: User, event: MassEvent) -> CaseQuerySet:
    return Case.objects.visible_to(user).filter(event=event)


def figures_of(user: User, event: MassEvent) -> Figures:
    """Counted anew each time from the members alone, by their index (seven short queries)."""
    cases = cases_of(user, event).order_by()
    total = cases.aggregate(
        n=Count("pk"),
        open=Count("pk", filter=Q(status__in=OPEN)),
        answered=Count("pk", filter=Q(status__in=[Status.ANSWERED, Status.CLOSED])),
        authors=Count("citizen", distinct=True),
        first=Min("received_at"),
        last=Max("received_at"),
    )
    marks = cases.filter(marks__isnull=False).aggregate(n=Count("marks"), mean=_mean())
    hourly = bool(total["n"]) and total["last"] - total["first"] <= timedelta(hours=36)
    return Figures(
        total=total["n"],
        open=total["open"],
        answered=total["answered"],
        authors=total["authors"],
        marks=marks["n"],
        mean_mark=marks["mean"],
        territories=_by(cases, "territory__name"),
        channels=_by(cases, "channel__name"),
        times=_times(cases, hourly=hourly),
        hourly=hourly,
        usual=None if hourly else _usual(event),
    )


def _mean() -> Any:
    from django.db.models import Avg  # noqa: PLC0415

    return Avg("marks__value")


def _by(cases: CaseQuerySet, name: str) -> list[tuple[str, int]]:
    rows = cases.values_list(name).annotate(n=Count("pk")).order_by("-n", name)[:12]
    return [(found or "", n) for found, n in rows]


def _times(cases: CaseQuerySet, *, hourly: bool) -> list[tuple[Any, int]]:
    """Counts by hour or local day without gaps; a long event shows its last forty days."""
    cut = TruncHour("received_at") if hourly else TruncDate("received_at")
    rows = dict(cases.values_list(cut).annotate(n=Count("pk")).order_by())
    if not rows:
        return []
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    at, last = min(rows), max(rows)
    made = []
    while at <= last:
        made.append((at, rows.get(at, 0)))
        at += step
    return made[-40:]


def _usual(event: MassEvent) -> float | None:
    """Messages a day of the topic and territory in the eight weeks before (one index scan)."""
    if event.topic_id is None or event.territory_id is None:
        return None
    end = timezone.make_aware(datetime.combine(event.starts_on, datetime.min.time()))
    prints = CasePrint.objects.filter(
        topic_id=event.topic_id,
        territory_id=event.territory_id,
        at__lt=end,
        at__gte=end - timedelta(days=56),
    )
    found = prints.count() / 56
    # «обычно 0,0» says nothing and hides the last bar.
    return found if found >= 0.5 else None  # noqa: PLR2004  one in two days


def steps_of(event: MassEvent, figures: Figures) -> list[Mapping[str, Any]]:
    """The way of an event: noticed, decided, answered, closed."""
    answered = figures.total - figures.open
    steps: list[dict[str, Any]] = [
        {"code": "noticed", "done": True, "day": event.starts_on},
        {"code": "decided", "done": bool(event.decision), "day": event.decided_on},
        {"code": "text", "done": bool(event.approved_text), "day": None},
        {
            "code": "answers",
            "done": bool(figures.total) and not figures.open,
            "n": answered,
            "of": figures.total,
        },
        {"code": "closed", "done": event.closed_at is not None, "day": event.closed_at},
    ]
    for step in steps:
        if not step["done"]:
            step["current"] = True
            break
    return steps
