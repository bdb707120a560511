"""Terms with a cutoff, terms that only warn; the administrators' view of cases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_case_numbers")]
    operations = [
        migrations.CreateModel(
            name="CaseState",
            fields=[],
            options={
                "verbose_name": "state of a case",
                "verbose_name_plural": "states of cases",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("cases.case",),
        ),
        migrations.AddField(
            model_name="deadlinerule",
            name="cutoff",
            field=models.CharField(
                blank=True,
                help_text="17:00: what arrives at or after it counts from the next working day.",
                max_length=5,
                verbose_name="cutoff of arrival",
            ),
        ),
        migrations.AddField(
            model_name="deadlinerule",
            name="warning_only",
            field=models.BooleanField(
                default=False,
                help_text="Never makes a case overdue.",
                verbose_name="warns only",
            ),
        ),
        # Rows loaded before the column existed; the file says so of this one only.
        migrations.RunSQL(
            "update cases_deadlinerule set warning_only = true where code = 'POS-TARGET'",
            migrations.RunSQL.noop,
        ),
    ]
