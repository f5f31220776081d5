"""What a preset that is not saved yet would make of a picture: as a run would, and kept nowhere.

Decoding and encoding happen in children of this process: whoever asks may be a web process.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from processing import imaging, overlays, planning, specifications
from processing.box import pictures as box
from processing.box import variants
from processing.box.allowance import Allowance, for_encoding
from processing.box.errors import DecoderOutOfTime
from processing.box.pictures import Rendition
from processing.box.variants import Making
from processing.errors import PreviewRefused
from processing.imaging import Encoded, FocalPoint, Size, VariantSpec
from storage import objects
from storage.models import FocalPointSource, Image, Original, Preset
from storage.objects import Digest


@dataclass(frozen=True)
class _Plan:
    """What a whole run with the preset in it would render, and which rendition the preset gets."""

    spec: VariantSpec
    specs: Sequence[VariantSpec]
    sizes: Mapping[str, Size]
    part: str

    @property
    def size(self) -> Size:
        return self.sizes[self.part]

    @property
    def wide(self) -> set[Size]:
        """The sizes at which colours beyond sRGB are kept."""
        keeping = {spec.name for spec in self.specs if spec.keeps_wide_gamut}
        return {size for part, size in self.sizes.items() if part in keeping}

    def rendered(self, original: Original) -> list[Size]:
        """Return the sizes that the wanted one depends on: each is shrunk from the next larger."""
        if original.frames > 1:
            return [self.size]
        sizes = set(self.sizes.values())
        return sorted(size for size in sizes if size.area >= self.size.area or size in self.wide)


def preview(image: Image, preset: Preset, *, seconds: float) -> list[Encoded]:
    """Return the files that a run would make of an image for a preset, most compatible first.

    The image comes with its original, the preset with settings that need not be saved. The other
    enabled presets count too: each rendition is shrunk from a larger one.
    Raises PreviewRefused, ImagingError, OverlayUnusable, BoxError or a StorageError.
    """
    deadline = time.monotonic() + seconds
    plan = _plan(image.original, preset)
    _check_memory(image.original, plan)
    try:
        return _made(image, plan, deadline)
    except DecoderOutOfTime as error:
        raise PreviewRefused("takes_too_long") from error


def _plan(original: Original, preset: Preset) -> _Plan:
    spec = specifications.of_preset(preset)
    specs = _specs_with(preset)
    size = Size(original.width, original.height)
    sizes = imaging.rendition_sizes(size, specs)
    part = spec.name
    if spec.kind == "thumbnail":
        thumbnails = [each for each in specs if each.kind == "thumbnail"]
        part = imaging.source_for_thumbnails(size, sizes, thumbnails)
    if part not in sizes:
        raise PreviewRefused("nothing_to_make")
    return _Plan(spec, specs, sizes, part)


def _specs_with(preset: Preset) -> list[VariantSpec]:
    """Return the specifications of a run in which the preset is enabled as it is given."""
    others = Preset.objects.select_related("overlay").filter(enabled=True).exclude(pk=preset.pk)
    presets = sorted([*others, preset], key=lambda each: (each.kind, each.width, each.name))
    return [specifications.of_preset(each) for each in presets]


def _check_memory(original: Original, plan: _Plan) -> None:
    """Refuse what only the few large workers may take on: a web process is not one of them."""
    if planning.bytes_needed(original, plan.specs) > settings.RESIZE_MEMORY_BYTES:
        raise PreviewRefused("too_large")


def _made(image: Image, plan: _Plan, deadline: float) -> list[Encoded]:
    original = image.original
    sizes = plan.rendered(original)
    with (
        objects.local_copy(
            objects.ORIGINALS, original.key, Digest(original.sha256, original.bytes)
        ) as file,
        box.render(
            file,
            sizes,
            specifications.limits(),
            planning.allowance(original, plan.specs, sizes),
            wide=plan.wide & set(sizes),
            seconds=_left(deadline),
        ) as renditions,
    ):
        rendition = next(each for each in renditions if each.asked == plan.size)
        return variants.encode(
            rendition.file,
            _making(image, plan.spec),
            _allowance(rendition, original.frames),
            seconds=_left(deadline),
        )


def _making(image: Image, spec: VariantSpec) -> Making:
    chosen = image.focal_source == FocalPointSource.MANUAL
    return Making(
        spec=spec,
        original_bytes=image.original.bytes,
        focal_point=FocalPoint(image.focal_x, image.focal_y) if chosen else None,
        overlay=None if spec.overlay is None else overlays.read(spec.overlay),
    )


def _allowance(rendition: Rendition, frames: int) -> Allowance:
    # Whoever waits gives up before that CPU is spent; nothing goes on behind their back.
    pixels = rendition.width * rendition.height
    return for_encoding(pixels, frames=frames, cpu_seconds=settings.DECODE_CPU_SECONDS)


def _left(deadline: float) -> float:
    """Return the seconds that are left; raises DecoderOutOfTime if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise DecoderOutOfTime("No time is left.")
    return left
