"""What a child can be asked to encode: the operations of a box of its own, beside the decoders'.

Encoding for a preview takes seconds of a web process's machine. In a child it holds up no other
request, yields to everything else that wants the processor, and ends when nobody waits any more.
"""

import os
from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO

from PIL import Image

from processing import imaging
from processing.box.operations import Arguments, Files, Operation
from processing.imaging import Encoded, FocalPoint, Picture, VariantSpec

# Of 19: behind requests and workers, before what was started to run when nothing else does.
NICENESS = 10
# Larger than the smallest side that is searched for its quality.
SAMPLE_SIDE_PIXELS = 96


def warm_up() -> None:
    """Step back behind other processes, and load what encoding may need."""
    os.nice(NICENESS)
    sample = Image.radial_gradient("L").resize((SAMPLE_SIDE_PIXELS, SAMPLE_SIDE_PIXELS))
    noisy = Image.effect_noise(sample.size, 60)
    photograph = Picture.still(Image.merge("RGB", (sample, noisy, sample)))
    for formats in (("png",), ("jpeg", "webp", "avif")):
        spec = VariantSpec("warm", "resize", 1, None, "inside", formats, "good", effort="exact")
        imaging.encode(photograph, spec)
    imaging.find_focal_point(photograph.first_frame())


def encode(arguments: Arguments, files: Files) -> list[dict[str, Any]]:
    """Write what a preset makes of the first file into as many of the last files as needed."""
    spec = VariantSpec.from_json(arguments["spec"])
    rendition = imaging.read(files[0])
    overlay, outputs = _overlay(arguments, files[1:])

    def lay(picture: Picture) -> Picture:
        if overlay is None or spec.overlay is None:
            return picture
        carries = imaging.carries_overlay(picture, spec.overlay)
        return imaging.overlaid(picture, overlay, spec.overlay) if carries else picture

    if spec.kind == "thumbnail":
        focal = _focal_point(arguments["focal_point"], rendition)
        encoded = imaging.finish_thumbnail(rendition, spec, focal, lay)
    else:
        original_bytes = arguments["original_bytes"]
        encoded = imaging.finish_resized(rendition, spec, lay, original_bytes=original_bytes)
    return [_written(item, output) for item, output in zip(encoded, outputs, strict=False)]


def _overlay(
    arguments: Arguments, files: Sequence[BinaryIO]
) -> tuple[Image.Image | None, Sequence[BinaryIO]]:
    if not arguments["overlay"]:
        return None, files
    return imaging.read(BytesIO(files[0].read())).first_frame(), files[1:]


def _focal_point(given: Sequence[float] | None, rendition: Picture) -> FocalPoint:
    if given is not None:
        return FocalPoint(*given)
    return imaging.find_focal_point(imaging.in_srgb(rendition).first_frame())


def _written(encoded: Encoded, output: BinaryIO) -> dict[str, Any]:
    output.write(encoded.content)
    output.flush()
    return {
        "format": encoded.format,
        "width": encoded.width,
        "height": encoded.height,
        "quality": encoded.quality,
        "frames": encoded.frames,
        "score": encoded.score,
        "bytes": len(encoded.content),
    }


OPERATIONS: dict[str, Operation] = {"encode": encode}
