"""Pictures from one gamut to the other."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from PIL import Image

from processing.imaging.color import to_srgb
from processing.imaging.pictures import Picture
from processing.imaging.sizes import SRGB


def in_srgb(picture: Picture) -> Picture:
    """Return the picture in sRGB; colours beyond it are clipped. Frames are converted as drawn."""
    if picture.gamut == SRGB:
        return picture
    frames = partial(_frames, picture.open_frames, picture.icc_profile)
    if picture.animated:
        return replace(picture, open_frames=frames, gamut=SRGB)
    return Picture.still(next(frames()))


def _frames(
    open_frames: Callable[[], Iterator[Image.Image]], profile: bytes | None
) -> Iterator[Image.Image]:
    for frame in open_frames():
        yield to_srgb(frame, profile)
