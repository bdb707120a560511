"""Pairs of each agency, counted as they change: a page must not count all of them."""

from django.db import migrations, models

_DELTA = """
    insert into cases_repeattally as t (agency_id, counted, found, refused)
    select p.agency_id, sum(p.s * p.counts::int), sum(p.s * (p.state = 'found')::int),
        sum(p.s * (p.state = 'refused')::int)
    from ({source}) as p where p.agency_id is not null
    group by 1 order by 1
    on conflict (agency_id) do update set counted = t.counted + excluded.counted,
        found = t.found + excluded.found, refused = t.refused + excluded.refused;
"""
_SOURCES = {
    "insert": "select 1 as s, n.* from new_rows n",
    "delete": "select -1 as s, o.* from old_rows o",
    "update": "select 1 as s, n.* from new_rows n union all select -1, o.* from old_rows o",
}
_REFERENCING = {
    "insert": "new table as new_rows",
    "delete": "old table as old_rows",
    "update": "old table as old_rows new table as new_rows",
}
# In the transaction of the triggers, which lets nobody write pairs meanwhile: all or nothing.
TRIGGERS = "".join(
    f"create function cases_repeat_{event}() returns trigger language plpgsql as $$ begin"
    f"{_DELTA.format(source=source)} return null; end $$;\n"
    f"create trigger repeat_tally_{event} after {event} on cases_repeatpair"
    f" referencing {_REFERENCING[event]} for each statement"
    f" execute function cases_repeat_{event}();\n"
    for event, source in _SOURCES.items()
) + _DELTA.format(source="select 1 as s, r.* from cases_repeatpair r")
DROP = "".join(
    f"drop trigger repeat_tally_{event} on cases_repeatpair;"
    f" drop function cases_repeat_{event}();"
    for event in _SOURCES
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0047_counts_of_tabs")]

    operations = [
        migrations.CreateModel(
            name="RepeatTally",
            fields=[
                ("agency_id", models.IntegerField(primary_key=True, serialize=False)),
                ("counted", models.IntegerField(default=0)),
                ("found", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(TRIGGERS, DROP),
    ]
