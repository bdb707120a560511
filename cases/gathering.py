"""Finding what belongs together, case by case as they come: mass events and late joiners.

The worker follows the journal of cases. For each new or changed message it keeps a print (words,
place, topic) and looks at the prints of the last seven days of the same topic and territory, or
with the same rare words: two index scans of at most a hundred rows each, whatever the number of
cases. What is alike and where it belongs decide `quality.alike` and `quality.grouping`; here it
is fetched and written, in the transaction of the reader's place.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from cases import following, news
from cases.models import CaseEvent, CasePrint, EventOffer, MassEvent, OfferMember
from cases.workflow import Status
from quality.alike import (
    WINDOW,
    Flow,
    Likeness,
    Place,
    Rarity,
    Said,
    alike,
    likeness_of_words,
    place_of,
    words_of,
)
from quality.grouping import Near, belongs, grown

READER = "alike"
BATCH = 200
KEPT = timedelta(days=120)
"""Prints older than this go: no repeat is looked for behind it."""
# Moves after which a message's words, topic or place may be others.
MOVES = frozenset(
    {
        *("register", "imported", "import_updated", "message_edited", "register_appeal"),
        *("amend", "route", "merge", "merged_here", "confirm_rejection"),
        *("undo_merge", "taken_out"),
    }
)
_GONE = frozenset({Status.REJECTED, Status.MERGED})
_ONE = """
select c.id, c.received_at, c.topic_id, c.territory_id, c.citizen_id, c.place, c.status,
    c.event_id, c.repeat_of_id, z.kind = 'anonymous',
    (select string_agg(l.text, E'\\n' order by l.id) from cases_message l
     where l.case_id = c.id and l.is_current)
from cases_case c join cases_citizen z on z.id = c.citizen_id
where c.id = any(%s) and c.received_at > %s
"""
_NEAR = """
select n.id, p.case_id, p.at, p.topic_id, p.territory_id, p.citizen_id, p.street, p.house,
    p.words, p.offer_id, case when e.closed_at is null then c.event_id end, c.event_id is not null
from unnest(%(ids)s::bigint[], %(topics)s::int[], %(lands)s::int[], %(at)s::timestamptz[])
    as n(id, topic, land, at)
join cases_caseprint own on own.case_id = n.id
cross join lateral (
    (select * from cases_caseprint p where p.territory_id = n.land and p.topic_id = n.topic
        and p.at between n.at - %(window)s and n.at + %(window)s order by p.at desc limit 100)
    union
    (select * from cases_caseprint p where p.keys && own.keys
        and p.at between n.at - %(window)s and n.at + %(window)s order by p.at desc limit 100)
) p
join cases_case c on c.id = p.case_id left join cases_massevent e on e.id = c.event_id
where p.case_id <> n.id and c.status not in ('rejected', 'merged')
"""
_FLOW = """
select n.id,
    count(*) filter (where p.at > n.at - interval '2 days'),
    count(*) filter (where p.at <= n.at - interval '2 days'),
    extract(epoch from n.at - (select min(at) from cases_caseprint)) / 86400
from unnest(%(ids)s::bigint[], %(topics)s::int[], %(lands)s::int[], %(at)s::timestamptz[])
    as n(id, topic, land, at)
join cases_caseprint p on p.territory_id = n.land and p.topic_id = n.topic
    and p.at > n.at - interval '56 days' and p.at <= n.at
group by n.id, n.at
"""
_COUNT = """
insert into cases_wordcount (word, n)
select * from unnest(%s::int[], %s::int[])
on conflict (word) do update set n = cases_wordcount.n + excluded.n
"""


def step() -> int:
    """Read what happened to cases since the last time; how many events were read."""
    if not following.waiting(READER, CaseEvent):
        return 0
    with following.unread(READER, CaseEvent, limit=BATCH) as ids:
        moved = CaseEvent.objects.filter(pk__in=ids, move__in=MOVES).order_by()
        gather(sorted(set(moved.values_list("case_id", flat=True))))
    return len(ids)


@dataclass(slots=True)
class Fresh:
    """A case whose print is new or changed. `event`: it is in one already."""

    said: Said
    event: int | None
    repeat_of: int | None
    keys: list[int]


@transaction.atomic
def gather(cases: Sequence[int]) -> int:
    """Prints of these cases, and where those belong that changed; how many changed."""
    if not cases:
        return 0
    from cases import repeating  # noqa: PLC0415  it imports this module

    fresh = _printed(cases)
    if not fresh:
        return 0
    known = prints_near(fresh)
    rarity = rarity_of([*(one.said for one in fresh), *(n.said for row in known.values()
                                                        for n in row)])  # fmt: skip
    flows = _flows(fresh)
    events = _open_events()
    offers: dict[int, int] = {}
    for one in sorted(fresh, key=lambda each: (each.said.at, each.said.key)):
        if one.event is None:
            _place(one, known.get(one.said.key, []), rarity, flows, events, offers)
    repeating.find(fresh, rarity)
    return len(fresh)


def _printed(cases: Sequence[int]) -> list[Fresh]:
    """Bring the prints up to the cases as they stand; those that are new or others."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [list(cases), timezone.now() - KEPT])
        rows = cursor.fetchall()
    before = CasePrint.objects.in_bulk([row[0] for row in rows])
    gone = [row[0] for row in rows if row[6] in _GONE]
    if gone:
        CasePrint.objects.filter(pk__in=gone).delete()
        OfferMember.objects.filter(case__in=gone, state="waiting").delete()
    told: list[tuple[Said, tuple[Any, ...]]] = []
    counts: Counter[int] = Counter()
    for row in rows:
        if row[6] in _GONE:
            continue
        place = place_of(row[5])
        said = Said(
            key=row[0],
            at=row[1],
            words=words_of(row[10] or "", place),
            topic=row[2],
            territory=row[3],
            place=place,
            author=0 if row[9] else row[4],
        )
        old = before.get(row[0])
        if old is not None and _same(old, said):
            continue
        if old is None:
            counts.update([0, *said.words])
        told.append((said, row))
    if counts:
        pairs = sorted(counts.items())
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [[word for word, _n in pairs], [n for _word, n in pairs]])
    rarity = rarity_of([said for said, _row in told])
    fresh = [
        Fresh(said, event=row[7], repeat_of=row[8], keys=rarity.keys_of(said.words))
        for said, row in told
    ]
    _store(fresh, {said.key: row[4] for said, row in told})
    return fresh


def _same(old: CasePrint, said: Said) -> bool:
    return (
        (old.topic_id, old.territory_id, old.street, old.house)
        == (said.topic, said.territory, said.place.street, said.place.house)
    ) and set(old.words) == said.words


def _store(fresh: Sequence[Fresh], authors: dict[int, int]) -> None:
    CasePrint.objects.bulk_create(
        [
            CasePrint(
                case_id=one.said.key,
                at=one.said.at,
                topic_id=one.said.topic,
                territory_id=one.said.territory,
                citizen_id=authors[one.said.key],
                street=one.said.place.street,
                house=one.said.place.house,
                words=sorted(one.said.words),
                keys=one.keys,
            )
            for one in fresh
        ],
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["topic_id", "territory_id", "street", "house", "words", "keys"],
    )


def rarity_of(said: Iterable[Said]) -> Rarity:
    """How rare the words of these messages are among all (one query)."""
    words = sorted({0}.union(*(one.words for one in said)))
    with connection.cursor() as cursor:
        cursor.execute("select word, n from cases_wordcount where word = any(%s)", [words])
        counts = dict(cursor.fetchall())
    return Rarity(counts, counts.get(0, 1))


def _asked(fresh: Sequence[Fresh]) -> dict[str, Any]:
    return {
        "ids": [one.said.key for one in fresh],
        "topics": [one.said.topic for one in fresh],
        "lands": [one.said.territory for one in fresh],
        "at": [one.said.at for one in fresh],
        "window": WINDOW,
    }


def said_of(row: Sequence[Any]) -> Said:
    """(case, at, topic, territory, author, street, house, words)."""
    key, at, topic, land, author, street, house, words = row
    return Said(key, at, frozenset(words), topic, land, Place(street, house), author)


@dataclass(slots=True)
class Known:
    """A print near a new one. `taken`: in an event that is closed, or in any."""

    said: Said
    offer: int | None
    event: int | None
    taken: bool


def prints_near(fresh: Sequence[Fresh]) -> dict[int, list[Known]]:
    """The newest prints of the window by case (one query of capped index scans)."""
    found: dict[int, list[Known]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, _asked(fresh))
        for row in cursor.fetchall():
            known = Known(said_of(row[1:9]), offer=row[9], event=row[10], taken=row[11])
            found.setdefault(row[0], []).append(known)
    return found


def _flows(fresh: Sequence[Fresh]) -> dict[int, Flow]:
    with connection.cursor() as cursor:
        cursor.execute(_FLOW, _asked(fresh))
        return {
            key: Flow(recent, 2 * before / (min(56.0, float(days)) - 2))
            for key, recent, before, days in cursor.fetchall()
            if days is not None and days >= 14  # noqa: PLR2004  two weeks tell what is usual
        }


@dataclass(frozen=True, slots=True)
class _Running:
    """An open event by its own words, for the time before anything belongs to it."""

    pk: int
    topic: int | None
    territory: int | None
    first: datetime
    words: frozenset[int]


def _open_events() -> list[_Running]:
    rows = MassEvent.objects.running().exclude(topic=None)
    return [
        _Running(
            event.pk,
            event.topic_id,
            event.territory_id,
            timezone.make_aware(datetime.combine(event.starts_on, datetime.min.time())),
            words_of(f"{event.title} {event.approved_text}", Place()),
        )
        for event in rows
    ]


def _place(
    one: Fresh,
    known: Sequence[Known],
    rarity: Rarity,
    flows: dict[int, Flow],
    events: Sequence[_Running],
    offers: dict[int, int],
) -> None:
    flow = flows.get(one.said.key, Flow())
    near = []
    for other in known:
        offer = offers.get(other.said.key, other.offer)
        if other.taken and other.event is None:
            continue  # of an event that is over
        found = alike(one.said, other.said, rarity, flow)
        if found:
            near.append(Near(other.said, found, event=other.event, offer=offer))
    near += _named(one, events, rarity)
    told = belongs(one.said, near)
    if told.event is not None:
        _offer_to_event(told.event, one.said.key, told.likeness)
    elif told.offer is not None:
        _add_to_offer(told.offer, one.said.key, told.likeness)
        offers[one.said.key] = told.offer
    elif told.group:
        members = [(one.said, told.likeness), *((n.said, n.likeness) for n in told.group)]
        taken = {said.key for said, _likeness in members}
        free = [
            other.said
            for other in known
            if other.said.key not in taken
            and not other.taken
            and offers.get(other.said.key, other.offer) is None
        ]
        members += grown(
            [said for said, _likeness in members],
            free,
            lambda a, b: alike(a, b, rarity, flow),
        )
        pk = _new_offer(members)
        offers |= dict.fromkeys([said.key for said, _likeness in members], pk)


def _named(one: Fresh, events: Sequence[_Running], rarity: Rarity) -> list[Near]:
    """Open events of the topic and place whose own words the message shares."""
    found = []
    for event in events:
        if event.topic != one.said.topic or one.said.at < event.first - timedelta(days=1):
            continue
        if event.territory not in (None, one.said.territory):
            continue
        words = likeness_of_words(one.said.words, event.words, rarity)
        if words >= 0.08:  # noqa: PLR2004  a title and a reply have other words than a complaint
            likeness = Likeness(words, ("event",), 0.56)
            found.append(Near(Said(0, one.said.at, event.words), likeness, event=event.pk))
    return found


def _offer_to_event(event: int, case: int, likeness: Likeness) -> None:
    """Once for ever: who was left out is not offered again."""
    _member(case, likeness, event_id=event)


def _member(case: int, likeness: Likeness, **of: int) -> None:
    row = OfferMember(case_id=case, words=likeness.words, why=list(likeness.why), **of)
    OfferMember.objects.bulk_create([row], ignore_conflicts=True)


def _add_to_offer(pk: int, case: int, likeness: Likeness) -> None:
    """Into a waiting offer; to the event of a confirmed one; a refused one swallows it."""
    offer = EventOffer.objects.select_for_update().filter(pk=pk).first()
    if offer is None:
        return
    CasePrint.objects.filter(pk=case).update(offer=offer)
    if offer.state == EventOffer.State.WAITING:
        _member(case, likeness, offer_id=pk)
    elif offer.event_id is not None and MassEvent.objects.running().filter(pk=offer.event_id):
        _offer_to_event(offer.event_id, case, likeness)


def _new_offer(members: Sequence[tuple[Said, Likeness]]) -> int:
    said = [each for each, _likeness in members]
    topics = Counter(each.topic for each in said if each.topic)
    lands = Counter(each.territory for each in said if each.territory)
    land, most = lands.most_common(1)[0] if lands else (None, 0)
    offer = EventOffer.objects.create(
        topic_id=topics.most_common(1)[0][0] if topics else None,
        territory_id=land if most * 2 > len(said) else None,
    )
    rows = [(each.key, told) for each, told in members]
    OfferMember.objects.bulk_create(
        OfferMember(offer=offer, case_id=key, words=told.words, why=list(told.why))
        for key, told in rows
    )
    CasePrint.objects.filter(pk__in=[key for key, _told in rows]).update(offer=offer)
    url = reverse("event-offer", kwargs={"pk": offer.pk})
    news.tell("event_offer", key=f"event_offer:{offer.pk}", url=url, count=len(rows))
    return offer.pk


def forget_old(limit: int = 20_000) -> int:
    """Prints behind the longest stretch a repeat is looked for, a chunk at a time."""
    old = CasePrint.objects.filter(at__lt=timezone.now() - KEPT).order_by("at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    CasePrint.objects.filter(pk__in=ids).delete()
    return len(ids)


def gather_all(days: int, chunk: int = BATCH, *, until: datetime | None = None) -> int:
    """Go over what came in so many days, oldest first: after an update, and for the demo."""
    from cases.models import Case  # noqa: PLC0415

    since = timezone.now() - timedelta(days=days)
    after: tuple[Any, ...] = (since, 0)
    done = 0
    while (
        rows := list(
            Case.objects.filter(received_at__gte=after[0], received_at__lte=until or timezone.now())
            .extra(where=["(received_at, id) > (%s, %s)"], params=list(after))  # noqa: S610
            .order_by("received_at", "id")
            .values_list("received_at", "pk")[:chunk]
        )
    ):
        done += gather([pk for _at, pk in rows])
        after = rows[-1]
    return done
