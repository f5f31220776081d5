"""Creating, changing and removing presets; what is published already stays as it is."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from processing import specifications
from storage.models import Preset

# What makes up a specification; the name is how variants know their preset, and stays.
SETTINGS = (
    *("kind", "width", "height", "fit", "formats", "quality"),
    *("effort", "quality_floor", "quality_ceiling", "max_probes", "gamut"),
    *("overlay", "overlay_position", "overlay_margin", "overlay_opacity"),
    *("overlay_scale", "overlay_tile", "overlay_minimum_width"),
)


class ChangedMeanwhile(Exception):
    """Somebody else has changed the preset since it was looked at; `preset` is as it is now."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset.name)
        self.preset = preset


def create(values: Mapping[str, Any]) -> Preset:
    """Store a new preset; raises ValidationError, by field."""
    preset = Preset(**values)
    preset.full_clean()
    try:
        with transaction.atomic():
            preset.save(force_insert=True)
    except IntegrityError as error:
        # Somebody was first, a moment ago.
        raise ValidationError({"name": _("There is a preset of this name already.")}) from error
    return preset


def change(name: str, values: Mapping[str, Any], *, seen: str | None = None) -> Preset:
    """Change a preset; with `seen`, the hash of a specification, only while it still has that.

    Raises Preset.DoesNotExist, ChangedMeanwhile, or ValidationError by field; then nothing changed.
    """
    with transaction.atomic():
        preset = Preset.objects.select_for_update().get(name=name)
        if seen is not None and specifications.of_preset(preset).spec_hash != seen:
            raise ChangedMeanwhile(preset)
        for field, value in values.items():
            setattr(preset, field, value)
        # One that was written by other means, and is not valid, can be switched off all the same.
        if values.keys() - {"enabled"}:
            preset.full_clean()
        preset.save(update_fields=[*SETTINGS, "enabled", "updated_at"])
        return preset


def remove(name: str) -> bool:
    """Remove a preset; False if it is not there. Its variants stay until their images' next run."""
    deleted, _by_model = Preset.objects.filter(name=name).delete()
    return bool(deleted)
