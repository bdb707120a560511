"""Indexes every write paid for and nobody read.

The first column of an index that a constraint has anyway, or one asked for by nobody
(pg_stat_user_indexes of the bench: no scan). Not by AlterField in the database: it would make the
foreign keys anew, each with a look at all rows. The price: removing a person or an agency, which
the portal does not offer where anything hangs on it, looks through all replies.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_STATE = [
    migrations.AlterField(
        model_name="assignment",
        name="agency",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="agencies.agency",
        ),
    ),
    migrations.AlterField(
        model_name="citizen",
        name="channel",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            to="cases.channel",
            verbose_name="channel",
        ),
    ),
    migrations.AlterField(
        model_name="draft",
        name="case",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="drafts",
            to="cases.case",
        ),
    ),
    migrations.AlterField(
        model_name="idempotencykey",
        name="user",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="+",
            to=settings.AUTH_USER_MODEL,
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="agency",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="agencies.agency",
            verbose_name="agency",
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="case",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="replies",
            to="cases.case",
        ),
    ),
    migrations.AlterField(
        model_name="reply",
        name="published_by",
        field=models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to=settings.AUTH_USER_MODEL,
        ),
    ),
]

# Index -> (table, columns); the last one is Django's for LIKE, with which no number is asked for.
_INDEXES = {
    "cases_assignment_agency_id_7b9f9be1": ("cases_assignment", "agency_id"),
    "cases_citizen_channel_id_fa224ee1": ("cases_citizen", "channel_id"),
    "cases_draft_case_id_2bc2a7d9": ("cases_draft", "case_id"),
    "cases_idempotencykey_user_id_f50a1b70": ("cases_idempotencykey", "user_id"),
    "cases_reply_agency_id_5dd9ce18": ("cases_reply", "agency_id"),
    "cases_reply_case_id_a09e63c2": ("cases_reply", "case_id"),
    "cases_reply_published_by_id_3d40cda4": ("cases_reply", "published_by_id"),
    "cases_case_number_980c9551_like": ("cases_case", "number varchar_pattern_ops"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0007_changes"),
        ("cases", "0051_newest_of_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=_STATE),
        *(
            migrations.RunSQL(
                f"drop index if exists {name}",
                f"create index if not exists {name} on {table} ({columns})",
            )
            for name, (table, columns) in _INDEXES.items()
        ),
    ]
