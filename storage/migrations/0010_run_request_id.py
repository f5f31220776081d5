"""Let a run remember the request that began it, for the log lines of its stages.

Only adds a column that older code need not write.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("storage", "0009_stage_announced_at")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="request_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="of the request that began it",
                max_length=64,
            ),
        ),
    ]
