import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0007_changes"), ("cases", "0040_bulk_moves")]

    operations = [
        migrations.AddField(
            model_name='draft',
            name='template',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cases.replytemplate'),
        ),
        migrations.CreateModel(
            name='TemplateUse',
            fields=[
                ('reply', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='template_use', serialize=False, to='cases.reply')),
                ('at', models.DateTimeField(verbose_name='sent')),
                ('kept', models.PositiveSmallIntegerField(verbose_name='kept, %')),
                ('share', models.PositiveSmallIntegerField(verbose_name='share of the reply, %')),
                ('agency', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('template', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='cases.replytemplate')),
            ],
            options={
                'verbose_name': 'use of a template',
                'verbose_name_plural': 'uses of templates',
                'indexes': [models.Index(fields=['template', 'at', 'reply'], include=['agency', 'kept', 'share'], name='template_use_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kept__lte', 100), ('share__lte', 100)), name='template_use_percent')],
            },
        ),
    ]
