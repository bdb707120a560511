"""Repeats as pairs: found by author, place and words, each with why; persons decide them.

What `cases.actions.repeats` names at once (same author and topic, same house and topic) counts
until a person refuses it; what only the words tell counts when a person confirms it.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cases.gathering import KEPT, Fresh, said_of
from cases.models import RepeatPair
from quality.alike import Likeness, Rarity, Said, repeats

# Answered before the message came: of the author, of the street, of the topic in the territory.
_EARLIER = """
select n.id, p.case_id, p.at, p.topic_id, p.territory_id, p.citizen_id, p.street, p.house, p.words
from unnest(%(ids)s::bigint[]) as n(id)
join cases_caseprint own on own.case_id = n.id
cross join lateral (
    (select * from cases_caseprint p where p.citizen_id = own.citizen_id
        and p.at between own.at - %(kept)s and own.at order by p.at desc limit 50)
    union
    (select * from cases_caseprint p where p.territory_id = own.territory_id
        and p.street = own.street and own.street <> '' and p.street <> ''
        and p.at between own.at - %(kept)s and own.at order by p.at desc limit 50)
    union
    (select * from cases_caseprint p where p.territory_id = own.territory_id
        and p.topic_id = own.topic_id
        and p.at between own.at - %(kept)s and own.at order by p.at desc limit 100)
) p
join cases_case c on c.id = p.case_id
where p.case_id <> n.id and c.answered_at is not null and c.answered_at <= own.at
    and exists (select from cases_reply r
                where r.case_id = c.id and r.state = 'published' and r.kind = 'final')
"""
_NAMED = """
select c.id, c.repeat_of_id, p.at, p.topic_id, p.territory_id, p.citizen_id, p.street, p.house,
    p.words
from cases_case c left join cases_caseprint p on p.case_id = c.repeat_of_id
where c.id = any(%s) and c.repeat_of_id is not null
"""


def find(fresh: Sequence[Fresh], rarity: Rarity) -> int:
    """Pairs of these cases: what is named already, else the likest answered case; how many."""
    by_key = {one.said.key: one.said for one in fresh}
    if not by_key:
        return 0
    decided = set(
        RepeatPair.objects.filter(case__in=by_key)
        .exclude(state=RepeatPair.State.FOUND)
        .values_list("case_id", flat=True)
    )
    pairs = _named([key for key in by_key if key not in decided], by_key, rarity)
    rest = [key for key in by_key if key not in decided and key not in pairs]
    pairs |= _by_words(rest, by_key, rarity)
    stale = RepeatPair.objects.filter(case__in=by_key, state=RepeatPair.State.FOUND)
    stale.exclude(case__in=pairs).delete()
    RepeatPair.objects.bulk_create(
        pairs.values(),
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["earlier", "counts", "words", "why"],
    )
    return len(pairs)


def _pair(later: int, earlier: int, found: Likeness, *, counts: bool) -> RepeatPair:
    return RepeatPair(
        case_id=later, earlier_id=earlier, words=found.words, why=list(found.why), counts=counts
    )


def _named(keys: Sequence[int], by_key: dict[int, Said], rarity: Rarity) -> dict[int, RepeatPair]:
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [list(keys)])
        rows = cursor.fetchall()
    made = {}
    for later, earlier, *rest in rows:
        found = Likeness(0.0, ("topic",))
        if rest[0] is not None:
            other = said_of([earlier, *rest])
            told = repeats(by_key[later], other, rarity)
            found = told or Likeness(told.words, _same(by_key[later], other))
        made[later] = _pair(later, earlier, found, counts=True)
    return made


def _same(later: Said, earlier: Said) -> tuple[str, ...]:
    """Why the rule of author and house named it, where the words alone would not."""
    why = ["author"] if later.author and later.author == earlier.author else []
    if later.place.house and later.place == earlier.place:
        why.append("house")
    return (*why, "topic")


def _by_words(
    keys: Sequence[int], by_key: dict[int, Said], rarity: Rarity
) -> dict[int, RepeatPair]:
    if not keys:
        return {}
    rows = _candidates(keys)
    best: dict[int, tuple[float, int, Likeness]] = {}
    for later, *row in rows:
        other = said_of(row)
        found = repeats(by_key[later], other, rarity)
        if found and (later not in best or (found.score, other.key) > best[later][:2]):
            best[later] = (found.score, other.key, found)
    return {
        later: _pair(later, earlier, found, counts=False)
        for later, (_score, earlier, found) in best.items()
    }


def _candidates(keys: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"ids": list(keys), "kept": KEPT})
        return cursor.fetchall()
