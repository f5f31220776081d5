"""The declared need of memory, held against what a process really takes."""

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from processing.imaging import (
    Header,
    Limits,
    Size,
    inspect,
    most_decoder_bytes,
    needed_bytes,
)
from tests.corpus import files_in
from tests.processing.imaging.samples import animation, exif, saved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")

MEGABYTE = 1024 * 1024
LARGEST = Size(2560, 1920)
LIMITS = Limits(max_bytes=256 * MEGABYTE, max_animation_pixels=500_000_000)

# Renders and writes what it renders, as the stage does; prints by how much its peak grew.
CHILD = """
import sys, tempfile
from processing.imaging import Limits, Size, heic, render, write

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024

path, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
limits = Limits(max_bytes=2**28, max_animation_pixels=500_000_000, heic=heic.available())
if limits.heic:
    heic.register()
before = peak()
with open(path, "rb") as file:
    for size, picture in render(file, [Size(width, height), Size(320, 240)], limits):
        with tempfile.TemporaryFile() as scratch:
            write(picture, scratch)
print(peak() - before)
"""


def measured(path: Path, largest: Size = LARGEST) -> int:
    """Return by how many bytes rendering a file raises the peak of a process."""
    command = [sys.executable, "-c", CHILD, str(path), *map(str, largest)]
    root = Path(__file__).parents[3]
    # The interpreter is ours and so is what it runs.
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    return int(done.stdout)


def predicted(path: Path, largest: Size = LARGEST) -> int:
    with path.open("rb") as file:
        return needed_bytes(inspect(file, LIMITS), largest, content_bytes=path.stat().st_size)


def smooth(mode: str, size: tuple[int, int] = (4000, 3000)) -> Image.Image:
    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(0, 256, (9, 12, 4), dtype=np.uint8))
    image = coarse.resize(size, Image.Resampling.BICUBIC)
    return Image.merge("CMYK", image.split()) if mode == "CMYK" else image.convert(mode)


def deep() -> Image.Image:
    return Image.fromarray(np.asarray(smooth("L")).astype(np.uint16) * 257)


def paletted(**settings: object) -> bytes:
    return saved(smooth("RGB").quantize(64, method=Image.Quantize.FASTOCTREE), "PNG", **settings)


KINDS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(smooth("RGB"), "JPEG"),
    "jpeg-grey": lambda: saved(smooth("L"), "JPEG"),
    "jpeg-cmyk": lambda: saved(smooth("CMYK"), "JPEG"),
    "jpeg-turned": lambda: saved(smooth("RGB"), "JPEG", exif=exif(6)),
    "jpeg-progressive": lambda: saved(smooth("RGB"), "JPEG", progressive=True),
    "jpeg-progressive-444": lambda: saved(
        smooth("RGB"), "JPEG", progressive=True, subsampling="4:4:4"
    ),
    "png": lambda: saved(smooth("RGB"), "PNG", compress_level=1),
    "png-alpha": lambda: saved(smooth("RGBA"), "PNG", compress_level=1),
    "png-palette": paletted,
    "png-palette-transparent": lambda: paletted(transparency=3),
    "png-sixteen-bit": lambda: saved(deep(), "PNG", compress_level=1),
    "tiff": lambda: saved(smooth("RGB"), "TIFF"),
    "tiff-cmyk": lambda: saved(smooth("CMYK"), "TIFF", compression="tiff_lzw"),
    "tiff-one-strip": lambda: saved(
        smooth("RGB"), "TIFF", compression="tiff_lzw", tiffinfo={278: 3000}
    ),
    "tiff-float": lambda: saved(smooth("L").convert("F"), "TIFF"),
    "webp": lambda: saved(smooth("RGB"), "WEBP", method=0),
    "webp-lossless-alpha": lambda: saved(
        smooth("RGBA"), "WEBP", lossless=True, method=0, quality=0
    ),
    "avif": lambda: saved(smooth("RGB"), "AVIF", speed=10),
    "avif-alpha-444": lambda: saved(smooth("RGBA"), "AVIF", speed=10, subsampling="4:4:4"),
    "bmp": lambda: saved(smooth("RGB"), "BMP"),
    "gif": lambda: saved(smooth("RGB").quantize(64, method=2), "GIF"),
    "gif-moving": lambda: animation("GIF", [smooth("RGB", (1600, 1200))] * 2 + shifted(6)),
    "webp-moving": lambda: animation("WEBP", shifted(4), method=0),
    "png-moving": lambda: animation("PNG", shifted(4), compress_level=1),
    "avif-moving": lambda: animation("AVIF", shifted(4), speed=10),
}


def shifted(count: int) -> list[Image.Image]:
    image = smooth("RGB", (1600, 1200))
    return [image.rotate(90 * index).resize((1600, 1200)) for index in range(count)]


@pytest.mark.minutes
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_takes_what_was_declared_for_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(KINDS[kind]())
    largest = Size(1600, 1200) if kind.endswith("moving") else LARGEST
    need, peak = predicted(path, largest), measured(path, largest)
    assert peak <= need <= 1.6 * peak + 32 * MEGABYTE


def test_heic_takes_what_was_declared_for_it(tmp_path: Path) -> None:
    """Without the opener: it would stay registered in this process."""
    package = pytest.importorskip("pillow_heif", reason="no HEIC decoder: pip install .[heic]")
    path, image = tmp_path / "picture", smooth("RGB")
    package.from_pillow(image).save(path, quality=80)
    decoder_bytes = most_decoder_bytes("heic", image.width * image.height)
    header = Header("heic", *image.size, 1, False, False, 1, "RGB", decoder_bytes)
    need = needed_bytes(header, LARGEST, content_bytes=path.stat().st_size)
    peak = measured(path)
    assert peak <= need <= 1.6 * peak + 32 * MEGABYTE


def test_a_draft_takes_less() -> None:
    header = inspect(BytesIO(saved(smooth("RGB"), "JPEG")), LIMITS)
    small, large = (
        needed_bytes(header, size, content_bytes=0) for size in (Size(320, 240), LARGEST)
    )
    assert small < large / 2


def test_jpegs_in_several_scans_keep_all_their_coefficients() -> None:
    area = 4000 * 3000
    header = inspect(BytesIO(KINDS["jpeg-progressive"]()), LIMITS)
    assert header.decoder_bytes == pytest.approx(area * 1.5 * 2, rel=0.01)
    header = inspect(BytesIO(KINDS["jpeg-progressive-444"]()), LIMITS)
    assert header.decoder_bytes == area * 3 * 2
    assert inspect(BytesIO(KINDS["jpeg"]()), LIMITS).decoder_bytes == 0


def test_a_hundred_megapixels_fit_into_a_large_worker(tmp_path: Path) -> None:
    """600 MB are the limit for the whole process, which takes about 100 by itself."""
    path, largest = tmp_path / "large.jpg", Size(2560, 2560)
    path.write_bytes(saved(smooth("RGB", (10_000, 10_000)), "JPEG"))
    assert measured(path, largest) <= predicted(path, largest) <= 500 * MEGABYTE


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path: Path) -> None:
    peaks = {}
    for count in (100, 500):
        path = tmp_path / f"{count}.gif"
        path.write_bytes(moving_dot(count))
        peaks[count] = measured(path, Size(400, 300)) - path.stat().st_size
    # Held as frames, the other four hundred would take 190 MB.
    assert peaks[500] - peaks[100] < 8 * MEGABYTE


def moving_dot(count: int) -> bytes:
    background = smooth("RGB", (400, 300)).quantize(32)
    frames = []
    for index in range(count):
        frame = background.copy()
        frame.paste(index % 32, (index % 380, index % 280, index % 380 + 20, index % 280 + 20))
        frames.append(frame)
    return animation("GIF", frames, duration=40, loop=0)


@pytest.mark.parametrize("path", files_in("photos"))
def test_photographs_fit_into_an_ordinary_worker(path: Path) -> None:
    """350 MB are the limit for the whole process, which takes about 100 by itself."""
    with path.open("rb") as file:
        header = inspect(file, LIMITS)
    width = min(2560, header.width)
    largest = Size(width, round(header.height * width / header.width))
    assert measured(path, largest) <= predicted(path, largest) <= 240 * MEGABYTE
