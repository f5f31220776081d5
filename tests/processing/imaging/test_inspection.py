import struct
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from processing.imaging import (
    EmptyFile,
    Header,
    ImagingError,
    Limits,
    NotAnImage,
    TooManyBytes,
    TooManyFrames,
    TooManyPixels,
    TruncatedImage,
    UndecodableImage,
    UnsupportedFormat,
    inspect,
)
from tests.processing.imaging.samples import (
    LIMITS,
    animation,
    bomb,
    corners,
    cutout,
    exif,
    frames,
    photo,
    png,
    png_chunk,
    saved,
)


def header_of(content: bytes, limits: Limits = LIMITS) -> Header:
    return inspect(BytesIO(content), limits)


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp", "avif", "gif", "tiff", "bmp"])
def test_it_reads_the_header_of_every_accepted_format(codec: str) -> None:
    header = header_of(saved(photo(64, 48), codec))
    assert replace(header, mode="", decoder_bytes=0) == Header(
        format=codec,
        width=64,
        height=48,
        frames=1,
        has_alpha=False,
        animated=False,
        orientation=1,
        mode="",
        decoder_bytes=0,
    )


@pytest.mark.parametrize("codec", ["png", "webp", "avif"])
def test_it_notices_an_alpha_channel(codec: str) -> None:
    assert header_of(saved(cutout(), codec)).has_alpha


@pytest.mark.parametrize("orientation", range(9))
def test_width_and_height_are_those_of_the_upright_picture(orientation: int) -> None:
    header = header_of(saved(corners(96, 64), "JPEG", exif=exif(orientation)))
    assert (header.width, header.height) == ((64, 96) if orientation >= 5 else (96, 64))
    assert header.orientation == (orientation or 1)


def test_it_finds_the_orientation_of_a_png_without_decoding_it() -> None:
    late = png_chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0"))
    whole = saved(corners(96, 64), "PNG")
    content = whole[:-12] + late + whole[-12:]
    assert header_of(content).orientation == 6


def test_broken_metadata_does_not_cost_the_picture() -> None:
    content = saved(corners(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 40)
    assert header_of(content).orientation == 1


@pytest.mark.parametrize("codec", ["GIF", "WEBP", "PNG", "AVIF"])
def test_it_counts_the_frames_of_an_animation(codec: str) -> None:
    header = header_of(animation(codec, frames(5), duration=80))
    assert (header.frames, header.animated) == (5, True)


@pytest.mark.parametrize("codec", ["TIFF", "MPO"])
def test_further_pages_and_views_are_not_an_animation(codec: str) -> None:
    header = header_of(animation(codec, frames(3)))
    assert (header.frames, header.animated) == (1, False)


def test_a_stereo_picture_is_a_jpeg() -> None:
    assert header_of(animation("MPO", frames(2))).format == "jpeg"


def test_the_hidden_first_image_of_an_apng_is_not_counted() -> None:
    content = animation("PNG", frames(3), duration=80, default_image=True)
    assert header_of(content).frames == 2


def test_it_refuses_an_empty_file() -> None:
    with pytest.raises(EmptyFile):
        header_of(b"")


@pytest.mark.parametrize("content", [b"\0", b"hello world" * 50, b"\x7fELF" + b"\0" * 99, b"BMX"])
def test_it_refuses_what_is_not_a_picture(content: bytes) -> None:
    with pytest.raises((NotAnImage, UndecodableImage)):
        header_of(content)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg></svg>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"8BPS\0\1", "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "EPS"),
        (b"\xff\x0a\x00\x00", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "video"),
        (b"\x1aE\xdf\xa3" + b"\0" * 20, "video"),
    ],
)
def test_it_names_a_known_kind_that_is_not_accepted(content: bytes, named: str) -> None:
    with pytest.raises(UnsupportedFormat) as refusal:
        header_of(content)
    assert named in refusal.value.detail
    assert "JPEG, PNG, WebP, AVIF" in refusal.value.detail


def test_the_name_of_a_file_counts_for_nothing() -> None:
    content = BytesIO(saved(photo(), "PNG"))
    content.name = "picture.jpg"
    assert inspect(content, LIMITS).format == "png"


def test_a_picture_that_is_also_something_else_is_a_picture() -> None:
    content = saved(photo(), "JPEG") + b"<script>alert(1)</script>PK\x03\x04"
    assert header_of(content).format == "jpeg"


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_it_refuses_a_truncated_file(codec: str, share: float) -> None:
    content = saved(photo(), codec)
    with pytest.raises(TruncatedImage):
        header_of(content[: int(len(content) * share)])


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
@pytest.mark.parametrize("length", [3, 12, 30, 50])
def test_a_file_of_only_a_few_bytes_is_refused(codec: str, length: int) -> None:
    with pytest.raises(ImagingError):
        header_of(saved(photo(), codec)[:length])


def test_a_thumbnail_inside_a_truncated_jpeg_does_not_make_it_whole() -> None:
    thumbnail = saved(photo(16, 16), "JPEG")
    segment = b"\xff\xe2" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    content = saved(photo(), "JPEG")
    with pytest.raises(TruncatedImage):
        header_of(content[:2] + segment + content[2:-500])


def test_bytes_after_the_end_of_a_jpeg_are_allowed() -> None:
    assert header_of(saved(photo(), "JPEG") + b"\0" * 5000).width == 320


def test_a_few_stray_bytes_between_segments_of_a_jpeg_are_allowed() -> None:
    content = saved(photo(), "JPEG")
    assert header_of(content[:20] + bytes(5) + content[20:]).width == 320


def test_a_gif_without_a_trailer_is_whole() -> None:
    assert header_of(saved(photo(), "GIF").removesuffix(b";")).width == 320


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (20_000, 20_000)])
def test_it_refuses_a_bomb_by_its_header(width: int, height: int) -> None:
    with pytest.raises(TooManyPixels):
        header_of(bomb(width, height))


@pytest.mark.parametrize(("width", "height"), [(1, 100_000), (100_000, 1)])
def test_it_refuses_a_side_no_codec_can_write(width: int, height: int) -> None:
    with pytest.raises(TooManyPixels, match="no side"):
        header_of(bomb(width, height))


def test_a_picture_exactly_at_the_limit_is_accepted() -> None:
    content = saved(photo(100, 100), "PNG")
    assert header_of(content, Limits(max_pixels=10_000)).width == 100
    with pytest.raises(TooManyPixels):
        header_of(content, Limits(max_pixels=9_999))


def test_it_refuses_more_bytes_than_allowed() -> None:
    content = saved(photo(), "PNG")
    assert header_of(content, Limits(max_bytes=len(content))).width == 320
    with pytest.raises(TooManyBytes):
        header_of(content, Limits(max_bytes=len(content) - 1))


def test_it_refuses_an_animation_of_too_many_frames() -> None:
    one = animation("GIF", frames(2), duration=50)
    start = one.index(b"!\xf9")
    content = one[:start] + one[start:-1] * 1000 + b";"
    with pytest.raises(TooManyFrames, match="1000"):
        header_of(content)


def test_it_counts_the_pixels_of_all_frames_together() -> None:
    content = animation("WEBP", frames(5), duration=50)
    with pytest.raises(TooManyPixels, match="5 frames of 60 x 40"):
        header_of(content, Limits(max_animation_pixels=60 * 40 * 5 - 1))


@pytest.mark.parametrize("codec", ["PNG", "JPEG", "GIF"])
def test_millions_of_tiny_parts_are_refused_quickly(codec: str) -> None:
    content = saved(photo(32, 32), codec)
    place, part = {
        "PNG": (33, png_chunk(b"teSt", b"")),
        "JPEG": (2, b"\xff\xfe\x00\x02"),
        "GIF": (13 + (6 << (content[10] & 7)), b"!\xfe\x01x\0"),
    }[codec]
    parts = part * (50_000_000 // len(part))
    started = time.monotonic()
    with pytest.raises(ImagingError):
        header_of(content[:place] + parts + content[place:])
    assert time.monotonic() - started < 10


def test_a_failing_disk_is_not_blamed_on_the_picture() -> None:
    class FailingFile(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        inspect(FailingFile(), LIMITS)


def test_a_header_costs_no_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.Image._getdecoder", refuse)
    assert header_of(png(8, 8, 8, 0, b"\0" * 72)).width == 8


def test_every_error_has_a_code_and_a_sentence() -> None:
    errors = ImagingError.__subclasses__()
    assert len({error.code for error in errors}) == len(errors) == 8
    assert all(error().detail.endswith(".") for error in errors)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"])
def test_a_file_on_disk_is_inspected_like_one_in_memory(kind: str, tmp_path: Path) -> None:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, kind)
    path = tmp_path / "picture"
    path.write_bytes(content.getvalue())
    with path.open("rb") as file:
        assert inspect(file, Limits()) == inspect(content, Limits())


def test_an_empty_file_on_disk_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with path.open("rb") as file, pytest.raises(EmptyFile):
        inspect(file, Limits())


@pytest.mark.parametrize("codec", ["GIF", "PNG", "WEBP", "AVIF"])
def test_every_kind_of_animation_is_limited_in_frames_and_pixels(codec: str) -> None:
    content, area = animation(codec, frames(5), duration=50), 60 * 40 * 5
    exact = Limits(max_frames=5, max_animation_pixels=area)
    assert header_of(content, exact).frames == 5
    with pytest.raises(TooManyFrames):
        header_of(content, replace(exact, max_frames=4))
    with pytest.raises(TooManyPixels):
        header_of(content, replace(exact, max_animation_pixels=area - 1))
