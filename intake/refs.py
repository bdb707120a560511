"""Reference rows an import looks things up in, read once for a whole file."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Model

from agencies.models import Agency, WorkingCalendar
from cases.bulk import Encoded, encode, fresh, take_ids
from cases.calendar import calendar_stamp
from cases.models import Case, Channel, Clock, DeadlineRule, Territory, Topic
from cases.routing import load_router
from cases.term_rules import Rules, due_of
from deadlines import CalendarGap
from intake.incoming import IncomingRow
from intake.models import AgencyName
from intake.places import ZoneOf, plain_name, plain_place
from intake.sources import CHANNEL_NAMES

UNKNOWN_AGENCY = "import-unknown"
_REMEMBERED = 50_000
_ID_BLOCK = 500


class Asks(Exception):  # noqa: N818  no error: the row is built later
    """The database would have to be asked, and it is busy."""


class References:
    """About ten queries; later changes of the rows are not seen.

    `writing` False: what the region does not have yet is not made, for a look without changes.
    """

    def __init__(self, *, writing: bool = True) -> None:
        self.writing = writing
        self.asking = True  # False: whatever needs the database raises Asks
        self.channels = {c.code: c for c in Channel.objects.all()}
        self._read_territories()
        self._read_topics()
        self._read_agencies()
        self.router = load_router()
        self.rules = Rules()
        self.stamp = calendar_stamp()
        self._topic_of: dict[tuple[str, str], Topic | None] = {}
        self._territory_of: dict[tuple[str, str], Territory | None] = {}
        self._routes: dict[tuple[int | None, int | None, date], Agency | None] = {}
        self._agency_of: dict[tuple[str, str], Agency | None] = {}
        self._ids: dict[type[Model], list[int]] = {}
        self._name_ids: dict[str, int] = {}
        self._dues: dict[tuple[int, int, str, datetime], tuple[datetime, Encoded] | None] = {}

    def _read_territories(self) -> None:
        self._places: dict[str, Territory] = {}
        self._short_places: dict[str, Territory | None] = {}
        for place in Territory.objects.order_by("-pk"):
            self._places[plain_name(place.name)] = place
            # «Заречный» may be a city and a district: then only the full name tells them apart.
            short = plain_place(place.name)
            self._short_places[short] = None if short in self._short_places else place

    def _read_topics(self) -> None:
        self._topics: dict[tuple[str, str], Topic] = {}
        self._topic_names: dict[str, Topic | None] = {}
        self._severities: dict[int | None, int] = {None: 2}
        for topic in Topic.objects.select_related("group").order_by("pk"):
            name = plain_name(topic.name)
            self._severities[topic.pk] = topic.severity
            self._topics[plain_name(topic.group.name), name] = topic
            # A name that stands in two groups says nothing without its group.
            self._topic_names[name] = None if name in self._topic_names else topic

    def _read_agencies(self) -> None:
        self.by_pk = {agency.pk: agency for agency in Agency.objects.order_by("-pk")}
        self._agencies: dict[str, Agency] = {}
        for agency in self.by_pk.values():
            for name in (agency.short_name, agency.name):
                if name and agency.code != UNKNOWN_AGENCY:
                    self._agencies[plain_name(name)] = agency
        for key, pk in AgencyName.objects.filter(agency__isnull=False).values_list(
            "key", "agency_id"
        ):
            self._agencies[key] = self.by_pk[pk]
        self._placeholder = next((a for a in self.by_pk.values() if a.code == UNKNOWN_AGENCY), None)
        self.region = self._first(Agency.Kind.REGION)
        # Whose calendar the moderation term follows.
        self.desk = self._first(Agency.Kind.CENTRE) or self.region

    def _first(self, kind: str) -> Agency | None:
        found = [agency for agency in self.by_pk.values() if agency.kind == kind]
        return min(found, key=lambda agency: agency.pk, default=None)

    def channel(self, code: str) -> Channel:
        """The channel of a known code; one the region did not have yet is made."""
        found = self.channels.get(code)
        if found is None:
            self._ask()
            facts = {"code": code, "name": CHANNEL_NAMES.get(code, code)}
            found = (
                Channel.objects.get_or_create(code=code, defaults=facts)[0]
                if self.writing
                else Channel(pk=0, **facts)
            )
            self.channels[code] = found
        return found

    def territory(self, row: IncomingRow) -> Territory | None:
        key = (row.territory, row.settlement)
        if key not in self._territory_of:
            self._territory_of[key] = self._find_territory(key)
        return self._territory_of[key]

    def _find_territory(self, names: tuple[str, str]) -> Territory | None:
        for name in filter(None, names):
            found = self._places.get(plain_name(name)) or self._short_places.get(plain_place(name))
            if found is not None:
                return found
        return None

    def topic(self, row: IncomingRow) -> Topic | None:
        key = (row.topic_group, row.topic)
        if key not in self._topic_of:
            name = plain_name(row.topic)
            found = self._topics.get((plain_name(row.topic_group), name))
            self._topic_of[key] = found or self._topic_names.get(name)
        return self._topic_of[key]

    def severity(self, topic_id: int | None) -> int:
        """The severity a case has by its topic alone."""
        return self._severities.get(topic_id, 2)

    def named_agency(self, row: IncomingRow) -> Agency | None:
        return self.named(row.executor, row.agency)

    def named(self, executor: str, agency: str) -> Agency | None:
        """The last executor before the department, both by name."""
        key = (executor, agency)
        if key not in self._agency_of:
            if len(self._agency_of) >= _REMEMBERED:
                self._agency_of.clear()
            found = (self._agencies.get(plain_name(name)) for name in key if name)
            self._agency_of[key] = next(filter(None, found), None)
        return self._agency_of[key]

    def routed(self, topic: Topic | None, territory: Territory | None, on: date) -> Agency | None:
        """The agency of the routing rules."""
        key = (topic.id if topic else None, territory.id if territory else None, on)
        if key not in self._routes:
            if len(self._routes) >= _REMEMBERED:
                self._routes.clear()
            rule = self.router.pick(
                topic_id=key[0],
                group_id=topic.group_id if topic else None,
                territory_id=key[1],
                on=on,
            )
            self._routes[key] = self.by_pk.get(rule.agency_id) if rule else None
        return self._routes[key]

    def unknown_agency(self) -> Agency | None:
        """Who holds finished cases of agencies nobody here knows; made when first needed.

        None in a database without any calendar.
        """
        if self._placeholder is None:
            self._ask()
            calendar = self.region.calendar_id if self.region else None
            calendar = calendar or WorkingCalendar.objects.values_list("pk", flat=True).first()
            if calendar is None:
                return None
            facts = {
                "name": "Ведомство не определено",
                "short_name": "Не определено",
                "kind": Agency.Kind.DEPARTMENT,
                "parent": self.region,
                "calendar_id": calendar,
                "time_zone": self.region.time_zone if self.region else "Europe/Moscow",
                "is_active": False,
            }
            self._placeholder = (
                Agency.objects.get_or_create(code=UNKNOWN_AGENCY, defaults=facts)[0]
                if self.writing
                else Agency(pk=0, code=UNKNOWN_AGENCY, **facts)
            )
            self.by_pk[self._placeholder.pk] = self._placeholder
        return self._placeholder

    def next_id(self, model: type[Model]) -> int:
        """A fresh primary key."""
        if not self.writing:
            return 0
        waiting = self._ids.setdefault(model, [])
        if not waiting:
            self._ask()
            self.reserve(model, _ID_BLOCK)
        return waiting.pop()

    def reserve(self, model: type[Model], count: int) -> None:
        """Have so many primary keys at hand."""
        waiting = self._ids.setdefault(model, [])
        if len(waiting) < count:
            waiting[:0] = reversed(take_ids(model, count - len(waiting)))

    def _ask(self) -> None:
        if not self.asking:
            raise Asks

    def name_id(self, name: str) -> int:
        """The row of an agency's name nobody here knows; made when it is first met."""
        key = plain_name(name)[:200]
        if key not in self._name_ids:
            self._ask()
            self._name_ids[key] = (
                AgencyName.objects.get_or_create(key=key, defaults={"name": name[:200]})[0].pk
                if self.writing
                else 0
            )
        return self._name_ids[key]

    def clock(
        self,
        case: Case,
        codes: Sequence[str],
        *,
        kind: str,
        start: datetime,
        agency: Agency,
        stopped_at: datetime | None = None,
    ) -> Clock | None:
        """An unsaved clock; None where no rule is in force or no calendar reaches (old years)."""
        rule = self.rules.pick(codes, severity=case.severity, at=start)
        due = rule and self._due(rule, start, agency)
        if rule is None or due is None:
            return None
        return fresh(
            Clock,
            case_id=case.id,
            kind=kind,
            rule_id=rule.id,
            code=rule.code,
            started_at=start,
            due_at=due[0],
            stopped_at=stopped_at,
            missed_at=due[0] if self._missed(rule, due[0], stopped_at) else None,
            warning_only=rule.warning_only,
            agency_id=agency.pk,
            explanation=due[1],
        )

    @staticmethod
    def _missed(rule: DeadlineRule, due: datetime, stopped_at: datetime | None) -> bool:
        return not rule.warning_only and stopped_at is not None and stopped_at > due

    def _due(
        self, rule: DeadlineRule, start: datetime, agency: Agency
    ) -> tuple[datetime, Encoded] | None:
        """Due moment and explanation, remembered: a chunk of new messages has one start."""
        key = (rule.id, agency.calendar_id, agency.time_zone, start)
        if key not in self._dues:
            if len(self._dues) >= _REMEMBERED:
                self._dues.clear()
            try:
                due = due_of(rule, start, agency, stamp=self.stamp)
                self._dues[key] = (due.moment, encode(due.as_json()))
            except CalendarGap:
                self._dues[key] = None
        return self._dues[key]


def zones(fallback: str = "") -> ZoneOf:
    """Zone of a territory's name; `fallback`: name of a zone for places we do not know.

    Raises ZoneInfoNotFoundError (or ValueError) on a name that is no zone.
    """
    if fallback:
        return ZoneOf({}, ZoneInfo(fallback))
    region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
    named = {
        plain_place(name): zone for name, zone in Territory.objects.values_list("name", "time_zone")
    }
    return ZoneOf(named, ZoneInfo(region.time_zone if region else "Europe/Moscow"))


def channel_words() -> dict[str, str]:
    """What this region calls its channels -> code."""
    return {
        plain_name(word): code
        for code, name in Channel.objects.order_by("-pk").values_list("code", "name")
        for word in (code, name)
    }
