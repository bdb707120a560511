"""Prints of the replies and approved texts that are there: 2,000 in a transaction, resumable."""

from django.db import migrations


def fill(apps, schema_editor):
    # The print of today's code: a later version of it comes with its own migration.
    from quality.masks import PRINT_VERSION
    from quality.prints import make_print, make_prints

    Reply = apps.get_model("cases", "Reply")
    Print = apps.get_model("cases", "ReplyPrint")
    Event = apps.get_model("cases", "MassEvent")
    for event in Event.objects.exclude(approved_text=""):
        event.keys = list(make_print(event.approved_text).keys)
        event.save(update_fields=["keys"])
    last = 0
    while True:
        rows = list(
            Reply.objects.filter(pk__gt=last)
            .exclude(state__in=["returned", "withdrawn"])
            .filter(print__isnull=True)
            .order_by("pk")
            .only("pk", "text", "agency_id", "submitted_at")[:2000]
        )
        if not rows:
            return
        made = make_prints([row.text for row in rows])
        Print.objects.bulk_create(
            Print(
                reply_id=row.pk,
                family=row.pk,
                agency_id=row.agency_id,
                sent_on=row.submitted_at.date(),
                stems=own.stems,
                version=PRINT_VERSION,
                keys=list(own.keys),
                sketch=own.sketch,
            )
            for row, own in zip(rows, made, strict=True)
        )
        last = rows[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0020_reuse_index")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
