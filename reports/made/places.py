"""R6, R7, R13, R15: topics by territories, spikes and mass events, decisions, what there is."""

from django.utils.translation import gettext_lazy as _

from agencies.roles import Right
from reports.content import Row
from reports.definitions import Report, Table
from reports.frame import Frame
from reports.measures import Kind
from reports.spikes import Spike, spikes


def heat_rows(frame: Frame) -> list[Row]:
    """Topic, territory, cases, and cases with residents, from which comes the rate."""
    places = frame.directory.territories
    found = [
        [topic, place, counts[0], [counts[0], places[place].population]]
        for (topic, place), counts in frame.topics("received", [frame.period]).items()
        if topic in frame.directory.topics and place in places
    ]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


def place_rows(frame: Frame) -> list[Row]:
    places = frame.directory.territories
    totals: dict[int, list[int]] = {}
    for (_topic, place), counts in frame.topics("received", [frame.previous, frame.period]).items():
        if place in places:
            known = totals.setdefault(place, [0, 0])
            totals[place] = [known[0] + counts[0], known[1] + counts[1]]
    return [
        [place, now, before, [now, places[place].population]]
        for place, (before, now) in sorted(totals.items(), key=lambda row: (-row[1][1], row[0]))
    ]


R6 = Report(
    "r6",
    _("Topics by territories"),
    _("Messages per 1,000 residents, every topic and territory."),
    (
        Table(
            "heat", _("Topics by territories"), ("topic", "territory", "arrived", "rate"),
            heat_rows, matrix=True,
        ),
        Table(
            "places", _("Territories"), ("territory", "arrived", "arrived_before", "rate"),
            place_rows,
        ),
    ),
    background=True,
)  # fmt: skip


def _found(frame: Frame) -> list[Spike]:
    """The alarms of the period as the page of spikes has them; of agencies, by their own counts."""
    last = min(frame.period.last, frame.today)
    return spikes(frame.period.first, last, frame.scope.ids)


def _above(count: int, middle: float) -> Row:
    """[count, 10 × usual, 10 × times]"""
    return [count, round(10 * middle), round(10 * count / middle) if middle else None]


def spike_rows(frame: Frame) -> list[Row]:
    """[first, last, topic, territory, highest day, its count, 10 × usual, 10 × times]; a spike
    that began before the period from its own first day. The largest first."""
    rows = [
        [
            *(one.first.isoformat(), one.last.isoformat(), one.topic, one.territory),
            *(one.highest.isoformat(), *_above(one.count, one.bound.middle)),
        ]
        for one in _found(frame)
    ]
    return sorted(rows, key=lambda row: (-row[5], row[0], row[2], row[3]))


def day_rows(frame: Frame) -> list[Row]:
    """[day, topic, territory, count, 10 × usual, 10 × times]: every day of the period above its
    bound."""
    rows = [
        [day.isoformat(), one.topic, one.territory, *_above(count, bound.middle)]
        for one in _found(frame)
        for day, count, bound in one.above
        if day >= frame.period.first
    ]
    return sorted(rows, key=lambda row: (row[0], -row[3], row[1], row[2]))


def event_rows(frame: Frame) -> list[Row]:
    """Mass events of the period with their cases of the scope."""
    return [
        [event, total, open_, answered, since.isoformat(), until and until.isoformat(), decided]
        for event, total, open_, answered, since, until, decided in frame.ask(
            "select e.id, count(c.id), count(c.id) filter (where c.is_open),"
            " count(c.id) filter (where c.answered_at is not null), e.starts_on, e.ends_on,"
            " (e.decision <> '')::int"
            " from cases_massevent e join cases_case c on c.event_id = e.id"
            " where e.starts_on <= %(last)s and coalesce(e.ends_on >= %(first)s, true)"
            f"{frame.within('c.agency_id')} group by e.id order by 2 desc, 1"
        )
    ]


SPIKES = ("since", "until", "topic", "territory", "day", "arrived", "usual", "deviates")
_EVENTS = ("event", "members", "open", "answered", "since", "until", "decided")
R7 = Report(
    "r7",
    _("Spikes and mass events"),
    _("Days far above their usual; mass events with their decisions."),
    (
        Table(
            "spikes", _("Spikes"), SPIKES, spike_rows,
            note=_("The alarms of the page of spikes, each with its highest day. Usual: the median"
                   " of the same weekday over the eight weeks before."),
        ),
        Table(
            "days", _("Spikes by day"),
            ("day", "topic", "territory", "arrived", "usual", "deviates"), day_rows,
        ),
        Table(
            "weeks", _("Spikes of the last seven days"),
            ("topic", "territory", "arrived", "usual", "deviates"), lambda frame: [], retired=True,
        ),
        Table("events", _("Mass events"), _EVENTS, event_rows),
    ),
    usual="week",
    now=True,
    edition=2,
)  # fmt: skip


def decision_rows(frame: Frame) -> list[Row]:
    """By topic and territory: closed in the period, solved, in events with a decision."""
    decided = {
        (topic or 0, place or 0): count
        for topic, place, count in frame.facts(
            "f.topic_id, f.territory_id, count(*)",
            Kind.CLOSED,
            "join cases_case c on c.id = f.case_id join cases_massevent e on e.id = c.event_id",
            where="e.decision <> ''",
            tail="group by 1, 2",
        )
    }
    closed = frame.topics("closed", [frame.period])
    solved = frame.topics("solved", [frame.period])
    rows = [
        [
            topic,
            place,
            counts[0],
            solved.get((topic, place), [0])[0],
            decided.get((topic, place), 0),
        ]
        for (topic, place), counts in closed.items()
        if topic
    ]
    kept = [row for row in rows if row[3] or row[4]]
    return sorted(kept, key=lambda row: (-row[3], -row[4], row[0], row[1]))


def decided_events(frame: Frame) -> list[Row]:
    return [row for row in event_rows(frame) if row[6]]


R13 = Report(
    "r13",
    _("Decisions on signals of residents"),
    _("What was solved, by topic and territory: the ground the digest is written on."),
    (
        Table("events", _("Events with a decision"), _EVENTS, decided_events),
        Table(
            "places", _("Solved"), ("topic", "territory", "closed", "solved", "in_events"),
            decision_rows,
        ),
    ),
)  # fmt: skip


def stock_rows(frame: Frame) -> list[Row]:
    return [
        [regime, status, count]
        for regime, status, count in frame.facts(
            "c.regime, c.status, count(*)",
            Kind.RECEIVED,
            "join cases_case c on c.id = f.case_id",
            tail="group by 1, 2 order by 1, 2",
        )
    ]


R15 = Report(
    "r15",
    _("Export in 47 columns"),
    _("How many cases of the period the table holds; the table itself is made on its own page."),
    (Table("stock", _("Cases of the period"), ("regime", "status", "count"), stock_rows),),
    right=Right.VIEW_CASES,
    now=True,
)
