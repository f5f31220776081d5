"""Lay an image over pictures: a watermark, a logo, a frame.

Compositing is source-over on sRGB values as they are stored, as browsers do it: "Compositing and
Blending Level 1", https://www.w3.org/TR/compositing-1/.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.color import to_gamut
from processing.imaging.errors import ImagingError, TooManyFrames, UnsupportedFormat
from processing.imaging.inspection import Header, inspect
from processing.imaging.limits import Limits
from processing.imaging.overlay_specs import ANCHORS, OverlaySpec
from processing.imaging.pictures import Picture
from processing.imaging.rendering import render
from processing.imaging.resizing import premultiply, shrink, straighten
from processing.imaging.sizes import Size

FORMATS = frozenset({"png", "webp", "jpeg"})
# Every stage that encodes decodes it again, beside the picture: 16 MB of RGBA at most.
LIMITS = Limits(max_bytes=8 * 1024 * 1024, max_pixels=4_000_000, max_side=4096)


class Placed(NamedTuple):
    """An RGBA image and where its top left corner stands in the picture."""

    image: Image.Image
    left: int
    top: int


def inspect_overlay(file: BinaryIO) -> Header:
    """Return the header of a file that can serve as an overlay; raises ImagingError if it cannot.

    The pixels are decoded too: a file that is broken further down is refused now, not in a stage.
    """
    header = inspect(file, LIMITS)
    if header.format not in FORMATS:
        raise UnsupportedFormat("An overlay must be a PNG, WebP or JPEG file: export it as PNG.")
    if header.animated:
        raise TooManyFrames("An overlay must be a still: export one frame of it.")
    read_overlay(file)
    return header


def read_overlay(file: BinaryIO) -> Image.Image:
    """Return an overlay's file as an RGBA image, sRGB and upright; raises ImagingError."""
    header = inspect(file, LIMITS)
    for _, picture in render(file, [Size(header.width, header.height)], LIMITS):
        return picture.first_frame().convert("RGBA")
    raise ImagingError


def carries_overlay(picture: Picture, spec: OverlaySpec) -> bool:
    """Return whether a picture is wide enough for its preset's overlay."""
    return picture.width >= spec.minimum_width


def overlaid(picture: Picture, overlay: Image.Image, spec: OverlaySpec) -> Picture:
    """Return the picture with an sRGB RGBA image laid over it; of an animation over every frame.

    An animation still draws its frames one by one. A grey picture becomes a coloured one if the
    overlay has colour.
    """
    placed = _placed(to_gamut(overlay, None, picture.gamut), picture.size, spec)
    mode = _mode_with(picture.mode, placed.image)
    frames = partial(_frames, picture.open_frames, placed, mode)
    if picture.animated:
        return replace(picture, mode=mode, open_frames=frames)
    image = next(frames())
    return replace(picture, mode=mode, open_frames=lambda: iter((image,)))


def _frames(
    open_frames: Callable[[], Iterator[Image.Image]], placed: Placed, mode: str
) -> Iterator[Image.Image]:
    for frame in open_frames():
        yield _composed(frame, placed, mode)


def _composed(frame: Image.Image, placed: Placed, mode: str) -> Image.Image:
    """Return a copy of the frame with the overlay over it."""
    at = (placed.left, placed.top)
    if mode in ("L", "RGB"):
        composed = frame.convert(mode) if frame.mode != mode else frame.copy()
        composed.paste(placed.image.convert(mode), at, mask=placed.image.getchannel("A"))
        return composed
    composed = frame.convert("RGBA") if frame.mode != "RGBA" else frame.copy()
    composed.alpha_composite(placed.image, at)
    return composed.convert(mode)


def _mode_with(mode: str, overlay: Image.Image) -> str:
    if mode in ("RGB", "RGBA") or _is_grey(overlay):
        return mode
    return {"L": "RGB", "LA": "RGBA"}[mode]


def _is_grey(overlay: Image.Image) -> bool:
    """Return whether an RGBA image has no colour where anything of it can be seen."""
    pixels = np.asarray(overlay)
    visible = pixels[pixels[..., 3] > 0][:, :3]
    return bool((visible == visible[:, :1]).all())


# --- Size and place ---------------------------------------------------------------------------


def _placed(overlay: Image.Image, canvas: Size, spec: OverlaySpec) -> Placed:
    margin = round(spec.margin * min(canvas))
    size = overlay_size(Size(*overlay.size), canvas, spec)
    scaled = _faded(straighten(shrink(premultiply(overlay), size)), spec.opacity)
    if spec.tile:
        return Placed(_tiled(scaled, canvas, margin), 0, 0)
    across, down = ANCHORS[spec.position]
    left, top = (
        _start(canvas.width, size.width, margin, across),
        _start(canvas.height, size.height, margin, down),
    )
    return Placed(scaled, left, top)


def overlay_size(overlay: Size, canvas: Size, spec: OverlaySpec) -> Size:
    """Return the size of an overlay on a canvas: never above its own, and within the margins.

    It is not enlarged, like everything else here: a mark that is blurred looks worse than one
    that is small.
    """
    margin = round(spec.margin * min(canvas))
    room = Size(max(1, canvas.width - 2 * margin), max(1, canvas.height - 2 * margin))
    scale = min(
        1.0,
        spec.scale * canvas.width / overlay.width,
        room.width / overlay.width,
        room.height / overlay.height,
    )
    return Size(max(1, round(overlay.width * scale)), max(1, round(overlay.height * scale)))


def _start(canvas: int, length: int, margin: int, share: float) -> int:
    """Return where a length begins between the margins, `share` of the free space before it."""
    return margin + round(share * (canvas - 2 * margin - length))


def _faded(image: Image.Image, opacity: float) -> Image.Image:
    if opacity == 1.0:
        return image
    faded = image.copy()
    faded.putalpha(image.getchannel("A").point([round(alpha * opacity) for alpha in range(256)]))
    return faded


def _tiled(image: Image.Image, canvas: Size, gap: int) -> Image.Image:
    """Return copies of an image all over the canvas, from the margin at the top left on."""
    cell: NDArray[Any] = np.pad(np.asarray(image), ((gap, 0), (gap, 0), (0, 0)))
    down, across = -(-canvas.height // cell.shape[0]), -(-canvas.width // cell.shape[1])
    tiled = np.tile(cell, (down, across, 1))[: canvas.height, : canvas.width]
    return Image.fromarray(np.ascontiguousarray(tiled))
