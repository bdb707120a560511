"""Families of copied replies: their figures, and the trigger that says which have changed.

Replies indexed before have no family yet: who was nearly equal to whom stands in their
assessments, from which 0028 takes it.
"""

import django.db.models.deletion
from django.db import migrations, models

CHANGES = """
create function cases_replyprint_family() returns trigger language plpgsql as $$
begin
    -- A reply that is like no other changes no family: most replies write nothing here.
    if tg_op <> 'DELETE' and new.family <> new.reply_id then
        insert into cases_familychange (family) values (new.family);
    end if;
    if tg_op <> 'INSERT' and (
        old.family <> old.reply_id
        or exists (select from cases_copiedfamily f where f.id = old.family)
    ) then
        insert into cases_familychange (family) values (old.family);
    end if;
    return null;
end
$$;
create trigger cases_replyprint_family after insert or delete or update of family, agency_id
on cases_replyprint for each row execute function cases_replyprint_family();
"""
DROP = """
drop trigger if exists cases_replyprint_family on cases_replyprint;
drop function if exists cases_replyprint_family();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0026_promise_register"), ("agencies", "0005_bell_of_a_person")]

    operations = [
        migrations.CreateModel(
            name="AgencyTexts",
            fields=[
                ("agency", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="agencies.agency")),
                ("replies", models.PositiveIntegerField(verbose_name="replies")),
                ("copied", models.PositiveIntegerField(verbose_name="copied replies")),
                ("counted_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="FamilyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("family", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="CopiedFamily",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("replies", models.PositiveIntegerField(verbose_name="replies")),
                ("explained", models.PositiveIntegerField(default=0, verbose_name="replies with an approved text")),
                ("agencies", models.PositiveIntegerField(verbose_name="agencies")),
                ("authors", models.PositiveIntegerField(verbose_name="authors")),
                ("stems", models.PositiveSmallIntegerField()),
                ("first_reply_id", models.BigIntegerField(default=0)),
                ("first_on", models.DateField(null=True)),
                ("last_on", models.DateField(null=True)),
                ("event", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="cases.massevent")),
            ],
            options={"indexes": [models.Index(models.OrderBy(models.F("replies"), descending=True), models.OrderBy(models.F("id"), descending=True), name="family_by_size")]},
        ),
        migrations.CreateModel(
            name="FamilyShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("replies", models.PositiveIntegerField(verbose_name="replies")),
                ("authors", models.PositiveIntegerField(verbose_name="authors")),
                ("first_reply_id", models.BigIntegerField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("agency", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="agencies.agency")),
                ("family", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="cases.copiedfamily")),
            ],
            options={
                "indexes": [models.Index(fields=["agency", "family"], name="family_of_agency")],
                "constraints": [models.UniqueConstraint(models.F("family"), models.F("agency"), name="family_agency_once")],
            },
        ),
        migrations.RunSQL(CHANGES, DROP),
    ]
