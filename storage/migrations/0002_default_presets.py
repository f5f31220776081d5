"""Seed the presets that every installation starts with; existing rows stay as they are."""

from typing import Any

from django.db import migrations

WIDTHS = (320, 640, 960, 1280, 1920, 2560)
SQUARES = (150, 300)
# What every browser shows, what nearly every one shows, and the smallest.
FORMATS = ["jpeg", "webp", "avif"]


def seed(apps: Any, schema_editor: Any) -> None:
    preset = apps.get_model("storage", "Preset")
    for width in WIDTHS:
        preset.objects.get_or_create(
            name=f"w{width}",
            defaults={"kind": "resize", "width": width, "fit": "inside", "formats": FORMATS},
        )
    for side in SQUARES:
        preset.objects.get_or_create(
            name=f"square{side}",
            defaults={
                "kind": "thumbnail",
                "width": side,
                "height": side,
                "fit": "cover",
                "formats": FORMATS,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("storage", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
