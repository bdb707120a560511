"""The deadline rules have a stamp of their own (agencies/migrations/0004_stamps.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_keys_unchecked")]

    operations = [
        migrations.RunSQL(
            "insert into agencies_stamp (name, value)"
            " values ('rules', nextval('agencies_stamp_value')) on conflict (name) do nothing",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "create trigger touch_stamp after insert or update or delete or truncate"
            " on cases_deadlinerule for each statement"
            " execute function agencies_touch_stamp('rules')",
            "drop trigger touch_stamp on cases_deadlinerule",
        ),
    ]
