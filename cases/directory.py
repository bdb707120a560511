"""Reference rows kept in memory: agencies, topics, territories, channels, their groups.

A page of fifty cases joins none of them: keys are looked up here. A process reads the rows again
when the stamp that came with the person says that one has changed (agencies.stamps).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agencies.models import Agency, User, WorkingCalendar
from agencies.stamps import CALENDARS, DIRECTORY, stamps_of
from cases.models import Case, Channel, Territory, Topic, TopicGroup


@dataclass(frozen=True, slots=True)
class Directory:
    """Rows by key, shared by all requests of a process: never change them, never save them."""

    agencies: dict[int, Agency]
    groups: dict[int, TopicGroup]
    topics: dict[int, Topic]
    territories: dict[int, Territory]
    channels: dict[int, Channel]

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
    """All rows, each with the reference rows it points to (six queries)."""
    calendars = WorkingCalendar.objects.in_bulk()
    agencies = Agency.objects.in_bulk()
    for agency in agencies.values():
        agency.calendar = calendars[agency.calendar_id]
        agency.parent = agencies.get(agency.parent_id) if agency.parent_id else None
    groups = TopicGroup.objects.in_bulk()
    topics = Topic.objects.in_bulk()
    for topic in topics.values():
        topic.group = groups[topic.group_id]
    return Directory(
        agencies, groups, topics, Territory.objects.in_bulk(), Channel.objects.in_bulk()
    )
