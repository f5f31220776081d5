"""From an uploaded file to its renditions: decode once, then shrink from large to small."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO, NamedTuple

from PIL import Image

from processing.imaging.bands import shrink_in_bands
from processing.imaging.codepoints import implied_profile
from processing.imaging.color import to_gamut, widest_gamut
from processing.imaging.content import read_content
from processing.imaging.decoding import Frame, Source, decode_frames, decode_still, loop_count
from processing.imaging.errors import blaming_the_image
from processing.imaging.gamuts import in_srgb
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
from processing.imaging.sizes import SRGB, Size


def render(
    file: BinaryIO, sizes: Sequence[Size], limits: Limits, *, wide: Collection[Size] = ()
) -> Iterator[tuple[Size, Picture]]:
    """Yield the picture at each size (upright, in pixels), largest first.

    At the sizes in `wide`, colours beyond sRGB are kept in Display P3 where the file has any.

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
    return renditions(source, ordered, frozenset(wide))


def _render_still(
    source: Source, sizes: Sequence[Size], wide: frozenset[Size]
) -> Iterator[tuple[Size, Picture]]:
    if not sizes:
        return
    image, gamut = _first_rendition(source, sizes[0], wide=not wide.isdisjoint(sizes))
    for size in sizes:
        image = shrink(image, size)
        picture = Picture.still(without_opaque_alpha(straighten(image)), gamut)
        yield size, picture if size in wide else in_srgb(picture)


def _first_rendition(source: Source, size: Size, *, wide: bool) -> tuple[Image.Image, str]:
    """Return the largest rendition, premultiplied: the costly steps run on shrunk pixels."""
    frame = _decoded_and_shrunk(source, upright_size(size, source.turn))
    with blaming_the_image(pixels=source.pixels):
        gamut = widest_gamut(frame.image.mode, frame.profile) if wide else SRGB
        return premultiply(_develop(frame, source.turn, gamut)), gamut


def _decoded_and_shrunk(source: Source, stored: Size) -> Frame:
    """Return a still at `stored` size; what was decoded is given back before anything follows."""
    frame = decode_still(source, upright_size(stored, source.turn))
    with blaming_the_image(pixels=source.pixels):
        return _shrunk(frame, stored)


def _shrunk(frame: Frame, stored: Size) -> Frame:
    return replace(frame, image=straighten(shrink_in_bands(frame.image, stored)))


def _develop(frame: Frame, turn: int, gamut: str) -> Image.Image:
    """Return a frame in a gamut and upright, alpha apart from the colours."""
    return turn_upright(to_gamut(frame.image, frame.profile, gamut), turn)


def _render_animation(
    source: Source, sizes: Sequence[Size], wide: frozenset[Size]
) -> Iterator[tuple[Size, Picture]]:
    survey = _survey(source)
    loop = loop_count(source)
    mode = "RGB" if survey.opaque else "RGBA"
    for size in sizes:
        gamut = survey.gamut if size in wide else SRGB
        frames = partial(_developed_frames, source, size, mode, gamut)
        if len(survey.durations_ms) > 1:
            yield size, Picture(size, mode, frames, survey.durations_ms, loop, gamut)
        else:
            yield size, Picture.still(next(frames()), gamut)


class _Survey(NamedTuple):
    """What one pass over an animation tells: times, whether all is opaque, its widest gamut."""

    durations_ms: tuple[int, ...]
    opaque: bool
    gamut: str


def _survey(source: Source) -> _Survey:
    durations: list[int] = []
    opaque, gamut = True, SRGB
    for frame in decode_frames(source):
        durations.append(frame.duration_ms)
        opaque = opaque and is_opaque(frame.image)
        gamut = gamut if gamut != SRGB else widest_gamut(frame.image.mode, frame.profile)
    return _Survey(tuple(durations), opaque, gamut)


def _developed_frames(source: Source, size: Size, mode: str, gamut: str) -> Iterator[Image.Image]:
    for frame in decode_frames(source):
        with blaming_the_image(pixels=source.pixels):
            shrunk = _shrunk(frame, upright_size(size, source.turn))
            image = _develop(shrunk, source.turn, gamut).convert(mode)
        image.info = {}
        yield image
