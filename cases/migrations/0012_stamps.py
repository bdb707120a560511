"""The directory's stamp also changes with these tables (agencies/migrations/0004_stamps.py)."""

from django.db import migrations

TABLES = ("cases_topic", "cases_topicgroup", "cases_territory", "cases_channel")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_words_stay"),
        ("agencies", "0004_stamps"),
    ]

    operations = [
        migrations.RunSQL(
            f"create trigger touch_stamp after insert or update or delete or truncate on {table}"
            " for each statement execute function agencies_touch_stamp('directory')",
            f"drop trigger touch_stamp on {table}",
        )
        for table in TABLES
    ]
