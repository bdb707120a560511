"""R1: the weekly slice for the governor, two pages."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from reports.content import Row, scaled
from reports.definitions import Report, Table
from reports.figures import sums_of_periods
from reports.frame import Frame
from reports.made.agencies import no_marks
from reports.made.places import _EVENTS, SPIKES, event_rows, spike_rows
from reports.made.registers import CONTROL, control_rows
from reports.periods import DAY, Period

NUMBERS = (
    *("received", "overdue_share", "reply_time", "brush_off_share", "repeat_share"),
    *("satisfaction", "solved_share", "broken_promises"),
)
AGENCIES = (
    *("received", "overdue_share", "reply_time", "brush_off_share", "repeat_share"),
    "satisfaction",
)
_TOPICS, _PLACES, _LEAGUE, _EVENTS_SHOWN, _CONTROL = 8, 5, 10, 4, 6


def topic_rows(frame: Frame) -> list[Row]:
    """[topic, now, before, where most, each of twelve periods]; the largest first."""
    runs = frame.period.run(12)
    topics: dict[int, list[int]] = {}
    places: dict[int, list[list[int]]] = {}
    for (topic, place), counts in frame.topics("received", runs).items():
        if topic not in frame.directory.topics:
            continue
        known = topics.setdefault(topic, [0] * 12)
        topics[topic] = [a + b for a, b in zip(known, counts, strict=True)]
        if counts[-1] and place in frame.directory.territories:
            places.setdefault(topic, []).append([place, counts[-1]])
    largest = sorted(topics, key=lambda pk: (-topics[pk][-1], pk))[:_TOPICS]
    return [
        [
            pk, topics[pk][-1], topics[pk][-2],
            sorted(places.get(pk, []), key=lambda row: (-row[1], row[0]))[:_PLACES],
            topics[pk],
        ]
        for pk in largest
        if topics[pk][-1]
    ]  # fmt: skip


def day_rows(frame: Frame) -> list[Row]:
    """[day, received, received on the day a period earlier]"""
    period, before = frame.period, frame.previous
    count = min(period.days, 31)
    days = [Period(period.first + n * DAY, period.first + n * DAY) for n in range(count)]
    earlier = [Period(before.first + n * DAY, before.first + n * DAY) for n in range(count)]
    counted = sums_of_periods(frame.scope, [*days, *earlier], ["received"], frame.today)
    return [
        [day.first.isoformat(), counted[n]["received"], counted[count + n]["received"]]
        for n, day in enumerate(days)
    ]


def agency_rows(frame: Frame) -> list[Row]:
    """The agencies with most messages, the largest share of brush-offs last as in the league."""
    found = frame.agencies(AGENCIES)
    largest = sorted(found, key=lambda pk: (-found[pk]["received"].numerator, pk))[:_LEAGUE]

    def place(pk: int) -> tuple[object, ...]:
        share = found[pk]["brush_off_share"]
        return (not share.enough, share.value or 0.0, frame.agency_key(pk))

    return [
        [pk, *(scaled(found[pk][code]) for code in AGENCIES)]
        for pk in sorted(largest, key=place)
        if found[pk]["received"].numerator
    ]


def promise_rows(frame: Frame) -> list[Row]:
    """[line, promised, kept, broken, awaited]: of the period, and of the seven days after it."""
    names = ("promises", "promises_kept", "promises_broken", "promises_running")
    after = Period(frame.period.last + DAY, frame.period.last + timedelta(days=7))
    counted = sums_of_periods(frame.scope, [frame.period, after], names, after.last + DAY)
    return [
        [line, *(values[name] for name in names)]
        for line, values in zip(("promises_period", "promises_next"), counted, strict=True)
    ]


R1 = Report(
    "r1",
    _("Weekly slice for the governor"),
    _("What residents write about, how agencies answer, what is to be decided: two pages."),
    (
        Table(
            "numbers", _("Main numbers"), ("metric", "value", "before"),
            lambda frame: frame.pairs(NUMBERS),
        ),
        Table(
            "topics", _("What they write about"),
            ("topic", "arrived", "arrived_before", "where", "weeks"), topic_rows,
        ),
        Table(
            "spikes", _("Spikes"), SPIKES, lambda frame: spike_rows(frame)[:_EVENTS_SHOWN],
            note=_("Above what the eight weeks before let expect."),
        ),
        Table("days", _("Messages by day"), ("day", "arrived", "arrived_before"), day_rows),
        Table(
            "events", _("Mass events and decisions"), _EVENTS,
            lambda frame: event_rows(frame)[:_EVENTS_SHOWN],
        ),
        Table("agencies", _("Agencies"), ("agency", *AGENCIES), agency_rows),
        Table(
            "promises", _("Promises"), ("line", "promised", "kept", "broken", "awaited"),
            promise_rows,
        ),
        Table(
            "control", _("Personal control"), CONTROL,
            lambda frame: control_rows(frame, most=_CONTROL),
        ),
    ),
    usual="week",
    now=True,
    edition=2,
    notes=no_marks,
)  # fmt: skip
