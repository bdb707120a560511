"""Who is at a case now (unlogged), copies of drafts, the page a draft came from."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0022_stamps_of_choices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='draft',
            name='tab',
            field=models.CharField(blank=True, db_default='', max_length=36),
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('pk', models.CompositePrimaryKey('case_id', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('wrote_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='DraftCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tab', models.CharField(blank=True, max_length=36)),
                ('text', models.TextField()),
                ('saved_at', models.DateTimeField()),
                ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='draft_copies', to='cases.case')),
            ],
            options={
                'ordering': ['-saved_at', '-id'],
                'indexes': [models.Index(fields=['case', 'author'], name='draft_copies')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('tab', ''), _negated=True), fields=('case', 'author', 'tab'), name='draft_copy_of_a_tab_once')],
            },
        ),
        migrations.RunSQL(
            "alter table cases_presence set unlogged", "alter table cases_presence set logged"
        ),
    ]
