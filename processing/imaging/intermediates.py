"""The lossless scratch format in which one stage leaves pictures for the next."""

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from PIL import Image

from processing.imaging.containers import webp_durations_ms
from processing.imaging.limits import Limits
from processing.imaging.opening import open_image
from processing.imaging.pictures import Picture, without_metadata
from processing.imaging.sizes import Size
from processing.imaging.streams import FrameStream


def extension(picture: Picture) -> str:
    """Return "tiff" for a still and "webp" for an animation."""
    return "webp" if picture.animated else "tiff"


def write(picture: Picture, file: BinaryIO) -> None:
    """Write a picture so that `read` returns the same pixels, times and loop count.

    A still is an uncompressed TIFF: at 2 ms per megapixel nothing is faster, and scratch space is
    cheap. An animation is lossless WebP at its fastest, of which one frame is in memory at a time;
    frames in a row that look the same come back as one that lasts as long.
    """
    if picture.animated:
        _write_animation(picture, file)
    else:
        picture.first_frame().save(file, "TIFF", compression="raw")


def read(file: BinaryIO) -> Picture:
    """Return a picture that `write` wrote; it stays valid after the file is closed."""
    content = file.read()
    if content[:4] == b"RIFF":
        return _read_animation(content)
    with open_image(content, "tiff", Limits()) as image:
        image.load()
        return Picture.still(image)


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
        # The encoder marks every animation as transparent, so the true mode travels as a note.
        xmp=picture.mode.encode(),
    )


def _read_animation(content: bytes) -> Picture:
    with open_image(content, "webp", Limits()) as image:
        size, loop = Size(*image.size), int(image.info["loop"])
        mode = image.info["xmp"].decode()
    durations = webp_durations_ms(content)
    frames = partial(_frames, content, mode)
    if len(durations) > 1:
        return Picture(size, mode, frames, durations, loop)
    return Picture.still(next(frames()))


def _frames(content: bytes, mode: str) -> Iterator[Image.Image]:
    with open_image(content, "webp", Limits()) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            yield without_metadata(image.convert(mode))
