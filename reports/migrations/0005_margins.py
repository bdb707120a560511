from django.db import migrations, models

from reports.counting import install

# From the counters there are, not from the facts: seconds. The triggers are made first, for that
# holds back whoever would write facts until all is committed.
FILL = """
insert into reports_margincount (span, start, side, key, n)
select span, start, 'topic', topic_id, sum(received) from reports_topiccount
group by span, start, topic_id having sum(received) <> 0
union all
select span, start, 'place', territory_id, sum(received) from reports_topiccount
group by span, start, territory_id having sum(received) <> 0
"""

# The order of the league and its lines ask for these two alone, of many days: the index tells.
# They change with verdicts only, so other counting keeps changing rows without their indexes.
JUDGED = """
drop index agency_count_once;
create unique index agency_count_once on reports_agencycount (span, agency_id, start)
    include (brush_offs, reviewed)
"""
NOT_JUDGED = """
drop index agency_count_once;
create unique index agency_count_once on reports_agencycount (span, agency_id, start)
"""


def _install(apps, schema_editor):
    for statement in install(with_branches=False):
        schema_editor.execute(statement)


def _install_former(apps, schema_editor):
    for statement in install(with_margins=False, with_branches=False):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_digest")]

    operations = [
        migrations.CreateModel(
            name="MarginCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("span", models.CharField(choices=[("d", "Day"), ("m", "Month")], max_length=1)),
                ("start", models.DateField()),
                ("side", models.CharField(choices=[("topic", "Topic"), ("place", "Place")], max_length=5)),
                ("key", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(models.F("span"), models.F("start"), models.F("side"), models.F("key"), name="margin_count_once")],
            },
        ),
        migrations.RunPython(_install, _install_former),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # The columns are there since 0001 (`reports.counting.columns`); Django learns of these two.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(JUDGED, NOT_JUDGED)],
            [
                migrations.AddField("agencycount", "brush_offs", models.IntegerField(db_default=0)),
                migrations.AddField("agencycount", "reviewed", models.IntegerField(db_default=0)),
                migrations.RemoveConstraint("agencycount", "agency_count_once"),
                migrations.AddConstraint(
                    "agencycount",
                    models.UniqueConstraint(
                        fields=["span", "agency_id", "start"],
                        include=["brush_offs", "reviewed"],
                        name="agency_count_once",
                    ),
                ),
            ],
        ),
    ]
