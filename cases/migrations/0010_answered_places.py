from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_print_words")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                models.F("topic"),
                models.F("place"),
                condition=models.Q(
                    ("answered_at__isnull", False), models.Q(("place", ""), _negated=True)
                ),
                name="case_answered_place",
            ),
        ),
    ]
