"""Events name the transaction that wrote them; news, and the places of those who read both.

Rows written before have no transaction: nobody is told of them any more. The column gets its
default in a second step: a volatile default at once would rewrite the table under a lock.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import cases.models_news


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0016_quality_weights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "alter table cases_caseevent add column tx xid8 null",
                    "alter table cases_caseevent drop column tx",
                ),
                migrations.RunSQL(
                    "alter table cases_caseevent alter column tx"
                    " set default pg_current_xact_id()",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="caseevent",
                    name="tx",
                    field=cases.models_news.TransactionId(
                        db_default=cases.models_news.CurrentTransaction(),
                        editable=False,
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("tx__isnull", False)),
                fields=["tx", "id"],
                name="event_written",
            ),
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reader", models.CharField(max_length=40)),
                ("source", models.CharField(max_length=40)),
                ("tx", cases.models_news.TransactionId()),
                ("row_id", models.BigIntegerField(default=0)),
                ("floor_id", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("reader"), models.F("source"), name="position_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="News",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=100, unique=True)),
                ("kind", models.CharField(max_length=24)),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("data", models.JSONField(default=dict)),
                (
                    "tx",
                    cases.models_news.TransactionId(
                        db_default=cases.models_news.CurrentTransaction(),
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="news",
                        to="cases.case",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "news",
                "verbose_name_plural": "news",
                "indexes": [models.Index(fields=["tx", "id"], name="news_written")],
            },
        ),
    ]
