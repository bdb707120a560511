from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0004_report_ready'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('assigned', 'A case was assigned to me'), ('arrived', 'A case came to the agency'), ('handover', 'Cases were handed over to me'), ('returned', 'My reply was returned'), ('published', 'My reply was published'), ('message', 'The citizen wrote more'), ('reopened', 'A case was reopened'), ('mention', 'I was named in a note'), ('part_asked', 'Another agency asks for our contribution'), ('part_term', 'The term of a contribution comes to its end or is over'), ('part_given', 'A contribution to my case was given'), ('approval', 'A reply waits for approval'), ('review', 'A reply waits for review'), ('flagged', 'A reply of the agency was marked by the check or the supervisor'), ('rejection', 'A rejection of a message waits for a second person'), ('dispute', 'An agency disputes its competence'), ('dispute_decided', 'Our dispute was decided'), ('control', 'Personal control was set or lifted'), ('term_warning', 'A term comes to its end (50 and 80 %)'), ('term_due', 'A term is over'), ('escalated', 'An overdue case went up to me'), ('terms_late', 'Terms that passed while nobody watched them'), ('term_moved', 'A term was moved'), ('promise_due', 'A promised day is near'), ('promise_broken', 'A promise was not kept'), ('orphan', 'A case has nobody who could work on it'), ('deputy', 'Deputies and absence'), ('import_finished', 'An import has ended'), ('export_ready', 'An export is ready'), ('report_ready', 'A report I asked for is ready'), ('day_figures', 'Figures of the day'), ('calendar', 'The production calendar is missing'), ('template', 'A reply template of mine expires')], max_length=16, verbose_name='kind'),
        ),
    ]
