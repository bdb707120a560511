"""Authors are found by words of their names (cases.finding)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0049_undone_bulk_moves")]

    operations = [
        migrations.RunSQL(
            "create index citizen_words on cases_citizen using gin"
            " (to_tsvector('simple', regexp_replace(translate(name || ' ' || case when"
            " handle ~ '^(phone|anonymous):' then '' else handle end, 'Ёё', 'Ее'),"
            " '[!-/:-@[-`{-~]+', ' ', 'g')))",
            "drop index citizen_words",
        )
    ]
