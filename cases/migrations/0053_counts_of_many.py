"""Counts of the tabs: cases made or deleted by one statement are noted together.

A row's trigger was called for each, also for those closed already, which change no count, and
noted each for itself: an import of ten thousand rows left twenty thousand notes to be added up.
Changes keep the row's trigger, whose condition lets few of them reach it.
"""

from importlib import import_module

from django.db import migrations

_ROWS = import_module("cases.migrations.0047_counts_of_tabs")


def _together(name: str, rows: str, sign: int) -> str:
    seen = ", ".join(f"{sign} * sum({fact})" for fact in ("n", "returned", "repeats", "controlled"))
    desk = ", ".join(f"{sign} * sum({fact})" for fact in ("arrivals", "disputes", "rejecting"))
    return f"""
create function {name}() returns trigger language plpgsql as $$
begin
    insert into cases_tabcount ({_ROWS._COLUMNS})
    select l.id, c.untaken, case when l.id = -1 then c.hour else 0 end, false, {seen}, {desk}
    from (
        select r.agency_id, r.executor_id is null as untaken, 1 as n,
            coalesce(floor(date_part('epoch', r.due_at) / 3600)::int, 2147483647) as hour,
            (r.status = 'rework')::int as returned, (r.repeat_of_id is not null)::int as repeats,
            (r.controlled_by_id is not null)::int as controlled,
            (r.status in ('received', 'moderation'))::int as arrivals,
            (r.status = 'redirect_asked')::int as disputes,
            (r.status = 'moderation' and r.rejection_by_id is not null)::int as rejecting
        from {rows} r where r.is_open
    ) as c cross join lateral (values (-1), (c.agency_id)) as l(id)
    where l.id is not null group by 1, 2, 3;
    return null;
end $$;
"""


_MAKE = f"""
drop trigger count_tabs_row on cases_case;
{_together("cases_count_tabs_made", "new_rows", 1)}
{_together("cases_count_tabs_gone", "old_rows", -1)}
create trigger count_tabs_made after insert on cases_case referencing new table as new_rows
    for each statement execute function cases_count_tabs_made();
create trigger count_tabs_gone after delete on cases_case referencing old table as old_rows
    for each statement execute function cases_count_tabs_gone();
"""
_BACK = """
drop trigger count_tabs_gone on cases_case;
drop trigger count_tabs_made on cases_case;
drop function cases_count_tabs_gone();
drop function cases_count_tabs_made();
create trigger count_tabs_row after insert or delete on cases_case
    for each row execute function cases_count_tabs();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0052_unread_indexes")]
    operations = [migrations.RunSQL(_MAKE, _BACK)]
