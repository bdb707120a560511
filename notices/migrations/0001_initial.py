"""Notices, letters and how people want their mail."""

import agencies.models
import datetime
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('agencies', '0001_initial'),
        ('cases', '0017_events_name_their_transaction'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MailSettings',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='mail_settings', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('choices', models.JSONField(default=dict)),
                ('morning', models.BooleanField(default=True, verbose_name='digest in the morning')),
                ('morning_at', models.TimeField(default=datetime.time(8, 30), verbose_name='morning at')),
                ('evening', models.BooleanField(default=False, verbose_name='digest in the evening')),
                ('evening_at', models.TimeField(default=datetime.time(17, 30), verbose_name='evening at')),
                ('quiet_from', models.TimeField(default=datetime.time(20, 0), verbose_name='quiet from')),
                ('quiet_until', models.TimeField(default=datetime.time(8, 0), verbose_name='quiet until')),
                ('quiet_days_off', models.BooleanField(default=True, help_text='By the calendar of your agency.', verbose_name='quiet on days off')),
                ('time_zone', models.CharField(blank=True, help_text='Empty: the one of your agency.', max_length=40, validators=[agencies.models.validate_time_zone], verbose_name='time zone')),
            ],
            options={
                'verbose_name': 'mail settings',
                'verbose_name_plural': 'mail settings',
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=200, unique=True)),
                ('digest', models.BooleanField(default=False, verbose_name='digest')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('empty', 'nothing left to say'), ('refused', 'refused by the mail server'), ('failed', 'given up')], default='waiting', max_length=8, verbose_name='state')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='made')),
                ('next_at', models.DateTimeField(verbose_name='next try')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='answer of the mail server')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('assigned', 'A case was assigned to me'), ('arrived', 'A case came to the agency'), ('handover', 'Cases were handed over to me'), ('returned', 'My reply was returned'), ('published', 'My reply was published'), ('message', 'The citizen wrote more'), ('reopened', 'A case was reopened'), ('mention', 'I was named in a note'), ('approval', 'A reply waits for approval'), ('review', 'A reply waits for review'), ('flagged', 'A reply of the agency was marked by the check or the supervisor'), ('rejection', 'A rejection of a message waits for a second person'), ('dispute', 'An agency disputes its competence'), ('dispute_decided', 'Our dispute was decided'), ('control', 'Personal control was set or lifted'), ('term_warning', 'A term comes to its end (50 and 80 %)'), ('term_due', 'A term is over'), ('escalated', 'An overdue case went up to me'), ('term_moved', 'A term was moved'), ('promise_due', 'A promised day is near'), ('promise_broken', 'A promise was not kept'), ('orphan', 'A case has nobody who could work on it'), ('deputy', 'Deputies and absence'), ('import_finished', 'An import has ended'), ('export_ready', 'An export is ready'), ('day_figures', 'Figures of the day')], max_length=16, verbose_name='kind')),
                ('cause', models.CharField(max_length=110)),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(verbose_name='moment')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
                ('mail_at', models.DateTimeField(blank=True, null=True)),
                ('digest', models.BooleanField(default=False)),
                ('agency', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='agencies.agency')),
                ('case', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='cases.case')),
                ('letter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='notices.letter')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at', 'id'], name='letter_waiting'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['person', '-id'], name='letter_of_person'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='letter_sent_has_moment'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['person', '-id'], name='notice_of_person'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person', 'agency'], name='notice_unread'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('case__isnull', False)), fields=['case', 'person'], name='notice_of_case'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('letter__isnull', True), ('mail_at__isnull', False)), fields=['mail_at', 'person'], name='notice_to_mail'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['at'], name='notice_at'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(models.F('person'), models.F('cause'), name='notice_once_a_cause'),
        ),
    ]
