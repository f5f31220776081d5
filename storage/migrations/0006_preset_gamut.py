"""Let presets keep colours beyond sRGB.

Only adds a column, with a default in the database: older code goes on writing its rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0005_overlays"),
    ]

    operations = [
        migrations.AddField(
            model_name="preset",
            name="gamut",
            field=models.CharField(
                choices=[("srgb", "sRGB"), ("display-p3", "Display P3")],
                db_default="srgb",
                default="srgb",
                max_length=16,
            ),
        ),
    ]
