"""Kept counts of open cases: how they are added up, made anew and compared with the rows.

`cases.counts` reads them. Whatever changes a case, the trigger of `TabCount` notes by how much the
counts change, in the same transaction: any snapshot of the database holds cases and counts that
agree.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from cases.models_tabs import LONG_PAST, NOT_DUE, TOTAL

HOUR = 3600
# No tab asks for a moment before the start of today in any zone: older hours are one.
_ASKED_FOR = timedelta(days=2)
_LOCK = 0x74616273  # "tabs"
_SUMS = ("n", "returned", "repeats", "controlled", "arrivals", "disputes", "rejecting")
_COLUMNS = ", ".join(_SUMS)
_ADDED = ", ".join(f"sum({name}) as {name}" for name in _SUMS)
_ANY = " or ".join(f"sum({name}) <> 0" for name in _SUMS)
_PLACE = f"case when hour < %(past)s then {LONG_PAST} else hour end"
_FOLD = f"""
with place as (
    select distinct agency_id, untaken, {_PLACE} as hour from cases_tabcount
    where not folded
        or (agency_id = {TOTAL} and hour > {LONG_PAST} and hour < %(past)s)
), gone as (
    delete from cases_tabcount t using place p
    where t.agency_id = p.agency_id and t.untaken = p.untaken
        and case when t.hour < %(past)s then {LONG_PAST} else t.hour end = p.hour
    returning t.*
), added as (
    insert into cases_tabcount (agency_id, untaken, hour, folded, {_COLUMNS})
    select agency_id, untaken, {_PLACE}, true, {_ADDED} from gone group by 1, 2, 3 having {_ANY}
)
select count(*) from gone where not folded
"""
# What the rows of cases say, in the form of the kept counts.
_COUNTED = f"""
select l.id as agency_id, c.executor_id is null as untaken,
    case when l.id <> {TOTAL} or c.due_at < to_timestamp(%(past)s::bigint * {HOUR}) then {LONG_PAST}
        else coalesce(floor(date_part('epoch', c.due_at) / {HOUR})::int, {NOT_DUE}) end as hour,
    count(*) as n, count(*) filter (where c.status = 'rework') as returned,
    count(c.repeat_of_id) as repeats, count(c.controlled_by_id) as controlled,
    count(*) filter (where c.status in ('received', 'moderation')) as arrivals,
    count(*) filter (where c.status = 'redirect_asked') as disputes,
    count(*) filter (where c.status = 'moderation' and c.rejection_by_id is not null) as rejecting
from cases_case c cross join lateral (values ({TOTAL}), (c.agency_id)) as l(id)
where c.is_open and l.id is not null group by 1, 2, 3
"""
_KEPT = (
    f"select agency_id, untaken, {_PLACE} as hour, {_ADDED} from cases_tabcount"
    f" group by 1, 2, 3 having {_ANY}"
)
_SAME = " and ".join(f"kept.{name} = counted.{name}" for name in _SUMS)
_COMPARE = f"""
select count(*) from ({_KEPT}) kept
full join ({_COUNTED}) counted using (agency_id, untaken, hour) where ({_SAME}) is not true
"""
_ANEW = f"""
insert into cases_tabcount (agency_id, untaken, hour, folded, {_COLUMNS})
select agency_id, untaken, hour, true, {_COLUMNS} from ({_COUNTED}) counted
order by agency_id, hour
"""


def hour_of(moment: datetime) -> int:
    """As the trigger counts them: whole hours since 1970."""
    return int(moment.timestamp() // HOUR)


def _past() -> dict[str, int]:
    return {"past": hour_of(timezone.now() - _ASKED_FOR)}


@transaction.atomic
def fold() -> int:
    """Add up what moves have noted since the last time; how many notes there were.

    Nobody waits for it and it waits for nobody: what is noted meanwhile stays for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, _past())
        noted: int = cursor.fetchone()[0]
    return noted


def differences() -> int:
    """Kept counts that are not what the rows say, in one look at both."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, _past())
        wrong: int = cursor.fetchone()[0]
    return wrong


@transaction.atomic
def recount() -> None:
    """All counts anew from the rows. Changes of cases wait so long (measured: docs/lists.md)."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("lock table cases_case in share mode")
        cursor.execute("delete from cases_tabcount")
        cursor.execute(_ANEW, _past())
