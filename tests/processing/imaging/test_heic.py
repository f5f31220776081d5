"""HEIC files, made on the spot by the encoder in the decoder's own package."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processing.imaging import (
    ImagingError,
    Limits,
    Picture,
    Size,
    UnsupportedFormat,
    encode,
    heic,
    inspect,
    render,
)
from processing.imaging.color import to_srgb
from processing.imaging.profiles import DISPLAY_P3_PROFILE
from tests.processing.imaging.samples import (
    BLUE,
    GREEN,
    RED,
    corners,
    cutout,
    difference,
    exif,
    photo,
    spec,
    wide_gamut_profile,
)

pillow_heif = pytest.importorskip("pillow_heif", reason="no HEIC decoder: pip install .[heic]")
if not pillow_heif.libheif_info()["encoders"].get("x265"):
    pytest.skip("this HEIC package has no encoder to make test files with", allow_module_level=True)

ON, OFF = Limits(heic=True), Limits()


@pytest.fixture(autouse=True)
def opener() -> Iterator[None]:
    heic.register()
    yield
    forget_opener()


def forget_opener() -> None:
    if Image.OPEN.pop(heic.PILLOW_FORMAT, None):
        Image.ID.remove(heic.PILLOW_FORMAT)


def heic_file(*images: Image.Image, **settings: Any) -> bytes:
    """Return a HEIC of some images, the first of them its primary one unless told otherwise."""
    file = BytesIO()
    container = pillow_heif.HeifFile()
    for image in images:
        container.add_frombytes(image.mode, image.size, image.tobytes())
    container.save(file, **{"quality": 90, "chroma": 444, **settings})
    return file.getvalue()


def stored(image: Image.Image, **settings: Any) -> bytes:
    """Return a HEIC whose pixels lie as given; an EXIF orientation becomes its own turning too."""
    file = BytesIO()
    pillow_heif.encode(
        image.mode, image.size, image.tobytes(), file, **{"quality": 90, "chroma": 444, **settings}
    )
    return file.getvalue()


def picture_of(content: bytes, limits: Limits = ON) -> Picture:
    header = inspect(BytesIO(content), limits)
    size = Size(header.width, header.height)
    return dict(render(BytesIO(content), [size], limits))[size]


def middle(picture: Picture) -> Any:
    return picture.first_frame().getpixel((picture.width // 2, picture.height // 2))


def test_a_decoder_that_is_installed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heic.available()
    monkeypatch.setattr(heic, "PACKAGE", "no_such_package")
    assert not heic.available()


def test_it_is_refused_by_name_unless_it_is_wanted() -> None:
    content = heic_file(photo(64, 48))
    with pytest.raises(UnsupportedFormat, match="This is a HEIC picture, which is not accepted"):
        inspect(BytesIO(content), OFF)
    assert inspect(BytesIO(content), ON).format == "heic"


def test_without_a_registered_opener_it_is_undecodable() -> None:
    content = heic_file(photo(64, 48))
    forget_opener()
    with pytest.raises(ImagingError) as refusal:
        inspect(BytesIO(content), ON)
    assert refusal.value.code == "undecodable_image"


def test_nothing_can_be_written_as_heic() -> None:
    assert heic.PILLOW_FORMAT not in Image.SAVE
    assert heic.PILLOW_FORMAT not in Image.SAVE_ALL


def test_a_photograph_comes_out_as_it_went_in() -> None:
    header = inspect(BytesIO(heic_file(photo())), ON)
    assert (header.width, header.height, header.frames) == (320, 240, 1)
    assert (header.animated, header.has_alpha, header.orientation) == (False, False, 1)
    picture = picture_of(heic_file(photo()))
    assert picture.mode == "RGB"
    assert difference(picture.first_frame(), photo()) < 3
    assert encode(picture, spec())[0].format == "jpeg"


def test_transparency_is_kept() -> None:
    picture = picture_of(heic_file(cutout()))
    assert picture.mode == "RGBA"
    assert picture.first_frame().getpixel((2, 2))[3] == 0  # type: ignore[index]
    assert picture.first_frame().getpixel((100, 100)) == pytest.approx((255, 0, 0, 255), abs=6)


@pytest.mark.parametrize(
    ("orientation", "size", "top_left"),
    [(1, (96, 64), RED), (3, (96, 64), (250,) * 3), (6, (64, 96), BLUE), (8, (64, 96), GREEN)],
)
def test_it_is_turned_upright_once(
    orientation: int, size: tuple[int, int], top_left: tuple[int, int, int]
) -> None:
    content = stored(corners(), exif=exif(orientation))
    header = inspect(BytesIO(content), ON)
    assert (header.width, header.height, header.orientation) == (*size, 1)
    picture = picture_of(content)
    assert picture.size == size
    assert picture.first_frame().getpixel((8, 8)) == pytest.approx(top_left, abs=8)


def test_a_profile_is_applied() -> None:
    image = Image.new("RGB", (64, 64), (80, 200, 80))
    content = stored(image, icc_profile=wide_gamut_profile(), icc_profile_type="prof")
    expected = to_srgb(image, wide_gamut_profile()).getpixel((0, 0))
    assert middle(picture_of(content)) == pytest.approx(expected, abs=4)


def test_colours_named_by_code_points_are_converted_or_kept() -> None:
    image = Image.new("RGB", (64, 64), (200, 60, 60))
    content = stored(image, color_primaries=12, transfer_characteristics=13, matrix_coefficients=6)
    expected = to_srgb(image, DISPLAY_P3_PROFILE).getpixel((0, 0))
    assert expected != (200, 60, 60)
    assert middle(picture_of(content)) == pytest.approx(expected, abs=4)
    size = Size(64, 64)
    wide = dict(render(BytesIO(content), [size], ON, wide=[size]))[size]
    assert wide.gamut == "display-p3"
    assert middle(wide) == pytest.approx((200, 60, 60), abs=4)


def test_ten_bits_become_eight() -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16)[None, :, None], (64, 1, 3))
    file = BytesIO()
    pillow_heif.encode("RGB;16", (256, 64), ramp.tobytes(), file, quality=-1, chroma=444)
    assert pillow_heif.open_heif(BytesIO(file.getvalue())).info["bit_depth"] == 10
    row = np.asarray(picture_of(file.getvalue()).first_frame())[32].astype(int)
    assert np.abs(row - np.arange(256)[:, None]).max() <= 3


@pytest.mark.parametrize("primary", [0, 1])
def test_of_several_images_the_primary_one_is_shown(primary: int) -> None:
    colors = [(200, 30, 30), (30, 30, 200)]
    images = [Image.new("RGB", (64 + 32 * i, 64), color) for i, color in enumerate(colors)]
    picture = picture_of(heic_file(*images, primary_index=primary))
    assert (picture.size, picture.animated) == ((64 + 32 * primary, 64), False)
    assert middle(picture) == pytest.approx(colors[primary], abs=6)


def test_an_embedded_thumbnail_never_takes_the_place_of_the_picture() -> None:
    file = BytesIO()
    container = pillow_heif.from_pillow(photo(800, 600))
    container.info["thumbnails"] = [128]
    container.save(file, quality=90)
    size = Size(40, 30)
    small = dict(render(BytesIO(file.getvalue()), [size], ON))[size]
    expected = photo(800, 600).resize(size, Image.Resampling.BOX)
    assert difference(small.first_frame(), expected) < 3


# --- Limits and damage ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (replace(ON, max_pixels=2_000), "too large to open"),
        (replace(ON, max_heic_pixels=4_000), "0 megapixels"),
        (replace(ON, max_side=80), "no side may be longer than 80"),
    ],
    ids=["pixels", "pixels of HEIC", "side"],
)
def test_what_is_too_large_is_refused_before_it_is_decoded(limits: Limits, words: str) -> None:
    with pytest.raises(ImagingError) as refusal:
        inspect(BytesIO(heic_file(corners())), limits)
    assert refusal.value.code == "too_many_pixels"
    assert words in refusal.value.detail


def test_the_limit_of_heic_is_for_heic_alone() -> None:
    file = BytesIO()
    corners().save(file, "PNG")
    assert inspect(file, replace(ON, max_heic_pixels=100)).width == 96


def test_a_file_at_the_limit_is_accepted() -> None:
    limits = replace(ON, max_heic_pixels=96 * 64)
    assert picture_of(heic_file(corners()), limits).size == (96, 64)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(share: float) -> None:
    content = heic_file(photo())
    with pytest.raises(ImagingError) as refusal:
        inspect(BytesIO(content[: max(32, int(len(content) * share))]), ON)
    assert refusal.value.code in ("truncated_image", "undecodable_image")


def test_damage_anywhere_is_an_imaging_error_or_a_picture() -> None:
    content = heic_file(photo(128, 96))
    random = np.random.default_rng(7)
    for _ in range(200):
        damaged = bytearray(content)
        for at in random.integers(12, len(content), 6):
            damaged[at] = random.integers(256)
        try:
            picture_of(bytes(damaged))
        except ImagingError as error:
            assert error.detail  # noqa: PT017


def test_a_declared_size_that_is_not_that_of_the_pixels_is_no_way_around_the_limits() -> None:
    content = heic_file(photo(256, 192))
    declared = content.index(b"ispe") + 8
    lying = content[:declared] + (64).to_bytes(4) + (48).to_bytes(4) + content[declared + 8 :]
    with pytest.raises(ImagingError):
        picture_of(lying)
