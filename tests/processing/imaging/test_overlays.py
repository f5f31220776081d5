from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processing.imaging import (
    ImagingError,
    OverlaySpec,
    Picture,
    Size,
    carries_overlay,
    encode,
    inspect_overlay,
    overlaid,
    read_overlay,
)
from processing.imaging.overlay_specs import ANCHORS
from processing.imaging.overlays import overlay_size
from tests.processing.imaging.samples import (
    animation,
    cutout,
    exif,
    frames,
    photo,
    rendered,
    saved,
    spec,
)

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def settings(**changes: Any) -> OverlaySpec:
    return OverlaySpec("id", "sha256", **{"margin": 0.1, "scale": 0.1, **changes})


def mark(color: tuple[int, int, int, int] = RED, side: int = 20) -> Image.Image:
    return Image.new("RGBA", (side, side), color)


def canvas(mode: str = "RGB", size: tuple[int, int] = (200, 100)) -> Picture:
    return Picture.still(Image.new("RGBA", size, (90, 90, 90, 255)).convert(mode))


def box_of_red(picture: Picture) -> tuple[int, int, int, int]:
    """Return the bounds of what is pure red."""
    pixels = np.asarray(picture.first_frame().convert("RGB"))
    rows, columns = np.nonzero((pixels == RED[:3]).all(axis=-1))
    return (
        int(columns.min()),
        int(rows.min()),
        int(columns.max()) + 1,
        int(rows.max()) + 1,
    )


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("top-left", (10, 10)),
        ("top-center", (90, 10)),
        ("top-right", (170, 10)),
        ("center-left", (10, 40)),
        ("center", (90, 40)),
        ("center-right", (170, 40)),
        ("bottom-left", (10, 70)),
        ("bottom-center", (90, 70)),
        ("bottom-right", (170, 70)),
    ],
)
def test_each_anchor_keeps_the_margin_of_the_shorter_side(
    position: str, corner: tuple[int, int]
) -> None:
    left, top = corner
    result = overlaid(canvas(), mark(), settings(position=position))
    assert box_of_red(result) == (left, top, left + 20, top + 20)


def test_there_are_nine_anchors_and_no_other_position() -> None:
    assert len(ANCHORS) == 9
    with pytest.raises(ValueError, match="middle"):
        settings(position="middle")


def test_an_overlay_takes_its_share_of_the_width_and_is_never_enlarged() -> None:
    wide = Size(400, 100)
    assert overlay_size(wide, Size(1000, 800), settings(scale=0.2)) == (200, 50)
    assert overlay_size(wide, Size(4000, 3000), settings(scale=0.2)) == wide


def test_a_tall_overlay_stays_within_the_margins() -> None:
    assert overlay_size(Size(100, 1000), Size(500, 100), settings(scale=1.0)) == (8, 80)
    assert overlay_size(Size(100, 1000), Size(1, 1), settings(scale=1.0)) == (1, 1)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 400)])
def test_the_smallest_pictures_take_an_overlay_without_an_error(size: tuple[int, int]) -> None:
    for position in ANCHORS:
        placement = settings(position=position, margin=0.45)
        assert overlaid(canvas(size=size), mark(), placement).size == size


def test_opacity_mixes_stored_values_as_browsers_do() -> None:
    result = overlaid(canvas(), mark(), settings(position="center", opacity=0.5))
    assert result.first_frame().getpixel((100, 50)) == pytest.approx((173, 45, 45), abs=1)


def test_the_picture_that_is_given_stays_as_it_was() -> None:
    for mode in ("L", "LA", "RGB", "RGBA"):
        picture = canvas(mode)
        before = picture.first_frame().tobytes()
        overlaid(picture, mark(), settings())
        assert picture.first_frame().tobytes() == before


# --- Transparency -----------------------------------------------------------------------------


def test_over_transparent_pixels_an_overlay_keeps_its_own_colour_and_alpha() -> None:
    clear = Picture.still(Image.new("RGBA", (200, 100), (0, 0, 0, 0)))
    result = overlaid(clear, mark((255, 0, 0, 128)), settings(position="center")).first_frame()
    assert result.getpixel((100, 50)) == (255, 0, 0, 128)
    assert result.getpixel((0, 0)) == (0, 0, 0, 0)


def test_over_half_transparent_pixels_colours_weigh_by_their_alpha() -> None:
    half = Picture.still(Image.new("RGBA", (200, 100), (0, 0, 255, 128)))
    result = overlaid(half, mark((255, 0, 0, 128)), settings(position="center")).first_frame()
    # Alpha 0.5 + 0.5 x 0.5; red 0.5 / 0.75, blue 0.25 / 0.75.
    assert result.getpixel((100, 50)) == pytest.approx((170, 0, 85, 192), abs=1)


def test_the_edge_of_a_shrunk_overlay_has_no_dark_fringe() -> None:
    white = Picture.still(Image.new("RGB", (100, 100), "white"))
    disc = cutout(400, 400)
    pixels = np.asarray(overlaid(white, disc, settings(scale=0.5)).first_frame())
    assert pixels[..., 0].min() >= 253


# --- Grey -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "colored"), [("L", "RGB"), ("LA", "RGBA")])
def test_a_grey_picture_becomes_coloured_only_under_a_coloured_overlay(
    mode: str, colored: str
) -> None:
    grey = overlaid(canvas(mode), mark((255, 255, 255, 200)), settings(position="center"))
    assert (grey.mode, grey.first_frame().mode) == (mode, mode)
    assert grey.first_frame().convert("L").getpixel((100, 50)) == pytest.approx(219, abs=1)
    red = overlaid(canvas(mode), mark(), settings(position="center"))
    assert (red.mode, red.first_frame().mode) == (colored, colored)
    assert red.first_frame().convert("RGB").getpixel((100, 50)) == (255, 0, 0)
    assert red.first_frame().convert("RGB").getpixel((0, 0)) == (90, 90, 90)


def test_colour_that_cannot_be_seen_does_not_count() -> None:
    hidden = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert overlaid(canvas("L"), hidden, settings()).mode == "L"


# --- Tiles ------------------------------------------------------------------------------------


def test_tiles_cover_the_picture_with_the_margin_between_them() -> None:
    result = overlaid(canvas(), mark(), settings(tile=True)).first_frame()
    red = (np.asarray(result) == RED[:3]).all(axis=-1)
    columns = [x // 30 * 30 + 10 for x in range(0, 200, 30)]
    for top in (10, 40, 70):
        for left in columns:
            assert red[top : top + 20, left : left + 20].all()
    assert red.sum() == 60 * (6 * 20 + 10)


def test_tiles_of_a_single_pixel_do_not_take_long() -> None:
    large = canvas(size=(1500, 1000))
    result = overlaid(large, mark(side=1), settings(tile=True, margin=0.0))
    assert box_of_red(result) == (0, 0, 1500, 1000)


# --- Animations -------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["GIF", "WEBP"])
def test_every_frame_of_an_animation_carries_the_overlay(codec: str) -> None:
    options = {"lossless": True} if codec == "WEBP" else {}
    moving = rendered(animation(codec, frames(5), duration=60, loop=0, **options))
    result = overlaid(moving, mark(BLUE), settings(position="bottom-right"))
    assert (result.durations_ms, result.loop) == (moving.durations_ms, moving.loop)
    drawn = list(result.open_frames())
    assert len(drawn) == 5
    assert {frame.getpixel((52, 32)) for frame in drawn} == {BLUE[:3]}


def test_frames_are_composed_one_at_a_time() -> None:
    drawn = []

    def draw() -> Any:
        for index in range(500):
            drawn.append(index)
            yield Image.new("RGB", (60, 40), (index % 256, 0, 0))

    moving = Picture(Size(60, 40), "RGB", draw, (50,) * 500)
    frames = overlaid(moving, mark(), settings()).open_frames()
    drawn.clear()
    next(frames)
    assert drawn == [0]


def test_an_encoded_animation_shows_the_overlay_and_so_does_its_poster() -> None:
    moving = rendered(animation("GIF", frames(4), duration=60, loop=0))
    marked = overlaid(moving, mark(BLUE), settings(position="center", scale=0.5))
    for encoded in encode(marked, spec(formats=("png", "webp"))):
        with Image.open(BytesIO(encoded.content)) as image:
            for index in range(getattr(image, "n_frames", 1)):
                image.seek(index)
                red, green, blue = image.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
                assert blue > 200
                assert max(red, green) < 70


# --- Files ------------------------------------------------------------------------------------


def test_an_overlay_is_read_upright_and_with_its_transparency() -> None:
    image = Image.new("RGBA", (40, 20), (255, 0, 0, 100))
    content = saved(image, "PNG", exif=exif(6))
    header = inspect_overlay(BytesIO(content))
    read = read_overlay(BytesIO(content))
    assert (header.width, header.height, header.has_alpha) == (20, 40, True)
    assert (read.mode, read.size, read.getpixel((5, 5))) == ("RGBA", (20, 40), (255, 0, 0, 100))


@pytest.mark.parametrize("codec", ["PNG", "WEBP", "JPEG"])
def test_png_webp_and_jpeg_may_be_overlays(codec: str) -> None:
    content = saved(photo(40, 30), codec)
    assert inspect_overlay(BytesIO(content)).width == 40
    assert read_overlay(BytesIO(content)).size == (40, 30)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (saved(photo(40, 30), "TIFF"), "unsupported_format"),
        (animation("WEBP", frames(3), duration=50), "too_many_frames"),
        (saved(Image.new("L", (4000, 1200)), "PNG"), "too_many_pixels"),
        (saved(photo(60, 40), "PNG")[:-400], "truncated_image"),
        (b"<svg></svg>", "unsupported_format"),
    ],
    ids=["TIFF", "animation", "large", "cut short", "SVG"],
)
def test_what_cannot_serve_as_an_overlay_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(ImagingError) as refusal:
        inspect_overlay(BytesIO(content))
    assert refusal.value.code == code


def test_a_file_that_is_damaged_inside_is_refused_before_a_stage_meets_it() -> None:
    content = bytearray(saved(photo(200, 200), "PNG"))
    start = content.index(b"IDAT") + 400
    content[start : start + 300] = bytes(300)
    with pytest.raises(ImagingError):
        inspect_overlay(BytesIO(bytes(content)))


# --- Specifications ---------------------------------------------------------------------------


def test_narrow_pictures_carry_none_if_the_preset_says_so() -> None:
    assert carries_overlay(canvas(), settings(minimum_width=200))
    assert not carries_overlay(canvas(), settings(minimum_width=201))


def test_the_same_overlay_and_picture_give_the_same_pixels() -> None:
    pair = [overlaid(Picture.still(photo()), cutout(), settings(opacity=0.4)) for _ in range(2)]
    assert pair[0].first_frame().tobytes() == pair[1].first_frame().tobytes()
