"""The directory's stamp also changes with reasons and routing rules (0012_stamps)."""

from django.db import migrations

TABLES = ("cases_reason", "cases_routingrule")


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_fill_reuse_index")]

    operations = [
        migrations.RunSQL(
            f"create trigger touch_stamp after insert or update or delete or truncate on {table}"
            " for each statement execute function agencies_touch_stamp('directory')",
            f"drop trigger touch_stamp on {table}",
        )
        for table in TABLES
    ]
