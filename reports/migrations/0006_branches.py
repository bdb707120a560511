from django.db import migrations, models

from reports import branches
from reports.counting import install
from reports.measures import NAMES

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))

# Sums of subtrees out of the counters of their agencies, what came out of the facts. The triggers
# are made first, for that holds back whoever would write facts until all is committed.
FILL = f"""
insert into reports_branch (agency_id, above_id) {branches.TREE};
insert into reports_agencycount (span, start, agency_id, {", ".join(NAMES)})
select c.span, c.start, {branches.branch_key("b.above_id")}, {", ".join(f"sum(c.{name})" for name in NAMES)}
from reports_agencycount c join reports_branch b on b.agency_id = c.agency_id group by 1, 2, 3;
insert into reports_durationcount (span, start, agency_id, duration, bucket, n)
select c.span, c.start, {branches.branch_key("b.above_id")}, c.duration, c.bucket, sum(c.n)
from reports_durationcount c join reports_branch b on b.agency_id = c.agency_id
group by 1, 2, 3, 4, 5 having sum(c.n) <> 0;
insert into reports_branchtopic (above_id, start, topic_id, territory_id, n)
select b.above_id, f.start, f.topic_id, f.territory_id, sum(f.n) from (
    select agency_id, date_trunc('month', day)::date as start, topic_id, territory_id, count(*) as n
    from reports_fact where kind = 1 group by 1, 2, 3, 4) f
join reports_branch b on b.agency_id = f.agency_id group by 1, 2, 3, 4;
insert into reports_branchmargin (above_id, start, side, key, n)
select above_id, start, 'topic', topic_id, sum(n) from reports_branchtopic group by 1, 2, 4
union all
select above_id, start, 'place', territory_id, sum(n) from reports_branchtopic group by 1, 2, 4;
"""
# As in the other direction: whoever would write facts waits until all is committed.
FORGET = """
lock table reports_fact in share row exclusive mode;
delete from reports_agencycount where agency_id < -1;
delete from reports_durationcount where agency_id < -1;
"""


def _install(apps, schema_editor):
    for statement in [*install(), *branches.install()]:
        schema_editor.execute(statement)


def _install_former(apps, schema_editor):
    for statement in [*branches.remove(), *install(with_branches=False)]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    # The tree of agencies has its last shape so far, and its own triggers.
    dependencies = [("reports", "0005_margins"), ("agencies", "0007_changes")]

    operations = [
        migrations.CreateModel(
            name="Branch",
            fields=[ID, ("agency_id", models.IntegerField()), ("above_id", models.IntegerField())],
            options={
                "indexes": [models.Index(fields=["above_id", "agency_id"], name="branch_above")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("agency_id"), models.F("above_id"), name="branch_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BranchTopic",
            fields=[
                ID,
                ("above_id", models.IntegerField()),
                ("start", models.DateField()),
                ("topic_id", models.IntegerField()),
                ("territory_id", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("above_id"), models.F("start"), models.F("topic_id"),
                        models.F("territory_id"), name="branch_topic_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BranchMargin",
            fields=[
                ID,
                ("above_id", models.IntegerField()),
                ("start", models.DateField()),
                ("side", models.CharField(choices=[("topic", "Topic"), ("place", "Place")], max_length=5)),
                ("key", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("above_id"), models.F("start"), models.F("side"), models.F("key"),
                        name="branch_margin_once",
                    )
                ],
            },
        ),
        migrations.RunPython(_install, _install_former),
        migrations.RunSQL(FILL, FORGET),
    ]
