"""The index of earlier replies anew: prints of version 2, keys kept by the database itself.

Of a key the oldest 16 replies are stored, for more of them tell nothing of one; the trigger
counts them, so the rule holds for every writer. Keys of replies that are there are filled in
0021; until it is done a copy of an old reply is not found.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

KEYS = """
create function cases_replyprint_keys() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        delete from cases_replykey k using unnest(old.keys) as u(h)
        where k.h = u.h and k.reply_id = old.reply_id;
        if tg_op = 'DELETE' then
            return old;
        end if;
    end if;
    with put as (
        insert into cases_replykey (h, reply_id)
        select u.h, new.reply_id
        from unnest(new.keys) as u(h)
        where (
            select count(*)
            from (select 1 from cases_replykey k where k.h = u.h limit 16) as few
        ) < 16
        returning h
    )
    select coalesce(array_agg(h), '{}') into new.keys from put;
    return new;
end
$$;
create function cases_reply_unprinted() returns trigger language plpgsql as $$
begin
    delete from cases_replyprint where reply_id = new.id;
    return null;
end
$$;
-- Words that are taken out of a reply are in the index no more, whoever takes them out.
create trigger reply_unprinted after update of text on cases_reply
    for each row when (new.text is distinct from old.text)
    execute function cases_reply_unprinted();
create trigger cases_replyprint_keys before insert or delete or update of keys, reply_id
on cases_replyprint for each row execute function cases_replyprint_keys();
"""
DROP = """
drop trigger if exists reply_unprinted on cases_reply;
drop function if exists cases_reply_unprinted();
drop trigger if exists cases_replyprint_keys on cases_replyprint;
drop function if exists cases_replyprint_keys();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_rules_stamp")]

    operations = [
        migrations.DeleteModel("ReplyKey"),
        migrations.DeleteModel("ReplyPrint"),
        migrations.CreateModel(
            name="ReplyPrint",
            fields=[
                ("reply", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="print", serialize=False, to="cases.reply")),
                ("family", models.IntegerField()),
                ("agency_id", models.IntegerField()),
                ("sent_on", models.DateField()),
                ("stems", models.PositiveSmallIntegerField()),
                ("version", models.PositiveSmallIntegerField()),
                ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ("sketch", models.BinaryField()),
            ],
            options={"indexes": [models.Index(fields=["family", "agency_id", "sent_on"], name="print_family")]},
        ),
        migrations.CreateModel(
            name="ReplyKey",
            fields=[
                ("pk", models.CompositePrimaryKey("h", "reply_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("h", models.IntegerField()),
                ("reply_id", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Formula",
            fields=[
                ("hash", models.BigIntegerField(primary_key=True, serialize=False)),
                ("families", models.PositiveIntegerField(default=1)),
                ("seen_on", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="FormulaMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_reply", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="massevent",
            name="keys",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, editable=False, size=None),
        ),
        migrations.AddIndex(
            model_name="massevent",
            index=django.contrib.postgres.indexes.GinIndex(fields=["keys"], name="event_keys"),
        ),
        migrations.RunSQL(KEYS, DROP),
    ]
