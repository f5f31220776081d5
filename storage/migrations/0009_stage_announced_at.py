"""Tell the beginning of a stage's wait from the last time that its message was sent.

Only adds a column that older code need not write: where it is empty, `queued_at` counts.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0008_run_lines"),
    ]

    operations = [
        migrations.AddField(
            model_name="stage",
            name="announced_at",
            field=models.DateTimeField(
                blank=True, help_text="when its message was last sent", null=True
            ),
        ),
    ]
