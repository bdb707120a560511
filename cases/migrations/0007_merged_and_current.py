"""No loop of merges; risk and flag of cases whose last reply was returned or withdrawn follow
the reply that is current now (none, or the one published before)."""

from django.db import migrations, models

FOLLOW = """
update cases_case c
set risk = r.risk, flagged = coalesce(r.flagged, false), outcome = coalesce(r.outcome, '')
from cases_case me
left join lateral (
    select risk, flagged, outcome from cases_reply
    where case_id = me.id and state not in ('returned', 'withdrawn')
    order by version desc limit 1
) r on true
where me.id = c.id and c.status in ('in_work', 'rework')
    and (c.flagged or c.risk is not null)
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_wide_queue")]

    operations = [
        migrations.RunSQL(FOLLOW, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(
                        ("status", "merged"),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="case_merged_is_ended",
            ),
        ),
    ]
