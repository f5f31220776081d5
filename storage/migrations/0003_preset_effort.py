"""Let presets choose how closely pictures are brought to their quality.

Only adds columns, with defaults in the database: older code goes on writing its rows.
"""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0002_default_presets"),
    ]

    operations = [
        migrations.AddField(
            model_name="preset",
            name="effort",
            field=models.CharField(
                choices=[("balanced", "Balanced"), ("exact", "Exact"), ("fixed", "Fixed")],
                db_default="balanced",
                default="balanced",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="max_probes",
            field=models.PositiveSmallIntegerField(
                db_default=4,
                default=4,
                help_text="encodings of one file at most",
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="quality_ceiling",
            field=models.PositiveSmallIntegerField(
                db_default=95,
                default=95,
                help_text="the encoder's setting",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="quality_floor",
            field=models.PositiveSmallIntegerField(
                db_default=10,
                default=10,
                help_text="the encoder's setting",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
    ]
