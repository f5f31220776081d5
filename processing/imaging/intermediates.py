"""The lossless scratch format in which one stage leaves pictures for the next."""

import os
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from PIL import Image, ImageFile

from processing.imaging.limits import Limits
from processing.imaging.opening import open_image
from processing.imaging.pictures import Picture, without_metadata
from processing.imaging.sizes import DISPLAY_P3, SRGB
from processing.imaging.webp_frames import (
    ReadAt,
    StoredAnimation,
    draw_frames,
    read_index,
    write_frames,
)

# More than any note at the end of a file.
MOST_BYTES_AFTER_FRAMES = 1024


def extension(picture: Picture) -> str:
    """Return "tiff" for a still and "webp" for an animation."""
    return "webp" if picture.animated else "tiff"


def write(picture: Picture, file: BinaryIO) -> None:
    """Write a picture so that `read` returns the same pixels, gamut, times and loop count.

    A still is an uncompressed TIFF: at 2 ms per megapixel nothing is faster, and scratch space is
    cheap. An animation is lossless WebP, of which two frames are in memory at a time; frames in a
    row that are the same come back as one that lasts as long.
    """
    if picture.animated:
        write_frames(picture, file)
    else:
        frame = picture.first_frame()
        frame.save(file, "TIFF", compression="raw", icc_profile=picture.icc_profile)


def read(file: BinaryIO) -> Picture:
    """Return a picture that `write` wrote; it stays valid after the file is closed."""
    file.seek(0)
    if file.read(4) == b"RIFF":
        return _read_animation(_reader(file))
    file.seek(0)
    with open_image(file.read(), "tiff", Limits()) as image:
        _check_uncompressed(image)
        image.load()
        return Picture.still(image, _gamut_of(image))


def _check_uncompressed(image: ImageFile.ImageFile) -> None:
    """Raise ValueError for a TIFF that `write` did not write.

    The process that wrote it had hostile bytes before it; here libtiff shall not meet its work.
    """
    if {tile[0] for tile in image.tile} != {"raw"}:
        raise ValueError("an intermediate is an uncompressed TIFF, and this one is not")


def _reader(file: BinaryIO) -> ReadAt:
    """Return what reads (offset, length) of a file, also after its owner has closed it."""
    try:
        descriptor = os.dup(file.fileno())
    except (OSError, AttributeError):
        file.seek(0)
        content = file.read()
        return lambda offset, length: content[offset : offset + length]
    kept = os.fdopen(descriptor, "rb", buffering=0)
    return lambda offset, length: os.pread(kept.fileno(), length, offset)


def _read_animation(read_at: ReadAt) -> Picture:
    stored = read_index(read_at)
    frames = partial(_frames, stored, read_at)
    if len(stored.frames) > 1:
        durations = stored.durations_ms
        return Picture(stored.size, stored.mode, frames, durations, stored.loop, stored.gamut)
    return Picture.still(next(frames()), stored.gamut)


def _gamut_of(image: Image.Image) -> str:
    """Return what a profile in our own files says: only those of a wide gamut carry one."""
    return DISPLAY_P3 if image.info.get("icc_profile") else SRGB


def _frames(stored: StoredAnimation, read_at: ReadAt) -> Iterator[Image.Image]:
    if all(frame.replaces for frame in stored.frames):
        return draw_frames(stored, read_at)
    # Left by a worker that still had libwebp put its animations together.
    return _frames_by_libwebp(stored, read_at)


def _frames_by_libwebp(stored: StoredAnimation, read_at: ReadAt) -> Iterator[Image.Image]:
    last = stored.frames[-1]
    content = read_at(0, last.offset + last.length + MOST_BYTES_AFTER_FRAMES)
    with open_image(content, "webp", Limits()) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            yield without_metadata(image.convert(stored.mode))
