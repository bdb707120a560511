"""Reference rows kept in memory: agencies, topics, territories, channels, reasons, routing rules.

A page of fifty cases joins none of them: keys are looked up here. A process reads the rows again
when the stamp that came with the person says that one has changed (agencies.stamps).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agencies.models import Agency, User, WorkingCalendar
from agencies.stamps import CALENDARS, DIRECTORY, stamps_of
from cases.models import Case, Channel, Reason, Territory, Topic, TopicGroup
from cases.routing import Router, load_router


@dataclass(frozen=True, slots=True)
class Choice:
    key: int
    code: str
    name: str
    group: str = ""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Choices:
    """What a list offers, in its order; `{% options %}` draws it once for each state of them."""

    rows: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Rows by key, shared by all requests of a process: never change them, never save them."""

    agencies: dict[int, Agency]
    groups: dict[int, TopicGroup]
    topics: dict[int, Topic]
    territories: dict[int, Territory]
    channels: dict[int, Channel]
    reasons: list[Reason]  # those in use, in their order
    router: Router
    active_agencies: Choices
    active_topics: Choices  # by group
    all_territories: Choices

    def reasons_of(self, kind: str) -> list[Reason]:
        return [reason for reason in self.reasons if reason.kind == kind]

    @property
    def centre(self) -> Agency | None:
        """Whose calendar the desk's own terms follow."""
        found = [a for a in self.agencies.values() if a.kind == Agency.Kind.CENTRE]
        return min(found, key=lambda agency: agency.pk, default=None)

    def attach(self, cases: Iterable[Case]) -> None:
        """Give each case its reference rows. One made a moment ago is loaded when asked for."""
        for case in cases:
            related = case._state.fields_cache
            for name, rows, key in (
                ("agency", self.agencies, case.agency_id),
                ("topic", self.topics, case.topic_id),
                ("territory", self.territories, case.territory_id),
                ("channel", self.channels, case.channel_id),
            ):
                if key in rows:
                    related[name] = rows[key]


_kept: tuple[tuple[int, int], Directory] | None = None


def directory_of(user: User) -> Directory:
    """The reference rows as they stood when this person's request began (usually no query)."""
    global _kept
    stamps = stamps_of(user)
    if DIRECTORY not in stamps or CALENDARS not in stamps:
        return _read()
    stamp = stamps[DIRECTORY], stamps[CALENDARS]
    kept = _kept
    if kept is None or kept[0] != stamp:
        kept = _kept = (stamp, _read())
    return kept[1]


def _read() -> Directory:
    """All rows, each with the reference rows it points to (eight queries)."""
    calendars = WorkingCalendar.objects.in_bulk()
    agencies = Agency.objects.in_bulk()
    for agency in agencies.values():
        agency.calendar = calendars[agency.calendar_id]
        agency.parent = agencies.get(agency.parent_id) if agency.parent_id else None
    groups = TopicGroup.objects.in_bulk()
    topics = Topic.objects.in_bulk()
    for topic in topics.values():
        topic.group = groups[topic.group_id]
    territories = Territory.objects.in_bulk()
    by_name = sorted(agencies.values(), key=lambda agency: agency.sort_name)
    by_group = sorted(topics.values(), key=lambda topic: (topic.group.name, topic.name))
    return Directory(
        agencies=agencies,
        groups=groups,
        topics=topics,
        territories=territories,
        channels=Channel.objects.in_bulk(),
        reasons=list(Reason.objects.filter(is_active=True).order_by("kind", "position", "pk")),
        router=load_router(),
        active_agencies=Choices(
            tuple(Choice(row.pk, row.code, str(row)) for row in by_name if row.is_active)
        ),
        active_topics=Choices(
            tuple(
                Choice(row.pk, row.code, row.name, row.group.name)
                for row in by_group
                if row.is_active
            )
        ),
        all_territories=Choices(
            tuple(
                Choice(row.pk, row.code, row.name)
                for row in sorted(territories.values(), key=lambda place: place.name)
            )
        ),
    )
