"""Colours beyond sRGB: kept where a preset asks for them, clipped everywhere else."""

from dataclasses import replace
from io import BytesIO
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageCms

from processing.imaging import (
    Encoded,
    OverlaySpec,
    Picture,
    Size,
    cut,
    encode,
    in_srgb,
    overlaid,
    read,
    render,
    write,
)
from processing.imaging.color import to_srgb, widest_gamut
from processing.imaging.cropping import CENTER
from processing.imaging.profiles import BT_2020_PROFILE, DISPLAY_P3_PROFILE
from tests.processing.imaging.samples import (
    LIMITS,
    animation,
    drawing,
    frames,
    grey_profile,
    photo,
    png_chunk,
    saved,
    spec,
    srgb_profile,
    wide_gamut_profile,
)

P3_RED = (255, 0, 0)
WIDE = replace(spec(), gamut="display-p3")


def kept(content: bytes, size: Size) -> Picture:
    """Return a file's picture at a size, as a preset of a wide gamut gets it."""
    return dict(render(BytesIO(content), [size], LIMITS, wide=[size]))[size]


def p3(image: Image.Image, codec: str = "PNG", **settings: Any) -> bytes:
    return saved(image, codec, icc_profile=DISPLAY_P3_PROFILE, **settings)


def patches() -> Image.Image:
    """Return 64-pixel patches of colours of Display P3, most of them beyond sRGB."""
    colors = [P3_RED, (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (128, 128, 128)]
    image = Image.new("RGB", (64 * len(colors), 64))
    for index, color in enumerate(colors):
        image.paste(color, (64 * index, 0, 64 * index + 64, 64))
    return image


def lab(image: Image.Image, profile: bytes) -> Any:
    """Return L*a*b* of an image by the colorants of its profile, without rounding to bytes."""
    values = np.asarray(image.convert("RGB")) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    tags = cast(Any, ImageCms.ImageCmsProfile(BytesIO(profile)).profile)
    colorants = np.array([tags.red_colorant[0], tags.green_colorant[0], tags.blue_colorant[0]])
    xyz = linear @ colorants / np.array(tags.media_white_point[0])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def decoded(encoded: Encoded) -> Image.Image:
    image = Image.open(BytesIO(encoded.content))
    image.load()
    return image


def by_format(picture: Picture, formats: tuple[str, ...]) -> dict[str, Encoded]:
    """Return the file of each format, made alone so that none is left out."""
    return {name: encode(picture, replace(WIDE, formats=(name,)))[0] for name in formats}


# --- What is kept -----------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["webp", "avif"])
def test_webp_and_avif_hold_colours_beyond_srgb(codec: str) -> None:
    picture = kept(p3(patches()), Size(*patches().size))
    assert picture.gamut == "display-p3"
    # At a high quality, so that what is measured is colour and not compression.
    image = decoded(encode(picture, replace(WIDE, formats=(codec,), quality="high"))[0])
    assert image.info["icc_profile"] == DISPLAY_P3_PROFILE
    pair = (lab(image, image.info["icc_profile"]), lab(patches(), DISPLAY_P3_PROFILE))
    distance = np.linalg.norm(pair[0] - pair[1], axis=-1)
    assert distance[32, 32::64].max() < 2


@pytest.mark.parametrize("codec", ["jpeg", "png"])
def test_jpeg_and_png_of_the_same_picture_are_clipped_and_untagged(codec: str) -> None:
    picture = kept(p3(Image.new("RGB", (64, 64), P3_RED)), Size(64, 64))
    image = decoded(by_format(picture, (codec,))[codec])
    assert "icc_profile" not in image.info
    assert image.convert("RGB").getpixel((32, 32)) == pytest.approx((255, 0, 0), abs=2)


def test_one_set_of_files_holds_both_and_each_is_scored() -> None:
    picture = kept(p3(photo(400, 300)), Size(400, 300))
    files = encode(picture, replace(WIDE, effort="balanced"))
    assert [each.format for each in files] == ["jpeg", "webp", "avif"]
    tagged = {each.format: "icc_profile" in decoded(each).info for each in files}
    assert tagged == {"jpeg": False, "webp": True, "avif": True}
    assert all(abs((each.score or 0) - 75) < 3 for each in files)


def test_a_lossless_webp_of_a_graphic_carries_the_profile_too() -> None:
    picture = kept(p3(drawing()), Size(*drawing().size))
    webp = encode(picture, replace(WIDE, formats=("webp",)))[0]
    assert webp.quality == 100
    assert decoded(webp).info["icc_profile"] == DISPLAY_P3_PROFILE
    assert decoded(webp).convert("RGB").tobytes() == drawing().tobytes()


@pytest.mark.parametrize(
    "profile",
    [DISPLAY_P3_PROFILE, BT_2020_PROFILE, wide_gamut_profile()],
    ids=["Display P3", "BT.2020", "Adobe RGB"],
)
def test_profiles_beyond_srgb_are_told_apart(profile: bytes) -> None:
    assert widest_gamut("RGB", profile) == "display-p3"
    assert widest_gamut("RGBA", profile) == "display-p3"
    assert widest_gamut("L", profile) == "srgb"


@pytest.mark.parametrize(
    "profile",
    [None, srgb_profile(), b"junk", grey_profile(2.2)],
    ids=["none", "sRGB", "broken", "grey"],
)
def test_a_source_within_srgb_never_becomes_wide(profile: bytes | None) -> None:
    content = saved(photo(64, 64), "PNG", **({"icc_profile": profile} if profile else {}))
    picture = kept(content, Size(64, 64))
    assert picture.gamut == "srgb"
    for encoded in by_format(picture, ("jpeg", "webp", "avif")).values():
        assert "icc_profile" not in decoded(encoded).info


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_presses_and_lab_are_brought_into_srgb(mode: str) -> None:
    image = Image.merge("LAB", [Image.new("L", (16, 16), value) for value in (136, 208, 195)])
    content = saved(image if mode == "LAB" else Image.new(mode, (16, 16), (255, 0, 0, 0)), "TIFF")
    assert kept(content, Size(16, 16)).gamut == "srgb"


def test_code_points_of_a_wide_gamut_count_as_its_profile() -> None:
    content = saved(Image.new("RGB", (16, 16), P3_RED), "PNG")
    chunk = png_chunk(b"cICP", bytes([12, 13, 0, 1]))
    picture = kept(content[:33] + chunk + content[33:], Size(16, 16))
    assert (picture.gamut, picture.first_frame().getpixel((8, 8))) == ("display-p3", P3_RED)


def test_only_the_sizes_that_ask_for_it_are_wide() -> None:
    sizes = [Size(64, 64), Size(32, 32)]
    content = p3(Image.new("RGB", (128, 128), (180, 60, 60)))
    pictures = dict(render(BytesIO(content), sizes, LIMITS, wide=[sizes[1]]))
    assert [pictures[size].gamut for size in sizes] == ["srgb", "display-p3"]
    assert pictures[sizes[1]].first_frame().getpixel((8, 8)) == (180, 60, 60)
    plain = dict(render(BytesIO(content), sizes, LIMITS))
    expected = plain[sizes[0]].first_frame().getpixel((8, 8))
    assert pictures[sizes[0]].first_frame().getpixel((8, 8)) == pytest.approx(expected, abs=1)
    assert {picture.gamut for picture in plain.values()} == {"srgb"}


def test_alpha_stays_as_it_is() -> None:
    content = p3(Image.new("RGBA", (32, 32), (*P3_RED, 100)))
    picture = kept(content, Size(32, 32))
    assert picture.first_frame().getpixel((8, 8)) == (*P3_RED, 100)
    assert in_srgb(picture).first_frame().getchannel("A").getextrema() == (100, 100)


# --- On the way -------------------------------------------------------------------------------


def test_an_intermediate_remembers_its_gamut() -> None:
    picture = kept(p3(photo(64, 48)), Size(64, 48))
    for each in (picture, in_srgb(picture)):
        scratch = BytesIO()
        write(each, scratch)
        scratch.seek(0)
        back = read(scratch)
        assert back.gamut == each.gamut
        assert back.first_frame().tobytes() == each.first_frame().tobytes()
        assert back.first_frame().info == {}


def test_a_wide_animation_stays_wide_to_the_end() -> None:
    content = animation(
        "WEBP", frames(4), duration=60, lossless=True, icc_profile=DISPLAY_P3_PROFILE
    )
    picture = kept(content, Size(60, 40))
    scratch = BytesIO()
    write(picture, scratch)
    scratch.seek(0)
    back = read(scratch)
    assert (picture.gamut, back.gamut, back.animated) == ("display-p3", "display-p3", True)
    assert next(back.open_frames()).tobytes() == next(picture.open_frames()).tobytes()
    files = {
        name: decoded(each) for name, each in by_format(back, ("jpeg", "webp", "avif")).items()
    }
    assert {name for name, image in files.items() if "icc_profile" in image.info} == {
        *("webp", "avif")
    }
    assert in_srgb(back).gamut == "srgb"


def test_conversion_to_srgb_is_that_of_the_profile() -> None:
    image = photo(64, 48)
    converted = in_srgb(Picture.still(image, "display-p3"))
    assert converted.gamut == "srgb"
    assert converted.first_frame().tobytes() == to_srgb(image, DISPLAY_P3_PROFILE).tobytes()


def test_a_cut_keeps_the_gamut_of_its_picture() -> None:
    assert cut(Picture.still(photo(), "display-p3"), Size(50, 50), CENTER).gamut == "display-p3"


def test_an_overlay_has_the_same_colour_on_both_gamuts() -> None:
    placement = OverlaySpec("1", "aa", "center", scale=0.5)
    mark = Image.new("RGBA", (40, 40), (200, 30, 30, 255))
    canvas = Image.new("RGB", (80, 80), "white")
    on_wide = overlaid(Picture.still(canvas, "display-p3"), mark, placement)
    assert on_wide.first_frame().getpixel((40, 40)) != (200, 30, 30)
    shown = in_srgb(on_wide).first_frame().getpixel((40, 40))
    assert shown == pytest.approx((200, 30, 30), abs=2)


# --- Profiles ---------------------------------------------------------------------------------


def test_our_profile_is_small_and_says_what_it_is() -> None:
    profile = ImageCms.ImageCmsProfile(BytesIO(DISPLAY_P3_PROFILE))
    assert len(DISPLAY_P3_PROFILE) < 512
    assert ImageCms.getProfileDescription(profile).strip() == "Display P3"
    assert int.from_bytes(DISPLAY_P3_PROFILE[:4]) == len(DISPLAY_P3_PROFILE)
    red = cast(Any, profile.profile).red_primary[1][:2]
    assert red == pytest.approx((0.682, 0.319), abs=0.002)


# --- Second pictures --------------------------------------------------------------------------


def test_a_gain_map_is_ignored_and_the_base_picture_is_shown() -> None:
    base, gain_map = photo(160, 120), Image.new("L", (40, 30), 255)
    content = saved(base, "MPO", save_all=True, append_images=[gain_map], quality=95)
    assert content.count(b"\xff\xd8\xff") == 2
    picture = dict(render(BytesIO(content), [Size(160, 120)], LIMITS))[Size(160, 120)]
    expected = Image.open(BytesIO(saved(base, "JPEG", quality=95)))
    assert (picture.mode, picture.animated) == ("RGB", False)
    assert picture.first_frame().tobytes() == expected.tobytes()
