"""From what happened to notices: follow events and news, and tell whom the rules name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from agencies.absence import standing_now
from agencies.access import Directory
from agencies.models import User
from cases.following import unread, waiting
from cases.models import Case, CaseEvent, News, Participation, Reply
from notices.delivery import Post
from notices.kinds import ORDERED, Kind
from notices.models import Notice
from notices.rules import Happening, Near, settled, told

READER = "notices"
BATCH = 500
_SOURCES = (CaseEvent, News)
# Of an event's data only these travel on: numbers, moments, codes and names of agencies.
# Reasons, remarks and notes may hold a citizen's words: they stay with the case.
_KEPT = frozenset(
    {
        *("agency_name", "due_at", "until", "before", "until_on", "level", "share", "code"),
        *("version", "verdict", "flagged", "published", "count", "batch", "state", "url"),
        *("snapshot", "report", "formats"),
        *("created", "updated", "unchanged", "rejected", "quarantined", "figures", "day"),
        *(
            "from_on",
            "person_name",
            "template_name",
            "deputy_name",
            "reason_code",
            "set_by",
            "rows",
            "from",
            "value",
            "returns",
            "asked_name",
            "subject",
        ),
    }
)
_MOVES_TO_ANOTHER = frozenset(
    {"route", "split", "redirect", "undo_redirect", "recall_routing", "hand_over"}
)
_ABOUT_A_DISPUTE = frozenset({"redirect", "undo_redirect", "refuse_redirect"})


def follow(limit: int = BATCH) -> int:
    """Read what was committed since the last call and tell people; how much was read."""
    read = 0
    for source in _SOURCES:
        if not waiting(READER, source):
            continue
        with unread(READER, source, limit=limit) as ids:
            tell(_happenings(source, ids))
            read += len(ids)
    return read


def _happenings(source: type[Any], ids: list[int]) -> list[Happening]:
    if source is CaseEvent:
        rows = CaseEvent.objects.in_bulk(ids)
        return of_events([rows[pk] for pk in ids if pk in rows])
    news = News.objects.in_bulk(ids)
    return of_news([news[pk] for pk in ids if pk in news])


def of_events(events: Sequence[CaseEvent]) -> list[Happening]:
    """Events with what the rules ask about them (three queries at most)."""
    cases = _cases({event.case_id for event in events})
    authors = dict(
        Reply.objects.filter(
            pk__in={e.data["reply"] for e in events if isinstance(e.data.get("reply"), int)}
        ).values_list("pk", "author_id")
    )
    disputes = _disputants({e.case_id for e in events if e.move in _ABOUT_A_DISPUTE})
    return [
        Happening(
            key=f"event:{event.pk}",
            name=event.move,
            at=event.at,
            actor=event.actor_id,
            after=event.after,
            data=event.data | {"actor": str(actors[event.actor_id])}
            if event.actor_id in actors
            else event.data,
            case=event.case_id,
            agency=cases[event.case_id][0],
            executor=cases[event.case_id][1],
            author=authors.get(event.data.get("reply")),
            disputant=disputes.get(event.case_id),
        )
        for actors in [User.objects.in_bulk({e.actor_id for e in events if e.actor_id})]
        for event in events
        if event.case_id in cases
    ]


def of_news(news: Sequence[News]) -> list[Happening]:
    cases = _cases({one.case_id for one in news if one.case_id})
    return [
        Happening(
            key=f"news:{one.key}",
            name=one.kind,
            at=one.at,
            data=one.data,
            case=one.case_id,
            agency=cases[one.case_id][0] if one.case_id in cases else None,
            executor=cases[one.case_id][1] if one.case_id in cases else None,
            person=one.person_id,
        )
        for one in news
    ]


def _cases(ids: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
    rows = Case.objects.filter(pk__in=set(ids)).values_list("pk", "agency_id", "executor_id")
    return {pk: (agency, executor) for pk, agency, executor in rows}


def _disputants(cases: set[int]) -> dict[int, int | None]:
    """Who disputed last in each of the cases."""
    rows = (
        CaseEvent.objects.filter(case_id__in=cases, move="dispute_competence")
        .order_by("case_id", "-pk")
        .distinct("case_id")
        .values_list("case_id", "actor_id")
    )
    return dict(rows) if cases else {}


def tell(happenings: Sequence[Happening]) -> list[Notice]:
    """Write the notices of these happenings, in their order; known causes change nothing."""
    if not happenings:
        return []
    made: list[Notice] = []
    names = _Names()
    ended: dict[tuple[int, int | None, frozenset[Kind]], None] = {}
    for happening in happenings:
        if happening.case is not None and (kinds := settled(happening)):
            ended[happening.case, _part_of(happening), kinds] = None
            _settle(made, happening, kinds)
        for one in told(happening):
            for person in names.people(one.to, happening):
                if person != happening.actor:
                    made.append(_notice(person, one.kind, happening, one.part))
    made += _for_deputies(made, {h.key: h.actor for h in happenings})
    _settle_known(ended)
    moved = {h.case for h in happenings if h.case and h.name in _MOVES_TO_ANOTHER}
    _drop_out_of_sight(moved)
    return _write(made)


class _Names:
    """Addressees as people; the directory is asked for when a rule first needs it."""

    def __init__(self) -> None:
        self._directory: Directory | None = None

    def people(self, to: int | Near, happening: Happening) -> Iterable[int]:
        if not isinstance(to, Near):
            return (to,)
        if self._directory is None:
            self._directory = Directory()
        return self._directory.near(to.role, to.agency or happening.agency)


def _part_of(happening: Happening) -> int | None:
    """The part a happening is about: its notices are those of no other part of the case."""
    part = happening.data.get("part")
    return part if isinstance(part, int) else None


def _notice(person: int, kind: Kind, happening: Happening, part: int | None = None) -> Notice:
    data = {key: value for key, value in happening.data.items() if key in _KEPT}
    if actor := happening.data.get("actor"):
        data["actor"] = actor
    data["move"] = happening.name
    return Notice(
        person_id=person,
        kind=kind,
        cause=happening.key,
        case_id=happening.case,
        part_id=part,
        agency_id=happening.agency if part is None else happening.data.get("asked"),
        data=data,
        at=happening.at,
    )


# Of the absent one alone: his deputies have nothing to do with it.
_PERSONAL = ORDERED | {
    *(Kind.DEPUTY, Kind.IMPORT_FINISHED, Kind.EXPORT_READY, Kind.PUBLISHED),
}


def _for_deputies(made: list[Notice], actors: dict[str, int | None]) -> list[Notice]:
    """The same for who stands in for an absent person; told to himself, it is told once."""
    absent = standing_now({notice.person_id for notice in made})
    if not absent:
        return []
    names = {p.pk: str(p) for p in User.objects.filter(pk__in=absent)}
    return [
        Notice(
            person_id=deputy,
            kind=notice.kind,
            cause=notice.cause,
            case_id=notice.case_id,
            part_id=notice.part_id,
            agency_id=notice.agency_id,
            data=notice.data | {"for": names[notice.person_id]},
            at=notice.at,
            read_at=notice.read_at,
        )
        for notice in made
        if notice.kind not in _PERSONAL
        for deputy in absent.get(notice.person_id, ())
        if deputy != actors.get(notice.cause)
    ]


def _settle(made: list[Notice], happening: Happening, kinds: frozenset[Kind]) -> None:
    part = _part_of(happening)
    for notice in made:
        if (
            notice.case_id == happening.case
            and notice.kind in kinds
            and not notice.read_at
            and (part is None or notice.part_id == part)
        ):
            notice.read_at = happening.at


def _settle_known(ended: Iterable[tuple[int, int | None, frozenset[Kind]]]) -> None:
    by_kinds: dict[frozenset[Kind], list[int]] = defaultdict(list)
    for case, part, kinds in ended:
        if part is not None:
            Notice.objects.unread().filter(part=part, kind__in=kinds).update(
                read_at=timezone.now(), mail_at=None
            )
            continue
        by_kinds[kinds].append(case)
    for kinds, cases in by_kinds.items():
        Notice.objects.unread().filter(case__in=cases, kind__in=kinds).update(
            read_at=timezone.now(), mail_at=None
        )


def _drop_out_of_sight(cases: set[int]) -> None:
    """A case went to another agency: who may not see it any more has no notice of it either."""
    if not cases:
        return
    known = Notice.objects.unread().filter(case__in=cases, part=None)
    by_person: dict[int, set[int]] = defaultdict(set)
    for person, case in known.values_list("person_id", "case_id"):
        by_person[person].add(case)
    people = User.objects.in_bulk(by_person)
    for pk, theirs in by_person.items():
        seen = visible(people[pk], theirs)
        known.filter(person=pk, case__in=theirs - seen).delete()
    for pk, agency in Case.objects.filter(pk__in=cases).values_list("pk", "agency_id"):
        known.filter(case=pk).update(agency=agency)


def visible(person: User, cases: Iterable[int]) -> set[int]:
    """Which of these cases the person may see (two queries for an unknown person)."""
    if not person.is_active:
        return set()
    wanted = Case.objects.visible_to(person).filter(pk__in=set(cases))
    return set(wanted.values_list("pk", flat=True))


def visible_parts(person: User, parts: Iterable[int]) -> set[int]:
    """Which of these parts the person is asked for (one query beside his roles)."""
    if not person.is_active:
        return set()
    wanted = Participation.objects.visible_to(person).filter(pk__in=set(parts))
    return set(wanted.values_list("pk", flat=True))


def _write(made: list[Notice]) -> list[Notice]:
    """Keep those whose person may see the case, one a person and cause, and plan their mail."""
    by_person: dict[int, dict[str, Notice]] = defaultdict(dict)
    for notice in made:
        by_person[notice.person_id].setdefault(notice.cause, notice)
    post = Post(by_person)
    kept: list[Notice] = []
    for pk, theirs in by_person.items():
        person = post.people.get(pk)
        if person is None:
            continue
        seen = visible(person, {n.case_id for n in theirs.values() if n.case_id and not n.part_id})
        asked = {n.part_id for n in theirs.values() if n.part_id}
        parts = visible_parts(person, asked) if asked else set()
        for notice in theirs.values():
            if (
                notice.part_id in parts
                if notice.part_id
                else (notice.case_id is None or notice.case_id in seen)
            ):
                post.plan(notice)
                kept.append(notice)
    Notice.objects.bulk_create(kept, ignore_conflicts=True, batch_size=1000)
    return kept
