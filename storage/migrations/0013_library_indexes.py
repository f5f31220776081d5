"""Find images by words and by likeness.

Only indexes, built while older code goes on writing.
"""

from django.db import migrations, models
from django.db.models.functions import Substr

from storage.indexes import AddIndexWithoutBlocking, drop_leftover

# `uploads/searching.py` asks for the same expression.
WORDS = """
    to_tsvector('simple'::regconfig,
        translate(title || ' ' || filename || ' ' || alt_text, '._-/@:+~&=?#<>', '              '))
"""
NAME = "image_words"


def add_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        drop_leftover(schema_editor, NAME)
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY {NAME} ON storage_image USING gin (({WORDS}))"
        )


def remove_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        drop_leftover(schema_editor, NAME)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("storage", "0012_queue_pause")]

    operations = [
        *(
            AddIndexWithoutBlocking(
                "image",
                models.Index(
                    Substr("perceptual_hash", 1 + 4 * band, 4), name=f"image_hash_band_{band}"
                ),
            )
            for band in range(4)
        ),
        migrations.RunPython(add_words, remove_words),
    ]
