import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0044_mass_events_and_repeats'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReferenceImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=20, verbose_name='register')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('rows', models.JSONField(default=list)),
                ('counts', models.JSONField(default=dict)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('looked', 'looked at'), ('taken', 'taken'), ('dropped', 'dropped')], default='looked', max_length=8, verbose_name='state')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='moment')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import of reference data',
                'verbose_name_plural': 'imports of reference data',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'looked'), ('decided_at__isnull', False), _connector='OR'), name='reference_import_decided')],
            },
        ),
    ]
