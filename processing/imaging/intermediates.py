"""The lossless scratch format in which one stage leaves pictures for the next."""

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from PIL import Image

from processing.imaging.containers import webp_durations_ms
from processing.imaging.limits import Limits
from processing.imaging.opening import open_image
from processing.imaging.pictures import Picture, without_metadata
from processing.imaging.sizes import DISPLAY_P3, SRGB, Size
from processing.imaging.streams import FrameStream


def extension(picture: Picture) -> str:
    """Return "tiff" for a still and "webp" for an animation."""
    return "webp" if picture.animated else "tiff"


def write(picture: Picture, file: BinaryIO) -> None:
    """Write a picture so that `read` returns the same pixels, gamut, times and loop count.

    A still is an uncompressed TIFF: at 2 ms per megapixel nothing is faster, and scratch space is
    cheap. An animation is lossless WebP at its fastest, of which one frame is in memory at a time;
    frames in a row that look the same come back as one that lasts as long.
    """
    if picture.animated:
        _write_animation(picture, file)
    else:
        frame = picture.first_frame()
        frame.save(file, "TIFF", compression="raw", icc_profile=picture.icc_profile)


def read(file: BinaryIO) -> Picture:
    """Return a picture that `write` wrote; it stays valid after the file is closed."""
    content = file.read()
    if content[:4] == b"RIFF":
        return _read_animation(content)
    with open_image(content, "tiff", Limits()) as image:
        image.load()
        return Picture.still(image, _gamut_of(image))


def _write_animation(picture: Picture, file: BinaryIO) -> None:
    FrameStream(picture.open_frames, picture.frame_count).save(
        file,
        "WEBP",
        save_all=True,
        lossless=True,
        method=0,
        quality=0,
        duration=list(picture.durations_ms),
        loop=picture.loop,
        background=(0, 0, 0, 0),
        icc_profile=picture.icc_profile,
        # The encoder marks every animation as transparent, so the true mode travels as a note.
        xmp=picture.mode.encode(),
    )


def _read_animation(content: bytes) -> Picture:
    with open_image(content, "webp", Limits()) as image:
        size, loop = Size(*image.size), int(image.info["loop"])
        mode, gamut = image.info["xmp"].decode(), _gamut_of(image)
    durations = webp_durations_ms(content)
    frames = partial(_frames, content, mode)
    if len(durations) > 1:
        return Picture(size, mode, frames, durations, loop, gamut)
    return Picture.still(next(frames()), gamut)


def _gamut_of(image: Image.Image) -> str:
    """Return what a profile in our own files says: only those of a wide gamut carry one."""
    return DISPLAY_P3 if image.info.get("icc_profile") else SRGB


def _frames(content: bytes, mode: str) -> Iterator[Image.Image]:
    with open_image(content, "webp", Limits()) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            yield without_metadata(image.convert(mode))
