"""R8, R9: promises by day, personal control."""

from django.utils.translation import gettext_lazy as _

from agencies.roles import Right
from reports.content import Row
from reports.definitions import Report, Table
from reports.figures import sums_of_periods
from reports.frame import Frame, has
from reports.made.agencies import class_of, in_classes
from reports.measures import Kind, Sign
from reports.periods import DAY, Period

_MOST = 1000


def promise_days(frame: Frame) -> list[Row]:
    names = ("promises", "promises_kept", "promises_broken", "promises_running")
    first, last = frame.period.first, frame.period.last
    days = [Period(first + DAY * n, first + DAY * n) for n in range((last - first).days + 1)]
    # Days ahead count as well: what is promised for them is awaited.
    counted = sums_of_periods(frame.scope, days, names, last + DAY)
    return [
        [day.first.isoformat(), *(values[name] for name in names)]
        for day, values in zip(days, counted, strict=True)
        if values["promises"]
    ]


def promise_agencies(frame: Frame) -> list[Row]:
    found = {
        agency: list(counts)
        for agency, *counts in frame.facts(
            f"f.agency_id, count(*), count(*) filter (where {has(Sign.KEPT)}),"
            f" count(*) filter (where {has(Sign.BROKEN)}),"
            f" count(*) filter (where {has(Sign.RUNNING)})",
            Kind.PROMISE,
            tail="group by 1",
        )
    }
    order: dict[int, tuple[object, ...]] = {pk: (-counts[2],) for pk, counts in found.items()}
    return [
        [
            class_of(frame.directory.agencies[pk]), pk, *found[pk],
            [found[pk][1], found[pk][1] + found[pk][2]],
        ]
        for pk in in_classes(frame, found, order)
    ]  # fmt: skip


def awaited_rows(frame: Frame) -> list[Row]:
    """Promises of the period nobody has reported on, those past their day first."""
    return [
        [day.isoformat(), number, agency or None, topic or None, int(day < frame.today), moves]
        for day, number, agency, topic, moves in frame.facts(
            "f.day, c.number, f.agency_id, f.topic_id, c.postponements",
            Kind.PROMISE,
            "join cases_case c on c.id = f.case_id",
            where=has(Sign.RUNNING),
            tail=f"order by f.day, f.item limit {_MOST}",
        )
    ]


R8 = Report(
    "r8",
    _("Calendar of promises"),
    _("What was promised for each day, kept, broken, still awaited."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(("broken_promises",)),
        ),
        Table(
            "days", _("By day"), ("day", "promised", "kept", "broken", "awaited"), promise_days,
            first=400,
        ),
        Table(
            "agencies", _("Agencies"),
            ("class", "agency", "promised", "kept", "broken", "awaited", "kept_share"),
            promise_agencies,
        ),
        Table(
            "awaited", _("Awaited"),
            ("day", "case", "agency", "topic", "is_late", "moves"), awaited_rows,
        ),
    ),
    right=Right.VIEW_CASES,
    now=True,
)  # fmt: skip


def control_rows(frame: Frame, most: int = _MOST) -> list[Row]:
    """Running controls: the nearest day first, those without one behind."""
    return [
        [
            number, agency, topic, status, since.isoformat(), until and until.isoformat(),
            int(until is not None and until < frame.today), int(bool(proposed)),
        ]
        for number, agency, topic, status, since, until, proposed in frame.ask(
            "select c.number, c.agency_id, c.topic_id, c.status,"
            " (k.set_at at time zone %(zone)s)::date, k.until_on, k.proposed_at is not null"
            " from cases_control k join cases_case c on c.id = k.case_id"
            f" where k.lifted_at is null{frame.within('c.agency_id')}"
            f" order by k.until_on nulls last, k.id limit {most}"
        )
    ]  # fmt: skip


def lifted_rows(frame: Frame) -> list[Row]:
    return [
        [number, agency, topic, status, since.isoformat(), day.isoformat()]
        for number, agency, topic, status, since, day in frame.ask(
            "select c.number, c.agency_id, c.topic_id, c.status,"
            " (k.set_at at time zone %(zone)s)::date, (k.lifted_at at time zone %(zone)s)::date"
            " from cases_control k join cases_case c on c.id = k.case_id"
            " where k.lifted_at >= (%(first)s::timestamp at time zone %(zone)s)"
            " and k.lifted_at < ((%(last)s::date + 1)::timestamp at time zone %(zone)s)"
            f"{frame.within('c.agency_id')} order by k.lifted_at, k.id limit {_MOST}"
        )
    ]


CONTROL = ("case", "agency", "topic", "status", "since", "until", "is_late", "proposed")
R9 = Report(
    "r9",
    _("Personal control"),
    _("Cases under personal control now, and those it was lifted from in the period."),
    (
        Table("running", _("Under control"), CONTROL, control_rows),
        Table(
            "lifted", _("Lifted in the period"),
            ("case", "agency", "topic", "status", "since", "lifted_on"), lifted_rows,
        ),
    ),
    right=Right.CONTROL_CASES,
    now=True,
)  # fmt: skip
