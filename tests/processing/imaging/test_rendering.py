import subprocess
import sys
import textwrap
from contextlib import suppress
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageFile

from processing.imaging import (
    ImagingError,
    Limits,
    Size,
    TooManyPixels,
    TruncatedImage,
    UndecodableImage,
    render,
)
from processing.imaging.errors import explain
from tests.processing.imaging.samples import (
    LIMITS,
    animation,
    bomb,
    cutout,
    difference,
    drawing,
    exif,
    photo,
    png,
    png_chunk,
    rendered,
    saved,
)

WIDTHS = [Size(800, 600), Size(400, 300), Size(200, 150), Size(100, 75)]


def test_one_decode_serves_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    decodes = []
    original = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> object:
        if image.tile:
            decodes.append(image.size)
        return original(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    content = saved(photo(1600, 1200), "JPEG")
    assert [size for size, _ in render(BytesIO(content), WIDTHS, LIMITS)] == WIDTHS
    assert len(decodes) == 1


def test_a_jpeg_is_shrunk_while_it_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    original = ImageFile.ImageFile.load

    def recorded(image: ImageFile.ImageFile) -> object:
        decoded.append(image.size)
        return original(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", recorded)
    rendered(saved(photo(1600, 1200), "JPEG"), Size(200, 150))
    assert decoded[0] == (400, 300)


def test_a_cascade_looks_like_direct_resizing() -> None:
    image = photo(1600, 1200)
    for size, picture in render(BytesIO(saved(image, "PNG")), WIDTHS, LIMITS):
        direct = image.resize(size, Image.Resampling.LANCZOS)
        assert difference(picture.first_frame(), direct) < 1.5, size


def test_sizes_come_largest_first_and_once() -> None:
    content = saved(photo(400, 300), "PNG")
    sizes = [size for size, _ in render(BytesIO(content), [*WIDTHS[::-1], WIDTHS[1]], LIMITS)]
    assert all(left.area > right.area for left, right in pairwise(sizes))


def test_a_cutout_has_no_dark_fringe() -> None:
    picture = rendered(saved(cutout(400, 400), "PNG"), Size(50, 50))
    pixels = np.asarray(picture.first_frame())
    visible = pixels[pixels[..., 3] > 16]
    assert visible[:, 0].min() >= 245
    assert visible[:, 1:3].max() <= 10


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_alpha_channel_that_hides_nothing_is_dropped(mode: str) -> None:
    picture = rendered(saved(photo().convert(mode), "PNG"))
    assert (picture.mode, picture.has_alpha) == (mode.removesuffix("A"), False)


@pytest.mark.parametrize(
    ("mode", "codec", "expected"),
    [
        ("1", "PNG", "L"),
        ("1", "TIFF", "L"),
        ("L", "JPEG", "L"),
        ("LA", "PNG", "LA"),
        ("P", "PNG", "RGB"),
        ("P", "GIF", "RGB"),
        ("RGB", "BMP", "RGB"),
        ("RGBA", "WEBP", "RGBA"),
        ("RGBA", "TIFF", "RGBA"),
        ("CMYK", "TIFF", "RGB"),
        ("YCbCr", "TIFF", "RGB"),
        ("PA", "PNG", "RGBA"),
    ],
)
def test_every_layout_becomes_one_of_four(mode: str, codec: str, expected: str) -> None:
    source = cutout() if mode in ("LA", "RGBA", "PA") else drawing()
    middle = "RGBA" if mode == "PA" else mode
    image = source.convert("L").convert("1") if mode == "1" else source.convert(middle)
    if mode == "PA":
        image = image.quantize(16)
    picture = rendered(saved(image, codec), Size(50, 50))
    assert picture.mode == expected


def test_a_palette_with_several_levels_of_transparency_keeps_them() -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for column in range(3):
        image.putpixel((column, 0), column)
    picture = rendered(saved(image, "PNG", transparency=bytes([0, 128, 255])))
    assert [picture.first_frame().getpixel((x, 0)) for x in range(1, 3)] == [
        (0, 255, 0, 128),
        (0, 0, 255, 255),
    ]


@pytest.mark.parametrize(
    ("depth", "kind", "rows", "color"),
    [
        (8, 0, b"\0\x40\x80", b"\0\x40"),
        (16, 0, b"\0\x40\x40\x80\x80", b"\x40\x40"),
        (8, 2, b"\0\x40\x40\x40\x80\x80\x80", b"\0\x40\0\x40\0\x40"),
        (16, 2, b"\0" + b"\x40" * 6 + b"\x80" * 6, b"\x40" * 6),
        (1, 0, b"\0\x40", b"\0\0"),
    ],
    ids=["grey", "grey 16", "colour", "colour 16", "bilevel"],
)
def test_the_transparent_colour_of_a_png_becomes_alpha(
    depth: int, kind: int, rows: bytes, color: bytes
) -> None:
    content = png(2, 1, depth, kind, rows, png_chunk(b"tRNS", color))
    alpha = rendered(content).first_frame().getchannel("A")
    assert [alpha.getpixel((0, 0)), alpha.getpixel((1, 0))] == [0, 255]


def test_gamma_and_chromaticity_chunks_do_no_harm() -> None:
    gamma = png_chunk(b"gAMA", (45455).to_bytes(4))
    white = b"".join(value.to_bytes(4) for value in (31270, 32900, 64000, 33000, 30000, 60000))
    chunks = (gamma, png_chunk(b"cHRM", white + bytes(8)), png_chunk(b"sRGB", b"\0"))
    assert rendered(png(1, 1, 8, 2, b"\0\x10\x20\x30", *chunks)).first_frame().getpixel((0, 0)) == (
        16,
        32,
        48,
    )


def test_only_the_first_page_and_the_base_view_are_rendered() -> None:
    for codec in ("TIFF", "MPO"):
        pages = [Image.new("RGB", (40, 30), color) for color in ("red", "blue")]
        red, _, blue = rendered(animation(codec, pages)).first_frame().getpixel((5, 5))  # type: ignore[misc]
        assert red > 240 > 20 > blue


def test_no_metadata_reaches_a_picture() -> None:
    content = saved(photo(), "JPEG", exif=exif(gps=True), comment=b"secret", dpi=(300, 300))
    assert rendered(content).first_frame().info == {}


def test_a_picture_of_one_pixel_renders() -> None:
    assert rendered(saved(Image.new("RGB", (1, 1), "red"), "PNG")).size == (1, 1)


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1)])
def test_a_picture_one_pixel_thin_renders(size: tuple[int, int]) -> None:
    small = Size(max(1, size[0] // 10), max(1, size[1] // 10))
    assert rendered(saved(photo(*size), "JPEG"), small).size == small


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused_in_words(codec: str, share: float) -> None:
    content = saved(photo(), codec)
    with pytest.raises((TruncatedImage, UndecodableImage)):
        rendered(content[: int(len(content) * share)], Size(32, 24))


def test_pixels_cut_off_before_an_intact_end_are_refused() -> None:
    content = saved(photo(), "PNG")
    start = content.index(b"IDAT") - 4
    broken = content[:start] + png_chunk(b"IDAT", content[start + 8 : start + 4000])
    with pytest.raises(ImagingError):
        rendered(broken + png_chunk(b"IEND", b""))


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
def test_damaged_bytes_never_raise_anything_but_an_imaging_error(codec: str) -> None:
    content = bytearray(saved(photo(120, 90), codec))
    random = np.random.default_rng(7)
    for _ in range(60):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 8):
            damaged[int(place)] = int(random.integers(0, 256))
        with suppress(ImagingError):
            rendered(bytes(damaged), Size(30, 20), Limits(max_pixels=1_000_000))


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooManyPixels):
        render(BytesIO(bomb()), [Size(10, 10)], LIMITS)


def test_a_lack_of_memory_is_blamed_on_the_size() -> None:
    assert isinstance(explain(MemoryError()), TooManyPixels)


@pytest.mark.parametrize(
    ("megapixels", "room_megabytes", "verdict"),
    [
        (90, 200, TooManyPixels),
        (90, 400, UndecodableImage),
        (9, 10, UndecodableImage),
    ],
    ids=["short of memory", "memory to spare", "small"],
)
def test_a_broken_stream_is_blamed_on_memory_only_where_memory_is_short(
    megapixels: int, room_megabytes: int, verdict: type[Exception]
) -> None:
    script = textwrap.dedent("""
        import resource, sys
        from processing.imaging.errors import explain
        megapixels, room_megabytes = map(int, sys.argv[1:])
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room_megabytes * 1_000_000,) * 2)
        error = OSError("broken data stream when reading image file")
        print(type(explain(error, pixels=megapixels * 1_000_000)).__name__)
    """)
    arguments = [sys.executable, "-c", script, str(megapixels), str(room_megabytes)]
    told = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    assert told == f"{verdict.__name__}\n"


def test_rendering_twice_gives_the_same_pixels() -> None:
    content = saved(photo(400, 300), "JPEG")
    once, again = (rendered(content, Size(100, 75)).first_frame().tobytes() for _ in range(2))
    assert once == again


def test_running_out_of_memory_is_an_imaging_error() -> None:
    script = textwrap.dedent("""
        import resource, sys
        from io import BytesIO
        from PIL import Image
        from processing.imaging import Limits, Size, TooManyPixels, render
        output = BytesIO()
        Image.new("1", (9900, 9900)).save(output, "PNG")
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 40_000_000,) * 2)
        try:
            list(render(output, [Size(99, 99)], Limits()))
        except TooManyPixels:
            sys.exit(0)
        sys.exit(1)
    """)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
