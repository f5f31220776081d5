"""Let presets lay an image over their variants.

Only adds a table and columns, with defaults in the database: older code goes on writing its rows.
"""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import storage.ids


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0004_original_decoding"),
    ]

    operations = [
        migrations.CreateModel(
            name="Overlay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=storage.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_]*$", "Use a-z, 0-9 and _ only."
                            )
                        ],
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("bytes", models.PositiveBigIntegerField()),
                ("format", models.CharField(max_length=16)),
                ("width", models.PositiveIntegerField(help_text="pixels, upright")),
                ("height", models.PositiveIntegerField(help_text="pixels, upright")),
                ("has_alpha", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_margin",
            field=models.FloatField(
                db_default=0.03,
                default=0.03,
                help_text="share of the shorter side",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(0.45),
                ],
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_minimum_width",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="pixels; narrower variants carry no overlay"
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_opacity",
            field=models.FloatField(
                db_default=1.0,
                default=1.0,
                validators=[
                    django.core.validators.MinValueValidator(0.01),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_position",
            field=models.CharField(
                choices=[
                    ("top-left", "Top Left"),
                    ("top-center", "Top Center"),
                    ("top-right", "Top Right"),
                    ("center-left", "Center Left"),
                    ("center", "Center"),
                    ("center-right", "Center Right"),
                    ("bottom-left", "Bottom Left"),
                    ("bottom-center", "Bottom Center"),
                    ("bottom-right", "Bottom Right"),
                ],
                db_default="bottom-right",
                default="bottom-right",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_scale",
            field=models.FloatField(
                db_default=0.2,
                default=0.2,
                help_text="share of the variant's width",
                validators=[
                    django.core.validators.MinValueValidator(0.01),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay_tile",
            field=models.BooleanField(
                db_default=False, default=False, help_text="repeated over the whole variant"
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="overlay",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="presets",
                to="storage.overlay",
            ),
        ),
    ]
