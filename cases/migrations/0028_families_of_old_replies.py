"""Families of the replies that are there, from their stored assessments; resumable."""

from django.db import migrations


def adopt(apps, schema_editor):
    from cases.families import adopt_stored

    adopt_stored()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0027_copied_families")]

    operations = [migrations.RunPython(adopt, migrations.RunPython.noop)]
