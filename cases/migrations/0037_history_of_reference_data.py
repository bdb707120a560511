"""History of topics, routing, rules, templates and the other reference data (agencies.changes)."""

from django.db import migrations

from agencies.changes import watch

TABLES = (
    *("cases_territory", "cases_topicgroup", "cases_topic", "cases_routingrule"),
    *("cases_deadlinerule", "cases_ladderstep", "cases_qualitysetting", "cases_weightproposal"),
    *("cases_workflowsetting", "cases_reason", "cases_channel", "cases_replytemplate"),
    *("cases_massevent",),
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0036_saved_views"), ("agencies", "0007_changes")]

    operations = [
        migrations.RunSQL(watch(table), f"drop trigger note_change on {table}") for table in TABLES
    ]
