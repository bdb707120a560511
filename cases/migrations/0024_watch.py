"""The watch over terms: the ladder with its usual steps, what was reminded, passes, changes.

A term whose due moment changes is planned anew, whoever changes it: a trigger says so.
"""

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


LADDER = (
    ("share-50", 50, 0, "working_hours", "executor", 4),
    ("share-80", 80, 0, "working_hours", "executor", 0),
    ("due", None, 0, "working_hours", "curator", 0),
    ("head", None, 2, "working_hours", "head", 0),
    ("supervisor", None, 1, "working_days", "supervisor", 0),
)
PLAN_ANEW = """
create function cases_clock_plan_anew() returns trigger language plpgsql as $$
begin
    new.remind_at := null;
    return new;
end $$;
create trigger plan_anew before update of due_at on cases_clock for each row
    when (old.due_at is distinct from new.due_at)
    execute function cases_clock_plan_anew();
"""
PLAN_ANEW_BACK = """
drop trigger plan_anew on cases_clock;
drop function cases_clock_plan_anew();
"""


def put_ladder(apps, schema_editor):
    step = apps.get_model("cases", "LadderStep")
    for code, share, after, unit, level, hours in LADDER:
        step.objects.get_or_create(
            code=code,
            defaults={
                "share": share,
                "after": after,
                "unit": unit,
                "level": level,
                "from_hours": hours,
            },
        )


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0005_bell_of_a_person'),
        ('cases', '0023_presence_and_copies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='JobFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.BigIntegerField(verbose_name='job')),
                ('task', models.CharField(max_length=128, verbose_name='task')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='moment')),
                ('error', models.CharField(max_length=120, verbose_name='kind of error')),
                ('place', models.CharField(max_length=200, verbose_name='place in the code')),
            ],
            options={
                'verbose_name': 'failure of a job',
                'verbose_name_plural': 'failures of jobs',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='LadderStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('share', models.PositiveSmallIntegerField(blank=True, help_text='A warning before the end. Empty: a step at the end or after it.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='per cent of the term')),
                ('after', models.PositiveIntegerField(default=0, help_text='0: at the end itself.', verbose_name='so long after the end')),
                ('unit', models.CharField(blank=True, choices=[('working_minutes', 'working minutes'), ('working_hours', 'working hours'), ('working_days', 'working days')], default='working_hours', max_length=20, verbose_name='unit')),
                ('level', models.CharField(choices=[('executor', 'executor'), ('curator', 'executor and curator'), ('head', 'head of the agency'), ('supervisor', 'quality supervisor'), ('coordinator', 'coordinator of the centre')], max_length=12, verbose_name='who is told')),
                ('from_hours', models.PositiveSmallIntegerField(default=0, help_text='By the clock on the wall; shorter terms have no such warning.', verbose_name='only terms of so many hours')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'step of the ladder',
                'verbose_name_plural': 'ladder of reminders',
                'ordering': [models.OrderBy(models.F('share'), nulls_last=True), 'after', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PromiseMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('due', 'near'), ('broken', 'passed')], max_length=8)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'reminder of a promise',
                'verbose_name_plural': 'reminders of promises',
            },
        ),
        migrations.CreateModel(
            name='Recount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('night', 'every night'), ('change', 'calendars or rules were changed')], max_length=8, verbose_name='cause')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('basis', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='begun')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('after_due', models.DateTimeField(null=True)),
                ('after_id', models.BigIntegerField(default=0)),
                ('expected', models.PositiveIntegerField(default=0, verbose_name='terms to look at')),
                ('seen', models.PositiveIntegerField(default=0, verbose_name='terms looked at')),
                ('changed', models.PositiveIntegerField(default=0, verbose_name='terms moved')),
                ('cases', models.PositiveIntegerField(default=0, verbose_name='cases moved')),
            ],
            options={
                'verbose_name': 'recount of terms',
                'verbose_name_plural': 'recounts of terms',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('moment', models.DateTimeField(verbose_name='moment')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='made')),
                ('state', models.CharField(choices=[('told', 'told'), ('late', 'waits for the summary'), ('summed', 'told in a summary'), ('skipped', 'skipped')], max_length=8, verbose_name='state')),
                ('level', models.CharField(max_length=12)),
            ],
            options={
                'verbose_name': 'reminder',
                'verbose_name_plural': 'reminders',
            },
        ),
        migrations.CreateModel(
            name='TaskMark',
            fields=[
                ('name', models.CharField(max_length=128, primary_key=True, serialize=False, verbose_name='task')),
                ('ran_at', models.DateTimeField(verbose_name='ran last')),
                ('took_ms', models.PositiveIntegerField(default=0, verbose_name='took, ms')),
                ('did_at', models.DateTimeField(null=True, verbose_name='did something last')),
                ('did', models.PositiveIntegerField(default=0, verbose_name='how much then')),
                ('failed_at', models.DateTimeField(null=True, verbose_name='failed last')),
            ],
            options={
                'verbose_name': 'task of the worker',
                'verbose_name_plural': 'tasks of the worker',
            },
        ),
        migrations.CreateModel(
            name='TermChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rule', 'deadline rule'), ('calendar', 'days of a calendar')], max_length=8, verbose_name='what')),
                ('values', models.JSONField(verbose_name='change')),
                ('state', models.CharField(choices=[('rehearsing', 'being rehearsed'), ('ready', 'rehearsed'), ('taken', 'in force'), ('dropped', 'dropped')], default='rehearsing', max_length=10, verbose_name='state')),
                ('after_id', models.BigIntegerField(default=0)),
                ('expected', models.PositiveIntegerField(default=0)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('result', models.JSONField(default=dict, verbose_name='rehearsal')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='made')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
            ],
            options={
                'verbose_name': 'change of terms',
                'verbose_name_plural': 'changes of terms',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='clock',
            name='agency',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency'),
        ),
        migrations.AddField(
            model_name='clock',
            name='remind_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='deadlinerule',
            name='covers_running',
            field=models.BooleanField(default=False, help_text='Terms begun before that day and still running are counted by it again.', verbose_name='for running terms too'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(models.F('remind_at'), models.F('id'), condition=models.Q(('stopped_at__isnull', True)), name='clock_remind'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(models.F('due_at'), models.F('id'), condition=models.Q(('code', 'SURVEY'), ('stopped_at__isnull', True)), name='clock_survey'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['started_at'], name='clock_begun', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='jobfailure',
            index=models.Index(fields=['job', '-id'], name='failure_of_job'),
        ),
        migrations.AddConstraint(
            model_name='ladderstep',
            constraint=models.CheckConstraint(condition=models.Q(('share__isnull', True), ('after', 0), _connector='OR'), name='ladder_before_or_after'),
        ),
        migrations.AddConstraint(
            model_name='ladderstep',
            constraint=models.CheckConstraint(condition=models.Q(('share__isnull', True), models.Q(('share__gte', 1), ('share__lte', 99)), _connector='OR'), name='ladder_share_of_term'),
        ),
        migrations.AddField(
            model_name='promisemark',
            name='promise',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='cases.promise'),
        ),
        migrations.AddConstraint(
            model_name='recount',
            constraint=models.UniqueConstraint(models.ExpressionWrapper(models.Q(('finished_at__isnull', True)), output_field=models.BooleanField()), condition=models.Q(('finished_at__isnull', True)), name='recount_one_running'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='clock',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='cases.clock'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='step',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.ladderstep'),
        ),
        migrations.AddField(
            model_name='termchange',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='termchange',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='promisemark',
            constraint=models.UniqueConstraint(models.F('promise'), models.F('step'), name='promise_mark_once'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('state', 'late')), fields=['id'], name='reminder_late'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(models.F('clock'), models.F('step'), models.F('due_at'), name='reminder_once'),
        ),
        migrations.AddIndex(
            model_name='termchange',
            index=models.Index(condition=models.Q(('state', 'rehearsing')), fields=['id'], name='term_change_open'),
        ),
        migrations.AddConstraint(
            model_name='termchange',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['rehearsing', 'ready']), ('decided_at__isnull', False), _connector='OR'), name='term_change_decided'),
        ),
        migrations.RunPython(put_ladder, migrations.RunPython.noop),
        migrations.RunSQL(PLAN_ANEW, PLAN_ANEW_BACK),
    ]
