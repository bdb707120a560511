"""Families of copied replies: who sent one text to many, kept in figures by the worker.

A reply joins the family of its source when it is checked, after the exact comparison
(`reuse.attached_to`). A trigger notes which families changed; the worker counts just these.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.access import granted_by_any
from agencies.models import User
from agencies.roles import Right
from cases.models import AgencyTexts, CopiedFamily, FamilyShare, MassEvent, Reply
from cases.reuse import ATTACHED
from quality import DEFAULT, EarlierReply
from quality.masks import masked
from quality.prints import make_print
from quality.reuse import compare, own_words

READERS = (Right.REVIEW_REPLIES, Right.ASSIGN_CASES)
PAGE = 20
LEAST = 2
SHARED_KEYS = 3
EXPLAINED = 0.9
"""So much of a text must stand in the approved one for it to explain the text."""

# Which of a family's replies the event's approved text explains; the rule of reuse.explains.
_COUNTED = """
with asked as (
    select * from unnest(%(families)s::int[], %(events)s::bigint[]) as a(family, event)
), member as (
    select p.family, p.agency_id, p.reply_id, p.sent_on, p.stems, r.author_id,
        coalesce(
            e.starts_on <= p.sent_on and coalesce(p.sent_on <= e.ends_on, true)
            and coalesce(c.event_id = e.id, true)
            and (e.topic_id is null or e.topic_id is not distinct from c.topic_id)
            and (e.territory_id is null or e.territory_id is not distinct from c.territory_id),
            false
        ) as explained
    from asked a
    join cases_replyprint p on p.family = a.family
    join cases_reply r on r.id = p.reply_id
    join cases_case c on c.id = r.case_id
    left join cases_massevent e on e.id = a.event and e.approved_text <> ''
)
select family, agency_id,
    count(*) filter (where not explained), count(*) filter (where explained),
    count(distinct author_id) filter (where not explained),
    min(reply_id) filter (where not explained),
    min(sent_on) filter (where not explained), max(sent_on) filter (where not explained),
    max(stems)
from member group by family, agency_id
"""
_TAKE = """
delete from cases_familychange
where id in (select id from cases_familychange order by id limit %s)
returning family
"""
_EVENT = """
insert into cases_familychange (family)
select family from (
    select p.family
    from cases_replykey k join cases_replyprint p on p.reply_id = k.reply_id
    where k.h = any(%(keys)s::int[])
    group by p.family having count(*) >= %(least)s
    union
    select id from cases_copiedfamily where event_id = %(event)s
) as touched
"""
_REPLIES = """
select p.agency_id, count(*) from cases_replyprint p
where %(all)s or p.agency_id = any(%(ids)s::int[])
group by p.agency_id
"""
_COPIED = """
select s.agency_id, sum(s.replies)
from cases_familyshare s join cases_copiedfamily f on f.id = s.family_id
where f.replies >= 2 and f.stems >= %(stems)s and (%(all)s or s.agency_id = any(%(ids)s::int[]))
group by s.agency_id
"""


# Keeping the figures


def event_changed(event: MassEvent) -> None:
    """Ask for the families an approved text may explain, or explained until now."""
    with connection.cursor() as cursor:
        params = {"keys": event.keys, "least": SHARED_KEYS, "event": event.pk}
        cursor.execute(_EVENT, params)


@transaction.atomic
def renew_some(limit: int = 1000) -> int:
    """Count up to `limit` changed families anew; how many changes were taken."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        taken = [row[0] for row in cursor.fetchall()]
    if taken:
        renew(sorted(set(taken)))
    return len(taken)


@transaction.atomic
def renew(families: Sequence[int]) -> None:
    """Figures of these families from their replies."""
    events = _explaining(families)
    with connection.cursor() as cursor:
        params = {"families": list(families), "events": [events.get(one) for one in families]}
        cursor.execute(_COUNTED, params)
        rows = cursor.fetchall()
    touched = set(
        FamilyShare.objects.filter(family__in=families).values_list("agency_id", flat=True)
    )
    by_family: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_family.setdefault(row[0], []).append(row)
    CopiedFamily.objects.filter(pk__in=families).delete()
    made = [
        _family(key, events.get(key), of_agencies)
        for key, of_agencies in by_family.items()
        if sum(row[2] + row[3] for row in of_agencies) >= LEAST
    ]
    CopiedFamily.objects.bulk_create(made)
    kept = {family.pk for family in made}
    shares = [
        FamilyShare(
            family_id=row[0],
            agency_id=row[1],
            replies=row[2],
            authors=row[4],
            first_reply_id=row[5],
            first_on=row[6],
            last_on=row[7],
        )
        for row in rows
        if row[0] in kept and row[2]
    ]
    FamilyShare.objects.bulk_create(shares)
    count_copied(touched | {share.agency_id for share in shares})


def _family(key: int, event: int | None, rows: list[tuple[Any, ...]]) -> CopiedFamily:
    counted = [row for row in rows if row[2]]
    return CopiedFamily(
        pk=key,
        event_id=event,
        replies=sum(row[2] for row in rows),
        explained=sum(row[3] for row in rows),
        agencies=len(counted),
        authors=sum(row[4] for row in counted),
        stems=max(row[8] for row in rows),
        first_reply_id=min((row[5] for row in counted), default=0),
        first_on=min((row[6] for row in counted), default=None),
        last_on=max((row[7] for row in counted), default=None),
    )


def _explaining(families: Sequence[int]) -> dict[int, int]:
    """By family the event whose approved text has nearly all words of its first reply."""
    events = list(MassEvent.objects.exclude(approved_text="").only("keys", "approved_text"))
    if not events:
        return {}
    firsts = (
        Reply.objects.filter(print__family__in=families)
        .order_by("print__family", "pk")
        .distinct("print__family")
        .values_list("print__family", "text")
    )
    found = {}
    for family, text in firsts:
        keys = set(make_print(text).keys)
        for event in events:
            if len(keys.intersection(event.keys)) >= SHARED_KEYS and _covers(event, text):
                found[family] = event.pk
                break
    return found


def _covers(event: MassEvent, text: str) -> bool:
    form = masked(text)
    own = own_words(form, (event.approved_text,), ())
    return len(own.whole.letters) <= (1 - EXPLAINED) * max(1, sum(form.body))


def count_copied(agencies: Iterable[int] | None = None, *, all_replies: bool = False) -> None:
    """Copied replies of these agencies (None: of all), and with `all_replies` the replies.

    Counting every reply reads an index of all of them: once an hour, not with each family.
    """
    params = {"all": agencies is None, "ids": sorted(agencies or ()), "stems": DEFAULT.short_stems}
    known = dict(AgencyTexts.objects.values_list("agency_id", "replies"))
    with connection.cursor() as cursor:
        cursor.execute(_COPIED, params)
        copied = dict(cursor.fetchall())
        ids = set(copied) | set(params["ids"])
        if all_replies or ids - set(known):
            cursor.execute(_REPLIES, params)
            counted = dict(cursor.fetchall())
            ids |= set(counted)
            known |= counted
    AgencyTexts.objects.bulk_create(
        [
            AgencyTexts(
                agency_id=pk,
                replies=max(known.get(pk, 0), copied.get(pk, 0)),
                copied=copied.get(pk, 0),
                counted_at=timezone.now(),
            )
            for pk in sorted(ids)
        ],
        update_conflicts=True,
        unique_fields=["agency"],
        update_fields=["replies", "copied", "counted_at"],
    )


_STORED = """
select p.reply_id, p.family, p.stems, s.family, (told.source ->> 'similarity')::float8
from cases_reply r
join cases_replyprint p on p.reply_id = r.id
cross join lateral (select r.assessment -> 'reuse' -> 'sources' -> 0 as source) as told
join cases_replyprint s on s.reply_id =
    case when told.source ->> 'key' ~ '^[0-9]{1,18}$' then (told.source ->> 'key')::bigint end
where r.id > %s and r.similarity >= %s
order by r.id limit %s
"""
_ADOPT = """
update cases_replyprint p set family = n.family
from unnest(%s::bigint[], %s::int[]) as n(id, family) where p.reply_id = n.id
"""


def adopt_stored(chunk: int = 5000) -> int:
    """Let replies join the family of the source their stored assessment names; how many did.

    For an index that was made anew: who is nearly equal to whom was compared when each was
    checked. Goes over them again until nothing changes, for a source may have one itself.
    """
    changed = 1
    total = 0
    while changed:
        changed = last = 0
        while rows := _stored(last, chunk):
            family = {row[0]: row[1] for row in rows}
            moved = {}
            for number, own, stems, source, similarity in rows:
                least = 1.0 if stems < DEFAULT.short_stems else ATTACHED
                wanted = family.get(source, source)
                if own == number != wanted and similarity >= least:
                    family[number] = moved[number] = wanted
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_ADOPT, [list(moved), list(moved.values())])
            changed += len(moved)
            last = rows[-1][0]
        total += changed
    return total


def _stored(last: int, chunk: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [last, ATTACHED, chunk])
        return cursor.fetchall()


# Reading them


@dataclass(frozen=True, slots=True)
class Listed:
    """A family as its reader sees it: `replies` of his agencies, `others` of all others."""

    pk: int
    replies: int
    others: int
    agencies: int
    authors: int
    first_on: date
    last_on: date
    first: Reply | None


@dataclass(frozen=True, slots=True)
class Member:
    """A reply of a family beside the first one; `similarity` and `personal` in per cent."""

    reply: Reply
    similarity: int
    personal: int


Cursor = tuple[int, int] | None

_ALL = """
select f.id, f.replies, 0, f.agencies, f.authors, f.first_on, f.last_on, f.first_reply_id
from cases_copiedfamily f
where f.replies >= 2 and f.stems >= %(stems)s and f.last_on >= %(since)s
    and (%(size)s::int is null or (f.replies, f.id) < (%(size)s, %(last)s))
order by f.replies desc, f.id desc limit %(limit)s
"""
_OWN = """
select f.id, sum(s.replies)::int as own, f.replies - sum(s.replies)::int, count(*),
    sum(s.authors)::int, min(s.first_on), max(s.last_on), min(s.first_reply_id)
from cases_familyshare s join cases_copiedfamily f on f.id = s.family_id
where s.agency_id = any(%(ids)s::bigint[])
    and f.replies >= 2 and f.stems >= %(stems)s and f.last_on >= %(since)s
group by f.id
having %(size)s::int is null or (sum(s.replies)::int, f.id) < (%(size)s, %(last)s)
order by own desc, f.id desc limit %(limit)s
"""


def scope_of(user: User) -> frozenset[int] | None:
    """Agencies whose families this person reads; None means all."""
    return granted_by_any(user, READERS)


def listed(user: User, *, days: int, after: Cursor = None) -> tuple[list[Listed], Cursor]:
    """The families used in so many days, the largest first: a page, and where the next begins."""
    ids = scope_of(user)
    size, last = after or (None, None)
    params = {
        "ids": sorted(ids or ()),
        "stems": DEFAULT.short_stems,
        "since": timezone.localdate() - timedelta(days=days),
        "size": size,
        "last": last,
        "limit": PAGE + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALL if ids is None else _OWN, params)
        rows = cursor.fetchall()
    more = (rows[PAGE - 1][1], rows[PAGE - 1][0]) if len(rows) > PAGE else None
    rows = rows[:PAGE]
    firsts = (
        Reply.objects.visible_to(user)
        .select_related("case__citizen", "agency")
        .in_bulk([row[7] for row in rows])
    )
    return [Listed(*row[:7], firsts.get(row[7])) for row in rows], more


def one(user: User, pk: int) -> Listed | None:
    """One family by its key, None where this person's agencies have no part in it."""
    family = CopiedFamily.objects.filter(pk=pk, replies__gte=1).first()
    if family is None:
        return None
    shares = list(_shares(user, pk))
    if not shares:
        return None
    first = min(share.first_reply_id for share in shares)
    own = sum(share.replies for share in shares)
    return Listed(
        pk=pk,
        replies=own,
        others=family.replies - own,
        agencies=len(shares),
        authors=sum(share.authors for share in shares),
        first_on=min(share.first_on for share in shares),
        last_on=max(share.last_on for share in shares),
        first=Reply.objects.visible_to(user)
        .select_related("case__citizen", "agency", "author")
        .filter(pk=first)
        .first(),
    )


def _shares(user: User, pk: int) -> QuerySet[FamilyShare]:
    ids = scope_of(user)
    found = FamilyShare.objects.filter(family=pk).select_related("agency").order_by("-replies")
    return found if ids is None else found.filter(agency__in=sorted(ids))


@dataclass(frozen=True, slots=True)
class Share:
    """An agency's part: of all its replies so many per cent are of this family."""

    name: str
    code: str
    replies: int
    authors: int
    of: int

    @property
    def percent(self) -> float:
        return 100 * self.replies / self.of if self.of else 0.0


def shares_of(user: User, pk: int, limit: int = 50) -> list[Share]:
    """The agencies of the reader's scope, the one with the most replies first (two queries)."""
    rows = list(_shares(user, pk)[:limit])
    counted = AgencyTexts.objects.in_bulk([row.agency_id for row in rows])
    return [
        Share(
            name=row.agency.short_name,
            code=row.agency.code,
            replies=row.replies,
            authors=row.authors,
            of=max(row.replies, counted[row.agency_id].replies) if row.agency_id in counted else 0,
        )
        for row in rows
    ]


def copying_agencies(user: User, limit: int = 10) -> list[AgencyTexts]:
    """Agencies of the scope by how many replies are copies; those with none left out."""
    ids = scope_of(user)
    found = AgencyTexts.objects.filter(copied__gt=0).select_related("agency")
    if ids is not None:
        found = found.filter(agency__in=sorted(ids))
    return list(found.order_by("-copied", "agency")[:limit])


def _explained(event: MassEvent) -> Q:
    """Replies to cases the approved text is for; the rule of reuse.explains."""
    like = Q(submitted_at__date__gte=event.starts_on)
    if event.ends_on is not None:
        like &= Q(submitted_at__date__lte=event.ends_on)
    like &= Q(case__event=None) | Q(case__event=event)
    if event.topic_id is not None:
        like &= Q(case__topic=event.topic_id)
    if event.territory_id is not None:
        like &= Q(case__territory=event.territory_id)
    return like


def members(user: User, pk: int, first: Reply, after: int = 0) -> tuple[list[Member], int | None]:
    """Replies of the family in cases this person may open, compared with the first one."""
    found = Reply.objects.visible_to(user).filter(print__family=pk, pk__gt=after)
    family = CopiedFamily.objects.select_related("event").filter(pk=pk).first()
    if family is not None and family.event is not None:
        found = found.exclude(_explained(family.event))
    rows = list(
        found.select_related("case__citizen", "agency", "author").order_by("pk")[: PAGE + 1]
    )
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return [_compared(reply, first) for reply in rows[:PAGE]], more


def _compared(reply: Reply, first: Reply) -> Member:
    if reply.pk == first.pk:
        return Member(reply, 100, 0)
    told = compare(reply.text, [EarlierReply(str(first.pk), first.text)], DEFAULT)
    similarity = told.reuse.similarity if told.reuse else 0.0
    return Member(reply, round(100 * similarity), round(100 * told.personal_share))
