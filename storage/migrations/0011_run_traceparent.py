"""Let a run remember the trace that it belongs to, so that all its stages are told there.

Only adds a column that older code need not write.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("storage", "0010_run_request_id")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the span in which it began, as W3C Trace Context writes it",
                max_length=55,
            ),
        ),
    ]
