"""History of agencies, calendars, people and roles; saved filters (agencies.changes)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from agencies.changes import FUNCTIONS, KEEP, watch, watch_link

# Personal settings and sign-ins are nobody's history.
PERSON = (
    *("username", "first_name", "last_name", "patronymic", "position", "agency_id", "email"),
    *("phone", "is_active", "is_staff", "is_superuser", "password"),
)
TABLES = {
    "agencies_agency": (),
    "agencies_workingcalendar": (),
    "agencies_calendarday": (),
    "agencies_user": PERSON,
}
LINKS = {
    "agencies_agency_curators": ("agencies_agency", "agency_id", "curators"),
    "agencies_agencyuserpermission": ("agencies_user", "user_id", "roles"),
}


class Migration(migrations.Migration):
    dependencies = [("agencies", "0006_deputies")]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=63, verbose_name='register')),
                ('row_id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('added', 'added'), ('changed', 'changed'), ('removed', 'removed')], max_length=8, verbose_name='action')),
                ('fields', models.JSONField(default=dict, verbose_name='what')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='moment')),
                ('actor_id', models.BigIntegerField(null=True, verbose_name='who')),
                ('reason', models.CharField(blank=True, db_default='', max_length=500, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'journal of changes',
                'indexes': [models.Index(fields=['table', 'row_id', '-id'], name='change_of_row'), models.Index(fields=['table', '-id'], name='change_of_table')],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=80)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(max_length=500)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='saved_filters', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('page'), models.F('name'), name='saved_filter_once')],
            },
        ),
        *[migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in FUNCTIONS],
        migrations.RunSQL(KEEP, "drop trigger keep_changes on agencies_change"),
        *[
            migrations.RunSQL(watch(table, only=only), f"drop trigger note_change on {table}")
            for table, only in TABLES.items()
        ],
        *[
            migrations.RunSQL(
                watch_link(table, owner=owner, column=column, field=field),
                f"drop trigger note_change on {table}",
            )
            for table, (owner, column, field) in LINKS.items()
        ],
    ]
