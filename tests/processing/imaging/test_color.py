import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from processing.imaging import Picture, Size
from processing.imaging.color import to_srgb
from tests.corpus import files_in
from tests.processing.imaging.samples import (
    cutout,
    delta_e,
    grey_profile,
    photo,
    png_chunk,
    rendered,
    saved,
    srgb_profile,
    wide_gamut_profile,
)


def converted_at_full_size(content: bytes, size: Size) -> Image.Image:
    """Return what LittleCMS makes of every pixel, then averaged over boxes."""
    with Image.open(BytesIO(content)) as image:
        image.load()
        profile = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        converted = ImageCms.profileToProfile(
            image,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    assert converted is not None
    return converted.resize(size, Image.Resampling.BOX)


def only_color(picture: Picture) -> Any:
    return picture.first_frame().resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))


def test_wide_gamut_colours_match_a_conversion_at_full_size() -> None:
    content = saved(photo(640, 480), "PNG", icc_profile=wide_gamut_profile())
    size = Size(160, 120)
    distance = delta_e(rendered(content, size).first_frame(), converted_at_full_size(content, size))
    assert float(distance.mean()) < 2


@pytest.mark.parametrize("path", files_in("photos"))
def test_real_profiles_match_a_conversion_at_full_size(path: Path) -> None:
    content = path.read_bytes()
    with Image.open(BytesIO(content)) as image:
        if "icc_profile" not in image.info or image.getexif().get(0x0112, 1) != 1:
            pytest.skip("it has no profile, or is not stored upright")
        size = Size(image.width // 8, image.height // 8)
    distance = delta_e(rendered(content, size).first_frame(), converted_at_full_size(content, size))
    assert float(distance.mean()) < 2


def test_pixels_with_an_srgb_profile_are_left_exactly_alone() -> None:
    image = photo()
    assert to_srgb(image, srgb_profile()) is image


def test_a_wide_gamut_green_grows_more_saturated() -> None:
    content = saved(
        Image.new("RGB", (8, 8), (80, 200, 80)), "PNG", icc_profile=wide_gamut_profile()
    )
    red, green, _ = only_color(rendered(content))
    assert red < 70
    assert green > 195


@pytest.mark.parametrize("profile", [b"junk", b"\0" * 200, srgb_profile()[:300]])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_broken_profile_is_ignored(mode: str, profile: bytes) -> None:
    image = photo(32, 32).convert(mode)
    assert to_srgb(image, profile).tobytes() == to_srgb(image, None).tobytes()


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_profile_for_another_kind_of_pixels_is_ignored(mode: str) -> None:
    image = photo(32, 32).convert(mode)
    assert to_srgb(image, grey_profile(2.2)).tobytes() == to_srgb(image, None).tobytes()


def test_grey_is_converted_by_its_own_profile_and_stays_grey() -> None:
    linear = to_srgb(Image.new("L", (4, 4), 55), grey_profile(1.0))
    assert linear.mode == "L"
    assert linear.getpixel((0, 0)) == pytest.approx(128, abs=3)


def test_grey_may_carry_an_rgb_profile() -> None:
    assert to_srgb(Image.new("L", (4, 4), 128), wide_gamut_profile()).mode == "L"


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_passes_through_colour_management_untouched(mode: str) -> None:
    image = cutout().convert(mode)
    profile = wide_gamut_profile() if mode == "RGBA" else grey_profile(1.0)
    assert to_srgb(image, profile).getchannel("A").tobytes() == image.getchannel("A").tobytes()


@pytest.mark.parametrize(
    ("ink", "expected"),
    [((0, 0, 0, 0), (255, 255, 255)), ((0, 0, 0, 255), (0, 0, 0)), ((0, 255, 255, 0), (255, 0, 0))],
    ids=["white", "black", "red"],
)
@pytest.mark.parametrize("codec", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_has_the_right_polarity(
    codec: str, ink: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    color = only_color(rendered(saved(Image.new("CMYK", (16, 16), ink), codec)))
    assert color == pytest.approx(expected, abs=4)


@pytest.mark.parametrize(
    "path", [each for each in files_in("awkward") if "CMYK" in str(each) or "absent" in str(each)]
)
def test_real_cmyk_matches_a_conversion_at_full_size(path: Path) -> None:
    content = path.read_bytes()
    with Image.open(BytesIO(content)) as image:
        size = Size(image.width // 4, image.height // 4)
        if "icc_profile" not in image.info:
            reference = image.convert("RGB").resize(size, Image.Resampling.BOX)
        else:
            reference = converted_at_full_size(content, size)
    # Averaged further, so that colour is compared and not sharpness.
    coarse = Size(size.width // 5, size.height // 5)
    pair = [rendered(content, size).first_frame(), reference]
    distance = delta_e(*(image.resize(coarse, Image.Resampling.BOX) for image in pair))
    assert float(distance.mean()) < 2


def test_lab_becomes_srgb() -> None:
    lab = Image.merge("LAB", [Image.new("L", (8, 8), value) for value in (136, 208, 195)])
    color = only_color(rendered(saved(lab, "TIFF")))
    # L* 53.3, a* 80, b* 67 is pure sRGB red.
    assert color == pytest.approx((255, 0, 0), abs=12)


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bit_grey_is_scaled_not_clipped(mode: str) -> None:
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16)
    image = Image.fromarray(np.tile(ramp, (8, 1)))
    content = saved(image, "PNG" if mode == "I;16" else "TIFF")
    grey = np.asarray(rendered(content).first_frame())[0].astype(int)
    assert np.abs(grey - np.arange(256)).max() <= 1


def test_floating_point_grey_from_zero_to_one_is_scaled() -> None:
    image = Image.fromarray(np.tile(np.linspace(0, 1, 64, dtype=np.float32), (8, 1)))
    extrema = rendered(saved(image, "TIFF")).first_frame().getextrema()
    assert extrema == (0, 255)


def with_code_points(codec: str, image: Image.Image, primaries: int, transfer: int) -> bytes:
    """Return a PNG or AVIF that names its colours by code points."""
    content = saved(image, codec, **({"quality": 100} if codec == "AVIF" else {}))
    if codec == "PNG":
        chunk = png_chunk(b"cICP", bytes([primaries, transfer, 0, 1]))
        return content[:33] + chunk + content[33:]
    codes = content.index(b"colrnclx") + 8
    return content[:codes] + struct.pack(">HH", primaries, transfer) + content[codes + 4 :]


@pytest.mark.parametrize("codec", ["PNG", "AVIF"])
@pytest.mark.parametrize(
    ("primaries", "expected"),
    # Worked out from the chromaticities of each gamut and D65, apart from any ICC profile.
    [(1, (153, 102, 77)), (12, (162, 99, 72)), (9, (178, 93, 71))],
    ids=["sRGB", "Display P3", "BT.2020"],
)
def test_colours_named_by_code_points_are_converted(
    codec: str, primaries: int, expected: tuple[int, int, int]
) -> None:
    image = Image.new("RGB", (16, 16), (153, 102, 77))
    color = only_color(rendered(with_code_points(codec, image, primaries, 13)))
    assert color == pytest.approx(expected, abs=3)


def test_grey_is_the_same_grey_in_every_gamut() -> None:
    content = with_code_points("PNG", Image.new("RGB", (4, 4), (119, 119, 119)), 12, 13)
    assert only_color(rendered(content)) == pytest.approx((119, 119, 119), abs=1)


def test_an_hdr_curve_is_left_alone() -> None:
    content = with_code_points("PNG", Image.new("RGB", (4, 4), (153, 102, 77)), 9, 16)
    assert only_color(rendered(content)) == (153, 102, 77)
