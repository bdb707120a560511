"""R10, R11: the form on appeals by 59-FZ, the targets of the feedback platform."""

from django.utils.translation import gettext_lazy as _

from cases.workflow import Regime
from reports.content import Row
from reports.definitions import Report, Table
from reports.frame import Frame, has
from reports.made.agencies import class_of, in_classes
from reports.measures import Kind, Sign

_LAW = f"f.regime = '{Regime.LAW59.value}'"
# Line of the form -> SQL condition on the appeal `a`, its case `c`, its author `z`.
LINES: dict[str, str] = {
    "received_law": "true",
    "registered_in_time": (
        "(a.registered_at at time zone %(zone)s)::date"
        " <= (a.received_at at time zone %(zone)s)::date + 3"
    ),
    "supported": "a.result in ('supported', 'measures')",
    "measures": "a.result = 'measures'",
    "explained": "a.result = 'explained'",
    "not_supported": "a.result = 'not_supported'",
    "redirected": "a.result = 'redirected' or a.redirected_to <> ''",
    "extended": "a.extended_until is not null",
    "short_notice": "a.short_notice_at is not null",
    "ceased": "a.ceased_notice_at is not null",
    "law_late": (
        "exists (select from reports_fact d where d.case_id = c.id"
        f" and d.kind = {int(Kind.DUE)} and ({has(Sign.LATE, 'd')}"
        f" or {has(Sign.RUNNING, 'd')} and d.day < %(today)s))"
    ),
    "repeat": has(Sign.REPEAT),
    "collective": "z.kind = 'collective'",
    "in_work": "c.is_open",
}
_COUNTS = ", ".join(f"count(*) filter (where {condition})" for condition in LINES.values())
_JOINS = (
    "join cases_case c on c.id = f.case_id join cases_appeal a on a.case_id = c.id"
    " join cases_citizen z on z.id = c.citizen_id"
)


def form_rows(frame: Frame) -> list[Row]:
    """The appeals received in the period, and what became of them."""
    (counts,) = frame.facts(_COUNTS, Kind.RECEIVED, _JOINS, where=_LAW)
    total = counts[0]
    return [[line, count, [count, total]] for line, count in zip(LINES, counts, strict=True)]


_SHOWN = (
    *("received_law", "registered_in_time", "supported", "measures", "explained"),
    *("not_supported", "redirected", "law_late", "repeat", "collective"),
)


def form_agencies(frame: Frame) -> list[Row]:
    names = tuple(LINES)
    found = {
        agency: dict(zip(names, counts, strict=True))
        for agency, *counts in frame.facts(
            f"f.agency_id, {_COUNTS}", Kind.RECEIVED, _JOINS, where=_LAW, tail="group by 1"
        )
    }
    order: dict[int, tuple[object, ...]] = {
        pk: (-counts["received_law"],) for pk, counts in found.items()
    }
    return [
        [class_of(frame.directory.agencies[pk]), pk, *(found[pk][name] for name in _SHOWN)]
        for pk in in_classes(frame, found, order)
    ]


R10 = Report(
    "r10",
    _("Appeals by 59-FZ"),
    _("The monthly form: results, terms, repeated and collective appeals."),
    (
        Table(
            "form", _("Form"), ("line", "count", "share"), form_rows,
            note=_(
                "Appeals received in the period as they stand now. An appeal may stand in several"
                " rows."
            ),
        ),
        Table("agencies", _("Agencies"), ("class", "agency", *_SHOWN), form_agencies),
    ),
    now=True,
)  # fmt: skip


_POS = f"f.regime = '{Regime.POS.value}'"
EIGHT_DAYS = 8 * 24 * 60
_REPLIES = (
    f"count(*), count(*) filter (where f.minutes <= {EIGHT_DAYS}),"
    " count(*) filter (where c.fast_track),"
    f" count(*) filter (where c.fast_track and f.minutes <= {10 * 24 * 60}),"
    f" count(*) filter (where f.minutes <= {30 * 24 * 60})"
)
_MARKS = f"count(*), count(*) filter (where {has(Sign.GOOD)})"


def _pos(
    frame: Frame, select: str, kind: Kind, more: str = "", **given: str
) -> list[tuple[int, ...]]:
    where = " and ".join(filter(None, (_POS, more)))
    return frame.facts(select, kind, "join cases_case c on c.id = f.case_id", where=where, **given)  # type: ignore[arg-type]


def target_rows(frame: Frame) -> list[Row]:
    """[line, how many, [kept, of], goal in percent or None]"""
    (replies,) = _pos(frame, _REPLIES, Kind.REPLY, has(Sign.FIRST))
    (marks,) = _pos(frame, _MARKS, Kind.MARK)
    total, eight, fast, fast_kept, thirty = replies
    return [
        ["pos_8_days", eight, [eight, total], None],
        ["pos_satisfied", marks[1], [marks[1], marks[0]], 60],
        ["pos_fast", fast_kept, [fast_kept, fast], 100],
        ["pos_30_days", thirty, [thirty, total], 100],
    ]


def points(eight: int, replies: int, good: int, marks: int) -> int | None:
    """Tenths of a point of 100: half for eight days, half for marks (60 % is the full half).

    Without marks the term alone is weighed, without replies nothing is.
    """
    if not replies:
        return None
    speed = eight / replies
    if not marks:
        return round(1000 * speed)
    return round(1000 * (speed + min(1.0, good / marks / 0.6)) / 2)


def target_agencies(frame: Frame) -> list[Row]:
    replies = {
        pk: counts
        for pk, *counts in _pos(
            frame, f"f.agency_id, {_REPLIES}", Kind.REPLY, has(Sign.FIRST), tail="group by 1"
        )
    }
    marks = {
        pk: counts
        for pk, *counts in _pos(frame, f"f.agency_id, {_MARKS}", Kind.MARK, tail="group by 1")
    }
    rows: list[Row] = []
    order: dict[int, tuple[object, ...]] = {pk: (-counts[0],) for pk, counts in replies.items()}
    for pk in in_classes(frame, replies, order):
        total, eight, *_rest = replies[pk]
        given, good = marks.get(pk, [0, 0])
        rows.append(
            [
                class_of(frame.directory.agencies[pk]), pk, total, [eight, total], [good, given],
                points(eight, total, good, given),
            ]
        )  # fmt: skip
    return rows


def pos_notes(frame: Frame) -> list[str]:
    ((marks, _good),) = _pos(frame, _MARKS, Kind.MARK)
    return [] if marks else ["no_marks_pos"]


R11 = Report(
    "r11",
    _("Targets of the feedback platform"),
    _("First replies within 8 days, 60 % of good marks, the fast track."),
    (
        Table("targets", _("Targets"), ("target", "count", "share", "goal"), target_rows),
        Table(
            "agencies", _("Agencies"),
            ("class", "agency", "replies", "in_8_days", "satisfied", "score"), target_agencies,
            note=_(
                "Points: half for 8 days, half for marks (60 % and more is the full half); without"
                " marks the term alone."
            ),
        ),
    ),
    notes=pos_notes,
)  # fmt: skip
