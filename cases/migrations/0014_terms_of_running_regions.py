"""What a region that runs already needs of the new terms.

The whole term of every regime but social networks is `total` now; appeals by 59-FZ have their
row; open cases have the assignment they are in; the new rules and reasons stand beside those the
region has edited.
"""

from datetime import date
from typing import Any

from django.db import migrations

KINDS = """
update cases_clock set kind = 'total'
where kind = 'reply' and code in ('POS-STD', 'POS-FAST', 'L59-MAIN', 'L59-MIG', 'PORTAL-8');
update cases_clock set missed_at = due_at
where stopped_at > due_at and missed_at is null;
update cases_clock c set warning_only = true from cases_deadlinerule r
where r.id = c.rule_id and r.warning_only;
"""
APPEALS = """
insert into cases_appeal (case_id, incoming_number, received_at, registered_at, migration, signer,
                          outgoing_number, result, redirected_to)
select id, number, received_at, registered_at, false, '', '', '', ''
from cases_case where regime = 'law59'
"""
ASSIGNMENTS = """
insert into cases_assignment (case_id, agency_id, executor_id, at, ended_by)
select id, agency_id, executor_id, coalesce(assigned_at, registered_at), ''
from cases_case
where is_open and agency_id is not null
    and status not in ('received', 'moderation', 'rejected', 'merged')
"""
# code, regime, title, start, amount, unit, roll
RULES = (
    ("L59-PASS", "law59", "Передача обращения по вопросам миграции", "registration", 5,
     "calendar_days", "previous"),
    ("HOTLINE", "hotline", "Ответ на звонок", "registration", 8, "working_days", "none"),
    ("INTERNAL", "internal", "Ответ на внутреннее поручение", "registration", 8,
     "working_days", "none"),
    ("EXEC", "", "Срок исполнителя", "assignment", 3, "working_days", "none"),
    ("DISPUTE", "", "Спор о компетенции", "dispute", 2, "working_hours", "none"),
)
NOTICES = (
    ("court", "Обжалуется судебное решение (ч. 2 ст. 11)"),
    ("unreadable", "Текст не поддаётся прочтению (ч. 4 ст. 11)"),
    ("unclear", "Не определить суть (ч. 4.1 ст. 11)"),
    ("on-site", "Ответ уже на сайте (ч. 5.1 ст. 11)"),
    ("insult", "Брань, оскорбления или угрозы (ч. 3 ст. 11)"),
    ("secret", "Нельзя ответить, не разгласив тайну (ч. 6 ст. 11)"),
)
CLOSINGS = (
    ("redirected", "Переадресовано, заявитель уведомлён"),
    ("notice-sent", "Направлено уведомление вместо ответа"),
)


def add_reference(apps: Any, _editor: Any) -> None:
    Rule = apps.get_model("cases", "DeadlineRule")
    Reason = apps.get_model("cases", "Reason")
    if not Rule.objects.exists():
        return  # a new region loads them all from cases/reference
    Rule.objects.bulk_create(
        [
            Rule(
                code=code, regime=regime, title=title, start=start, amount=amount, unit=unit,
                roll=roll, in_force_from=date(2020, 1, 1),
            )
            for code, regime, title, start, amount, unit, roll in RULES
        ],
        ignore_conflicts=True,
    )
    rows = [Reason(kind="notice", code=c, name=n, position=i) for i, (c, n) in enumerate(NOTICES)]
    rows += [Reason(kind="closing", code=c, name=n, position=20) for c, n in CLOSINGS]
    Reason.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_regimes_and_terms")]

    operations = [
        migrations.RunSQL(KINDS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEALS, migrations.RunSQL.noop),
        migrations.RunSQL(ASSIGNMENTS, migrations.RunSQL.noop),
        migrations.RunPython(add_reference, migrations.RunPython.noop),
    ]
