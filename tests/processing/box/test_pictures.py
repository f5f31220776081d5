"""The box gives what imaging gives in the same process, to the byte and to the word."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from processing import imaging
from processing.box import allowance, pictures
from processing.box.allowance import Allowance
from processing.box.errors import DecoderFailed
from processing.imaging import Header, ImagingError, Limits, Size
from tests.corpus import files_in
from tests.hostile.pictures import FORMATS, files, saved
from tests.processing.box.conftest import Do

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


def animation(codec: str) -> bytes:
    frames = [Image.linear_gradient("L").rotate(90 * turns).convert("RGB") for turns in range(3)]
    file = BytesIO()
    frames[0].save(file, codec, save_all=True, append_images=frames[1:])
    return file.getvalue()


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


@pytest.mark.parametrize("name", [*FORMATS, "animated GIF", "animated WEBP", "animated PNG"])
def test_nothing_is_loaded_once_a_child_is_shut_in(do: Do, name: str) -> None:
    content = animation(name.split()[1]) if " " in name else saved(name, size=(640, 480))
    sizes = sizes_of(imaging.inspect(BytesIO(content), LIMITS))
    arguments = {"limits": asdict(LIMITS), "sizes": sizes, "wide": sizes[:1]}
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(1 + len(sizes))]
        files[0].write(content)
        files[0].flush()
        loaded = do(
            "loaded_while",
            *(file.fileno() for file in files),
            allowance=Allowance(memory_bytes=2**29, cpu_seconds=20, file_bytes=2**24),
            real="render",
            arguments=arguments,
        )
        assert os.fstat(files[-1].fileno()).st_size > 0
    assert loaded == []


def test_the_file_that_is_handed_over_cannot_be_changed(do: Do) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"as it was")
        with pictures.read_only(file) as descriptor, pytest.raises(DecoderFailed):
            do("write_over_input", descriptor)
        file.seek(0)
        assert file.read() == b"as it was"


@pytest.mark.parametrize("path", [*files_in("awkward"), *files_in("orientation")])
def test_real_files_come_out_the_same(path: Path) -> None:
    with path.open("rb") as file:
        assert_equal(file)


@pytest.mark.parametrize("path", files_in("malformed"))
def test_malformed_files_meet_the_same_verdict(path: Path) -> None:
    with path.open("rb") as file:
        assert_equal(file)
