"""The running number of cases: a sequence, so that two registrations never share one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "create sequence cases_case_number start 1", "drop sequence cases_case_number"
        ),
        # Search and filters live on these statistics: tsvector words, agencies, states.
        migrations.RunSQL(
            "alter table cases_case alter column search set statistics 1000",
            migrations.RunSQL.noop,
        ),
    ]
