"""From an uploaded file to its renditions: decode once, then shrink from large to small."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from PIL import Image

from processing.imaging.bands import shrink_in_bands
from processing.imaging.codepoints import implied_profile
from processing.imaging.color import to_srgb
from processing.imaging.content import read_content
from processing.imaging.decoding import Frame, Source, decode_frames, decode_still, loop_count
from processing.imaging.errors import blaming_the_image
from processing.imaging.inspection import inspect_content
from processing.imaging.limits import Limits
from processing.imaging.orientation import turn_upright, upright_size
from processing.imaging.pictures import Picture
from processing.imaging.resizing import (
    is_opaque,
    premultiply,
    shrink,
    straighten,
    without_opaque_alpha,
)
from processing.imaging.sizes import Size


def render(file: BinaryIO, sizes: Sequence[Size], limits: Limits) -> Iterator[tuple[Size, Picture]]:
    """Yield the picture at each size (upright, in pixels), largest first.

    A still is decoded once and each size is shrunk from the one before. An animation is decoded
    once to learn its timing and once more for every pass over a picture's frames, so that no more
    than a few frames are ever in memory; its pictures stay valid after the file is closed.
    Raises ImagingError, for animations also while frames are drawn from a picture.
    """
    content = read_content(file, limits)
    header = inspect_content(content, limits)
    source = Source(content, header, limits, implied_profile(header.format, content))
    ordered = sorted(set(sizes), key=lambda size: size.area, reverse=True)
    renditions = _render_animation if source.header.animated else _render_still
    return renditions(source, ordered)


def _render_still(source: Source, sizes: Sequence[Size]) -> Iterator[tuple[Size, Picture]]:
    if not sizes:
        return
    image = _first_rendition(source, sizes[0])
    for size in sizes:
        image = shrink(image, size)
        yield size, Picture.still(without_opaque_alpha(straighten(image)))


def _first_rendition(source: Source, size: Size) -> Image.Image:
    """Return the largest rendition, premultiplied: the costly steps run on shrunk pixels."""
    frame = _decoded_and_shrunk(source, upright_size(size, source.turn))
    with blaming_the_image(pixels=source.pixels):
        return premultiply(_develop(frame, source.turn))


def _decoded_and_shrunk(source: Source, stored: Size) -> Frame:
    """Return a still at `stored` size; what was decoded is given back before anything follows."""
    frame = decode_still(source, upright_size(stored, source.turn))
    with blaming_the_image(pixels=source.pixels):
        return _shrunk(frame, stored)


def _shrunk(frame: Frame, stored: Size) -> Frame:
    return replace(frame, image=straighten(shrink_in_bands(frame.image, stored)))


def _develop(frame: Frame, turn: int) -> Image.Image:
    """Return a frame in sRGB and upright, alpha apart from the colours."""
    return turn_upright(to_srgb(frame.image, frame.profile), turn)


def _render_animation(source: Source, sizes: Sequence[Size]) -> Iterator[tuple[Size, Picture]]:
    durations, opaque = _survey(source)
    loop = loop_count(source)
    mode = "RGB" if opaque else "RGBA"
    for size in sizes:
        frames = partial(_developed_frames, source, size, mode)
        if len(durations) > 1:
            yield size, Picture(size, mode, frames, durations, loop)
        else:
            yield size, Picture.still(next(frames()))


def _survey(source: Source) -> tuple[tuple[int, ...], bool]:
    """Return every frame's time in milliseconds and whether all frames are opaque."""
    durations: list[int] = []
    opaque = True
    for frame in decode_frames(source):
        durations.append(frame.duration_ms)
        opaque = opaque and is_opaque(frame.image)
    return tuple(durations), opaque


def _developed_frames(source: Source, size: Size, mode: str) -> Iterator[Image.Image]:
    for frame in decode_frames(source):
        with blaming_the_image(pixels=source.pixels):
            shrunk = _shrunk(frame, upright_size(size, source.turn))
            image = _develop(shrunk, source.turn).convert(mode)
        image.info = {}
        yield image
