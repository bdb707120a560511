"""From the rows of cases to facts: one statement for any number of cases, and their working time.

What a figure means is decided here. The days are local days of the region; a term that still runs
is never called late here, for that changes by itself: `metrics` counts it from the day after.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from agencies.models import Agency
from cases.calendar import calendar_stamp, work_calendar
from deadlines import CalendarGap, working_minutes_between
from reports.measures import Kind, Sign

VERSION = 2
"""Of this file's rules: another number, and the worker builds all facts anew."""

KEY = ("case_id", "kind", "item")
VALUES = (
    *("day", "agency_id", "topic_id", "territory_id", "regime"),
    *("signs", "minutes", "worked", "approval"),
)
COLUMNS = (*KEY, *VALUES)


def _bits(**conditions: str) -> str:
    """SQL of the signs: each name of `Sign` with its condition, never null."""
    parts = [
        f"case when {condition} then {int(Sign[name.upper()])} else 0 end"
        for name, condition in conditions.items()
    ]
    return " + ".join(parts) or "0"


def _day(moment: str) -> str:
    return f"({moment} at time zone %(zone)s)::date"


def _minutes(start: str, end: str) -> str:
    return f"greatest(0, floor(extract(epoch from {end} - {start}) / 60))::int"


_CASE = "c.agency_id, c.topic_id, c.territory_id, c.regime"
_NO_TIMES = "null::int, null::int"


def _fact(
    kind: Kind, day: str, signs: str, origin: str, *, item: str = "0", times: str = _NO_TIMES
) -> str:
    return (
        f"select c.id, {int(kind)}, {item}, {day}, {_CASE}, {signs}, {times},"
        " null::timestamptz, null::timestamptz"
        f" from {origin}"
    )


_PUBLISHED = "r.published_at is not null and r.state not in ('recalled', 'withdrawn')"
_SOLVABLE = "c.kind = 'solvable'"
# The term owed to the citizen: one missed rather than one kept, else the latest.
_TERM = """
c cross join lateral (
    select k.id, k.due_at, k.stopped_at is null as runs,
           coalesce(k.stopped_at > k.due_at, false) or coalesce(k.missed_at < k.due_at, false)
               or (k.stopped_at is not null and k.missed_at is not null) as late
    from cases_clock k
    where k.case_id = c.id and k.kind in ('total', 'reply') and not k.warning_only
        and k.code <> 'SN-PRIMARY'
    order by 4 desc, k.started_at desc, k.id desc limit 1
) k where c.status not in ('rejected', 'merged')
"""
_PUBLICATION = f"""
c join (
    select r.*, row_number() over (partition by r.case_id order by r.published_at, r.id) as nth
    from cases_reply r where r.case_id = any(%(ids)s) and {_PUBLISHED}
) r on r.case_id = c.id
left join lateral (
    select coalesce(k.missed_at, k.due_at) as due_at from cases_clock k
    where k.case_id = c.id and k.kind = 'executor' and k.started_at <= r.published_at
        and r.nth = 1
    order by k.started_at desc, k.id desc limit 1
) k on true
"""
_JUDGED = """
c join cases_reply r on r.case_id = c.id
join lateral (
    select min(v.created_at) as first_at, bool_or(v.returned) as returned,
           (array_agg(v.verdict order by v.created_at desc, v.id desc))[1] as verdict
    from cases_review v where v.reply_id = r.id having count(*) > 0
) v on true
"""

_SELECTS = (
    _fact(
        Kind.RECEIVED,
        _day("c.received_at"),
        _bits(repeat="c.repeat_of_id is not null", solvable=_SOLVABLE),
        "c",
    ),
    _fact(
        Kind.DUE,
        _day("k.due_at"),
        _bits(late="k.late", running="k.runs and not k.late"),
        _TERM,
        item="k.id",
    ),
    _fact(
        Kind.SENT,
        _day("r.submitted_at"),
        _bits(checked="r.risk is not null", flagged="r.flagged"),
        "c join cases_reply r on r.case_id = c.id and r.state <> 'withdrawn'",
        item="r.id",
    ),
    (
        f"select c.id, {int(Kind.REPLY)}, r.id, {_day('r.published_at')}, {_CASE}, "
        + _bits(
            solvable=_SOLVABLE,
            checked="r.risk is not null",
            flagged="r.flagged",
            first="r.nth = 1",
            timed="k.due_at is not null",
            in_time="r.published_at <= k.due_at",
            final="r.kind not in ('interim', 'planned')",
            photo="exists (select from cases_attachment a where a.reply_id = r.id"
            " and (a.media_type like 'image/%%' or a.media_type like 'video/%%'))",
            marked="exists (select from cases_mark m where m.reply_id = r.id)",
        )
        + f", case when r.nth = 1 then {_minutes('c.received_at', 'r.published_at')} end"
        f", {_minutes('r.submitted_at', 'r.published_at')}"
        ", case when r.nth = 1 then coalesce(c.assigned_at, c.received_at) end, r.published_at"
        f" from {_PUBLICATION}"
    ),
    _fact(
        Kind.CLOSED,
        _day("c.closed_at"),
        _bits(
            solvable=_SOLVABLE,
            solved="c.outcome = 'solved'",
            explained="c.outcome = 'explained'",
            postponed="c.outcome = 'postponed'",
        ),
        "c where c.status = 'closed' and c.closed_at is not null",
    ),
    _fact(
        Kind.REVIEW,
        _day("v.first_at"),
        _bits(
            checked="r.risk is not null",
            flagged="r.flagged",
            returned="v.returned",
            brush_off="v.verdict = 'brush_off'",
            remarks="v.verdict = 'remarks'",
            good="v.verdict = 'good'",
        ),
        _JUDGED,
        item="r.id",
    ),
    _fact(
        Kind.MARK,
        _day("m.at"),
        _bits(good="m.value >= 4"),
        "c join cases_mark m on m.case_id = c.id",
        item="m.id",
    ),
    _fact(
        Kind.PROMISE,
        "p.until_on",
        _bits(kept="p.state = 'kept'", broken="p.state = 'broken'", running="p.state = 'open'"),
        "c join cases_promise p on p.case_id = c.id and p.state <> 'moved'",
        item="p.id",
    ),
    _fact(
        Kind.OPEN,
        _day("c.received_at"),
        _bits(unassigned="c.executor_id is null"),
        "c where c.is_open",
    ),
    _fact(
        Kind.OPEN_DUE,
        _day("c.due_at"),
        _bits(unassigned="c.executor_id is null"),
        "c where c.is_open and c.due_at is not null",
    ),
)
# A case's values once; none of the wide columns.
_FACTS = (
    "with c as materialized (select id, kind, status, is_open, regime, outcome, executor_id,"
    " repeat_of_id, received_at, assigned_at, due_at, closed_at,"
    " coalesce(agency_id, 0)::int as agency_id, coalesce(topic_id, 0)::int as topic_id,"
    " coalesce(territory_id, 0)::int as territory_id"
    " from cases_case where id = any(%(ids)s)) " + " union all ".join(_SELECTS)
)
_TABLE = """
create temp table if not exists reports_fresh (
    case_id bigint, kind smallint, item bigint, day date, agency_id int, topic_id int,
    territory_id int, regime varchar(12), signs int, minutes int, approval int,
    started_at timestamptz, ended_at timestamptz, worked int
) on commit delete rows
"""
_FILL = (
    "insert into reports_fresh (case_id, kind, item, day, agency_id, topic_id, territory_id,"
    f" regime, signs, minutes, approval, started_at, ended_at) {_FACTS}"
)
_WORKED = f"""
update reports_fresh f set worked = v.worked, signs = f.signs | {int(Sign.WORKED)}
from unnest(%s::bigint[], %s::int[]) as v(item, worked)
where f.kind = {int(Kind.REPLY)} and f.item = v.item
"""


def region_zone() -> str:
    """The zone the days are counted in: that of the region itself."""
    region = Agency.objects.filter(kind=Agency.Kind.REGION).order_by("pk").first()
    return region.time_zone if region is not None else settings.TIME_ZONE


def compute(ids: Sequence[int], zone: str) -> None:
    """Put the facts of these cases, as they stand, into the passing table `reports_fresh`."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.execute("delete from reports_fresh")
        cursor.execute(_FILL, {"ids": list(ids), "zone": zone})
        cursor.execute(
            "select item, agency_id, started_at, ended_at from reports_fresh"
            " where started_at is not null and agency_id <> 0"
        )
        worked = _working_time(cursor.fetchall())
        if worked:
            cursor.execute(_WORKED, [list(worked), list(worked.values())])


def _working_time(rows: Sequence[tuple[int, int, datetime, datetime]]) -> dict[int, int]:
    """Reply -> working minutes by the calendar of the agency; unknown outside the calendar."""
    if not rows:
        return {}
    hours: dict[int, Any] = {
        pk: (calendar, ZoneInfo(zone))
        for pk, calendar, zone in Agency.objects.filter(
            pk__in={agency for _item, agency, _start, _end in rows}
        ).values_list("pk", "calendar_id", "time_zone")
    }
    stamp = calendar_stamp()
    found: dict[int, int] = {}
    for item, agency, start, end in rows:
        calendar, zone = hours[agency]
        try:
            minutes = working_minutes_between(
                start, end, calendar=work_calendar(calendar, stamp), zone=zone
            )
        except CalendarGap:
            continue
        found[item] = max(0, minutes)
    return found
