"""Settings and records as `imaging` wants them: limits and specifications."""

from functools import cache
from typing import Any

from django.conf import settings

from processing import imaging
from processing.errors import PresetUnknown
from processing.imaging import Limits, VariantSpec, heic
from storage.models import Preset, Run


@cache
def limits() -> Limits:
    """Return this deployment's limits on what is decoded."""
    return Limits(
        max_bytes=settings.MAX_UPLOAD_BYTES,
        max_pixels=settings.MAX_PIXELS,
        max_animation_pixels=settings.MAX_ANIMATION_PIXELS,
        max_frames=settings.MAX_FRAMES,
        heic=settings.HEIC and heic.available(),
    )


def of_preset(preset: Preset) -> VariantSpec:
    return VariantSpec.from_json(
        {
            "name": preset.name,
            "kind": preset.kind,
            "width": preset.width,
            "height": preset.height,
            "fit": preset.fit,
            "formats": preset.formats,
            "quality": preset.quality,
            "effort": preset.effort,
            "quality_floor": preset.quality_floor,
            "quality_ceiling": preset.quality_ceiling,
            "max_probes": preset.max_probes,
            "gamut": preset.gamut,
            "overlay": _overlay_of(preset),
        }
    )


def _overlay_of(preset: Preset) -> dict[str, Any] | None:
    """Return a preset's overlay, frozen by the hash of its content."""
    if preset.overlay is None:
        return None
    return {
        "id": str(preset.overlay.id),
        "sha256": preset.overlay.sha256,
        "position": preset.overlay_position,
        "margin": preset.overlay_margin,
        "opacity": preset.overlay_opacity,
        "scale": preset.overlay_scale,
        "tile": preset.overlay_tile,
        "minimum_width": preset.overlay_minimum_width,
    }


def of_run(run: Run) -> list[VariantSpec]:
    """Return the frozen presets of a run, whatever became of the presets since.

    Raises PresetUnknown for one that a newer release has frozen, where leaving out what is not
    known here would not do.
    """
    return [_read(values) for values in run.presets]


def _read(values: dict[str, Any]) -> VariantSpec:
    try:
        spec = VariantSpec.from_json(values)
    except (LookupError, TypeError, ValueError) as error:
        raise _unknown(values, str(error)) from error
    if unknown := set(spec.formats) - imaging.FORMATS:
        raise _unknown(values, ", ".join(sorted(unknown)))
    return spec


def _unknown(values: dict[str, Any], what: str) -> PresetUnknown:
    name = values.get("name")
    return PresetUnknown(f"This worker is too old for the preset {name} ({what}): update it.")
