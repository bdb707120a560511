"""Reference rows an import looks things up in, read once for a whole file."""

import re
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agencies.models import Agency
from cases.calendar import calendar_stamp
from cases.clocks import Rules, due_of
from cases.models import Case, Channel, Clock, Territory, Topic
from cases.routing import load_router
from deadlines import CalendarGap, Due
from intake.incoming import IncomingRow

_QUOTES = re.compile(r"[«»\"'“”„`]")
_SPACE = re.compile(r"[\s.]+")
# «Заречск г.о.», «городской округ Заречск» and «Заречск» are one place.
_PLACE_KIND = re.compile(
    r"\b(?:г о|м о|м р|м р-н|р-н|г|го|мо|мр|городской округ|муниципальный округ"
    r"|муниципальный район|муниципальное образование|город|район)\b"
)
_CHANNEL_NAMES = {
    "vk": "ВКонтакте",
    "ok": "Одноклассники",
    "telegram": "Телеграм",
    "max": "МАКС",
    "pos": "Платформа обратной связи",
    "hotline": "Горячая линия",
    "site": "Сайт",
    "gospublic": "Госпаблик",
    "email": "Электронная почта",
    "import": "Импорт",
}


def plain_name(name: str) -> str:
    """The form names are compared in: lower case, ё as е, without quotes."""
    return _SPACE.sub(" ", _QUOTES.sub("", name.lower().replace("ё", "е"))).strip()


def plain_place(name: str) -> str:
    return " ".join(_PLACE_KIND.sub(" ", plain_name(name)).split())


class References:
    """About ten queries; later changes of the rows are not seen."""

    def __init__(self) -> None:
        self.channels = {c.code: c for c in Channel.objects.all()}
        self.territories: dict[str, Territory] = {}
        for place in Territory.objects.order_by("-pk"):
            self.territories[plain_place(place.name)] = place
        self.topics: dict[tuple[str, str], Topic] = {}
        self.topic_names: dict[str, Topic | None] = {}
        for topic in Topic.objects.select_related("group").order_by("pk"):
            name = plain_name(topic.name)
            self.topics[plain_name(topic.group.name), name] = topic
            # A name that stands in two groups says nothing without its group.
            self.topic_names[name] = None if name in self.topic_names else topic
        self.agencies: dict[str, Agency] = {}
        self.by_pk: dict[int, Agency] = {}
        for agency in Agency.objects.order_by("-pk"):
            self.by_pk[agency.pk] = agency
            for name in (agency.short_name, agency.name):
                if name:
                    self.agencies[plain_name(name)] = agency
        self.centre = next((a for a in self.by_pk.values() if a.kind == Agency.Kind.CENTRE), None)
        self.router = load_router()
        self.rules = Rules()
        self.stamp = calendar_stamp()

    def channel(self, code: str) -> Channel:
        """The channel of a known code; one the region did not have yet is made."""
        found = self.channels.get(code)
        if found is None:
            found = Channel.objects.get_or_create(
                code=code, defaults={"name": _CHANNEL_NAMES.get(code, code)}
            )[0]
            self.channels[code] = found
        return found

    def territory(self, row: IncomingRow) -> Territory | None:
        for name in (row.territory, row.settlement):
            if name and (found := self.territories.get(plain_place(name))):
                return found
        return None

    def topic(self, row: IncomingRow) -> Topic | None:
        if not row.topic:
            return None
        name = plain_name(row.topic)
        found = self.topics.get((plain_name(row.topic_group), name))
        return found or self.topic_names.get(name)

    def named_agency(self, row: IncomingRow) -> Agency | None:
        """The last executor before the department, both by name."""
        for name in (row.executor, row.agency):
            if name and (found := self.agencies.get(plain_name(name))):
                return found
        return None

    def agency(
        self, row: IncomingRow, topic: Topic | None, territory: Territory | None
    ) -> Agency | None:
        named = self.named_agency(row)
        if named is not None:
            return named
        rule = self.router.pick(
            topic_id=topic.pk if topic else None,
            group_id=topic.group_id if topic else None,
            territory_id=territory.pk if territory else None,
            on=row.posted_at.date(),
        )
        return self.by_pk.get(rule.agency_id) if rule else None

    def clock(
        self,
        case: Case,
        codes: tuple[str, ...],
        *,
        kind: str,
        start: datetime,
        agency: Agency,
        stopped_at: datetime | None = None,
    ) -> Clock | None:
        """An unsaved clock; None where no rule is in force or no calendar reaches (old years)."""
        rule = self.rules.pick(codes, severity=case.severity, at=start)
        if rule is None:
            return None
        try:
            due: Due = due_of(rule, start, agency, stamp=self.stamp)
        except CalendarGap:
            return None
        if not rule.warning_only and stopped_at is None:
            case.due_at = due.moment
        return Clock(
            case_id=case.pk,
            kind=kind,
            rule=rule,
            code=rule.code,
            started_at=start,
            due_at=due.moment,
            stopped_at=stopped_at,
            explanation=due.as_json(),
        )


def zones(fallback: str = "") -> "ZoneOf":
    """Zone of a territory's name; `fallback`: name of a zone for places we do not know.

    Raises ZoneInfoNotFoundError (or ValueError) on a name that is no zone.
    """
    if not fallback:
        region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
        fallback = region.time_zone if region else "Europe/Moscow"
        return ZoneOf(
            {
                plain_place(name): zone
                for name, zone in Territory.objects.values_list("name", "time_zone")
            },
            ZoneInfo(fallback),
        )
    return ZoneOf({}, ZoneInfo(fallback))


class ZoneOf:
    def __init__(self, by_place: dict[str, str], fallback: tzinfo) -> None:
        self._fallback = fallback
        self._by_place = by_place
        self._known: dict[str, tzinfo] = {}

    def __call__(self, territory: str) -> tzinfo:
        found = self._known.get(territory)
        if found is None:
            try:
                name = self._by_place.get(plain_place(territory), "")
                found = ZoneInfo(name) if name else self._fallback
            except (ZoneInfoNotFoundError, ValueError):
                found = self._fallback
            self._known[territory] = found
        return found
