"""A number for each group of reference tables that changes with any of their rows.

The numbers come from a sequence, which no rollback sets back: a number once seen never
stands for other rows.
"""

from django.db import migrations, models

FUNCTION = """
create function agencies_touch_stamp() returns trigger language plpgsql as $$
begin
    insert into agencies_stamp (name, value) values (tg_argv[0], nextval('agencies_stamp_value'))
    on conflict (name) do update set value = excluded.value;
    return null;
end
$$
"""
TABLES = {
    "agencies_agency": "directory",
    "agencies_workingcalendar": "calendars",
    "agencies_calendarday": "calendars",
}
TRIGGER = (
    "create trigger touch_stamp after insert or update or delete or truncate on {table}"
    " for each statement execute function agencies_touch_stamp('{name}')"
)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_sessions_name_their_person")]

    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("value", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(
            "create sequence agencies_stamp_value", "drop sequence agencies_stamp_value"
        ),
        migrations.RunSQL(FUNCTION, "drop function agencies_touch_stamp()"),
        migrations.RunSQL(
            "insert into agencies_stamp (name, value)"
            " select name, nextval('agencies_stamp_value')"
            " from unnest(array['directory', 'calendars']) as name",
            migrations.RunSQL.noop,
        ),
        *[
            migrations.RunSQL(
                TRIGGER.format(table=table, name=name), f"drop trigger touch_stamp on {table}"
            )
            for table, name in TABLES.items()
        ],
    ]
