"""Record what decoding an original will take, so that its queue is known beforehand.

Only adds columns, with a default in the database or null: older code goes on writing its rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("storage", "0003_preset_effort")]

    operations = [
        migrations.AddField(
            model_name="original",
            name="mode",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="layout of the pixels",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="original",
            name="decoder_bytes",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="memory for decoding, beside the pixels", null=True
            ),
        ),
    ]
