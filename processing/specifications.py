"""Settings and records as `imaging` wants them: limits and specifications."""

from functools import cache

from django.conf import settings

from processing.imaging import Limits, VariantSpec
from storage.models import Preset, Run


@cache
def limits() -> Limits:
    """Return this deployment's limits on what is decoded."""
    return Limits(
        max_bytes=settings.MAX_UPLOAD_BYTES,
        max_pixels=settings.MAX_PIXELS,
        max_animation_pixels=settings.MAX_ANIMATION_PIXELS,
        max_frames=settings.MAX_FRAMES,
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
        }
    )


def of_run(run: Run) -> list[VariantSpec]:
    """Return the frozen presets of a run, whatever became of the presets since."""
    return [VariantSpec.from_json(values) for values in run.presets]
