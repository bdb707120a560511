"""Contributions of co-executors; their terms as rules of regions that run already."""

from datetime import date
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The list of parts is walked by their due moments: a term counted again moves its part along.
FOLLOW = """
create function cases_part_follows() returns trigger language plpgsql as $$
begin
    update cases_participation set due_at = new.due_at where clock_id = new.id;
    return null;
end $$;
create trigger part_follows after update of due_at on cases_clock for each row
when (new.kind = 'part' and new.due_at is distinct from old.due_at)
execute function cases_part_follows();
"""
UNFOLLOW = """
drop trigger part_follows on cases_clock;
drop function cases_part_follows();
"""
# code, regime, title, amount, unit, roll, source
RULES = (
    ("PART-SN", "social", "Вклад соисполнителя, соцсети", 4, "working_hours", "none",
     "внутренняя норма ЦУР: половина срока первого ответа"),
    ("PART", "", "Вклад соисполнителя", 3, "working_days", "none", "внутренняя норма ЦУР"),
    ("L59-REQ", "law59", "Запрос в другой орган по обращению", 15, "calendar_days", "previous",
     "59-ФЗ от 02.05.2006, ст. 10, ч. 2"),
)


def add_rules(apps: Any, _editor: Any) -> None:
    Rule = apps.get_model("cases", "DeadlineRule")
    if not Rule.objects.exists():
        return  # a new region loads them all from cases/reference
    Rule.objects.bulk_create(
        [
            Rule(
                code=code, regime=regime, title=title, start="part", amount=amount, unit=unit,
                roll=roll, source=source, in_force_from=date(2020, 1, 1),
            )
            for code, regime, title, amount, unit, roll, source in RULES
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0006_deputies'),
        ('cases', '0037_history_of_reference_data'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='clock',
            name='kind',
            field=models.CharField(choices=[('total', 'total'), ('reply', 'first reply'), ('executor', 'executor'), ('approval', 'approval'), ('stage', 'stage'), ('part', 'contribution')], max_length=8),
        ),
        migrations.AlterField(
            model_name='deadlinerule',
            name='start',
            field=models.CharField(choices=[('creation', 'creation of the message'), ('receipt', 'receipt'), ('registration', 'registration'), ('assignment', 'assignment to the agency'), ('submission', 'sending for approval'), ('return', 'return for rework'), ('interim', 'interim reply'), ('answer', 'publication'), ('dispute', 'competence dispute'), ('main_due', 'end of the main term'), ('part', 'request to a co-executor')], max_length=16, verbose_name='counted from'),
        ),
        migrations.CreateModel(
            name='Participation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.TextField(verbose_name='task')),
                ('photos', models.BooleanField(default=False, verbose_name='with the photos of the message')),
                ('state', models.CharField(choices=[('asked', 'awaited'), ('given', 'given'), ('withdrawn', 'withdrawn'), ('ended', 'no longer needed')], default='asked', max_length=9, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('text', models.TextField(blank=True, verbose_name='contribution')),
                ('given_at', models.DateTimeField(blank=True, null=True, verbose_name='given')),
                ('remark', models.TextField(blank=True, verbose_name='remark')),
                ('returns', models.PositiveSmallIntegerField(default=0, verbose_name='returned')),
                ('agency', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency', verbose_name='agency')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='cases.case')),
                ('clock', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='part', to='cases.clock')),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'contribution of a co-executor',
                'verbose_name_plural': 'contributions of co-executors',
                'ordering': ['due_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='attachment',
            name='part',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='cases.participation'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(models.F('part'), condition=models.Q(('part__isnull', False)), name='attachment_part'),
        ),
        migrations.AddIndex(
            model_name='participation',
            index=models.Index(models.F('agency'), models.F('due_at'), models.F('id'), condition=models.Q(('state', 'asked')), name='part_asked'),
        ),
        migrations.AddIndex(
            model_name='participation',
            index=models.Index(models.F('due_at'), models.F('id'), condition=models.Q(('state', 'asked')), name='part_asked_all'),
        ),
        migrations.AddIndex(
            model_name='participation',
            index=models.Index(models.F('agency'), models.F('due_at'), models.F('id'), name='part_of_agency'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'given'), _negated=True), models.Q(models.Q(('text', ''), _negated=True), ('given_at__isnull', False)), _connector='OR'), name='part_given_has_text'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(('task', ''), _negated=True), name='part_has_task'),
        ),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
