import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging import FocalPoint, Picture, Size, cut, find_focal_point
from processing.imaging.cropping import crop_box
from processing.imaging.resizing import premultiply, shrink, straighten
from tests.processing.imaging.samples import animation, cutout, frames, photo, rendered

CENTER = FocalPoint(0.5, 0.5)


def subject_at(x: float, y: float) -> Image.Image:
    """Return a grey wall with a face-coloured, textured disc."""
    image = Image.new("RGB", (400, 300), (120, 122, 125))
    draw = ImageDraw.Draw(image)
    left, top = x * 400, y * 300
    draw.ellipse((left - 35, top - 45, left + 35, top + 45), fill=(222, 170, 140))
    for step in range(-30, 31, 10):
        draw.line((left + step, top - 30, left + step, top + 30), fill=(140, 80, 60), width=2)
    return image


@pytest.mark.parametrize("place", [(0.2, 0.3), (0.8, 0.3), (0.5, 0.5), (0.75, 0.75)])
def test_the_focal_point_is_on_the_subject(place: tuple[float, float]) -> None:
    found = find_focal_point(subject_at(*place))
    assert (found.x, found.y) == pytest.approx(place, abs=0.1)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_picture_about_nothing_is_cut_at_its_centre(mode: str) -> None:
    found = find_focal_point(Image.new(mode, (300, 200)))
    assert (found.x, found.y) == pytest.approx((0.5, 0.5), abs=0.02)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_any_shape_has_a_focal_point(size: tuple[int, int]) -> None:
    found = find_focal_point(photo(*size) if min(size) > 8 else Image.new("RGB", size, "red"))
    assert 0 <= found.x <= 1
    assert 0 <= found.y <= 1


def test_the_same_picture_has_the_same_focal_point() -> None:
    assert find_focal_point(photo()) == find_focal_point(photo())


@pytest.mark.parametrize(
    ("focal", "box"),
    [
        (CENTER, (50, 0, 150, 100)),
        (FocalPoint(0.0, 0.0), (0, 0, 100, 100)),
        (FocalPoint(1.0, 1.0), (100, 0, 200, 100)),
        (FocalPoint(0.3, 0.9), (10, 0, 110, 100)),
    ],
)
def test_the_box_stays_inside_the_picture(
    focal: FocalPoint, box: tuple[int, int, int, int]
) -> None:
    assert crop_box(Size(200, 100), Size(30, 30), focal) == box


@pytest.mark.parametrize("size", [(30, 30), (90, 20), (1, 1), (200, 100), (7, 99)])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_thumbnail_has_exactly_the_size_asked_for(mode: str, size: tuple[int, int]) -> None:
    picture = Picture.still((cutout(200, 100) if "A" in mode else photo(200, 100)).convert(mode))
    thumbnail = cut(picture, Size(*size), FocalPoint(0.9, 0.1))
    assert (thumbnail.size, thumbnail.mode) == (size, mode)


def test_sharpening_leaves_no_halo() -> None:
    image = Image.new("L", (400, 400), 60)
    image.paste(190, (200, 0, 400, 400))
    pixels = np.asarray(cut(Picture.still(image), Size(100, 100), CENTER).first_frame())
    direct = np.asarray(image.resize((100, 100), Image.Resampling.LANCZOS))
    assert pixels.max() <= direct.max()
    assert pixels.min() >= direct.min()


def test_a_cutout_keeps_a_clean_edge() -> None:
    thumbnail = cut(Picture.still(cutout(400, 400)), Size(60, 60), CENTER)
    pixels = np.asarray(thumbnail.first_frame())
    assert pixels[pixels[..., 3] > 16][:, 0].min() >= 240


def test_sharpening_does_not_reach_under_transparent_pixels() -> None:
    grey = cutout(400, 400)
    grey.paste((120, 120, 120), mask=grey.getchannel("A"))
    grey.putalpha(cutout(400, 400).getchannel("A"))
    thumbnail = np.asarray(cut(Picture.still(grey), Size(60, 60), CENTER).first_frame())
    resized = np.asarray(straighten(shrink(premultiply(grey), Size(60, 60))))
    edge = resized[..., 3] < 255
    assert np.array_equal(thumbnail[edge], resized[edge])


def test_the_thumbnail_of_an_animation_is_a_still() -> None:
    picture = rendered(animation("GIF", frames(4), duration=50))
    assert not cut(picture, Size(20, 20), CENTER).animated
