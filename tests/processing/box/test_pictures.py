"""The box gives what imaging gives in the same process, to the byte and to the word."""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from processing import imaging
from processing.box import allowance, pictures
from processing.imaging import Header, ImagingError, Limits, Size
from tests.corpus import files_in
from tests.hostile.pictures import FORMATS, files, saved

LIMITS = Limits(max_pixels=60_000_000, max_frames=200)
HOSTILE = files()
Verdict = Header | tuple[str, str]


def outside(file: BinaryIO) -> Verdict:
    """Return what this process makes of a file."""
    try:
        return imaging.inspect(file, LIMITS)
    except ImagingError as error:
        return type(error).__name__, error.detail


def boxed(file: BinaryIO) -> Verdict:
    try:
        return pictures.inspect(file, LIMITS)
    except ImagingError as error:
        return type(error).__name__, error.detail


def sizes_of(header: Header) -> list[Size]:
    """Return the whole size of a small picture, and one that is shrunk."""
    width, height = min(header.width, 1200), min(header.height, 1200)
    return sorted({Size(width, height), Size(max(1, width // 3), max(1, height // 3))})


def rendered_outside(file: BinaryIO, sizes: Sequence[Size]) -> dict[Size, bytes] | str:
    written = {}
    try:
        for size, picture in imaging.render(file, sizes, LIMITS, wide=sizes[:1]):
            output = BytesIO()
            imaging.write(picture, output)
            written[size] = output.getvalue()
    except ImagingError as error:
        return f"{type(error).__name__}: {error.detail}"
    return written


def rendered_boxed(
    file: BinaryIO, sizes: Sequence[Size], header: Header
) -> dict[Size, bytes] | str:
    largest = max(sizes, key=lambda size: size.area)
    content_bytes = file.seek(0, os.SEEK_END)
    needed = imaging.needed_bytes(header, largest, content_bytes=content_bytes)
    granted = allowance.for_rendering(needed, sizes, frames=header.frames, cpu_seconds=60)
    try:
        with pictures.render(file, sizes, LIMITS, granted, wide=sizes[:1]) as renditions:
            return {each.asked: each.file.read() for each in renditions}
    except ImagingError as error:
        return f"{type(error).__name__}: {error.detail}"


def assert_equal(file: BinaryIO) -> None:
    """Check that headers, refusals and renditions do not depend on where they are made."""
    header = outside(file)
    assert boxed(file) == header
    if isinstance(header, Header):
        sizes = sizes_of(header)
        assert rendered_boxed(file, sizes, header) == rendered_outside(file, sizes)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_meet_the_same_verdict(name: str) -> None:
    assert_equal(BytesIO(HOSTILE[name]))


@pytest.mark.parametrize("name", FORMATS)
def test_a_rendition_is_the_same_to_the_byte(name: str) -> None:
    assert_equal(BytesIO(saved(name, size=(320, 240))))


@pytest.mark.parametrize("path", [*files_in("awkward"), *files_in("orientation")])
def test_real_files_come_out_the_same(path: Path) -> None:
    with path.open("rb") as file:
        assert_equal(file)


@pytest.mark.parametrize("path", files_in("malformed"))
def test_malformed_files_meet_the_same_verdict(path: Path) -> None:
    with path.open("rb") as file:
        assert_equal(file)
