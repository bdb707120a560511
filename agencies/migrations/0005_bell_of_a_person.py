"""Each person may stop the bell from renewing itself."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0004_stamps'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='live_bell',
            field=models.BooleanField(db_default=True, default=True, verbose_name='the number at the bell renews itself'),
        ),
    ]
