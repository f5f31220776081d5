from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging import FocalPoint, Picture, Size, cut, find_focal_point
from processing.imaging.cropping import crop_box
from processing.imaging.resizing import premultiply, shrink, straighten
from tests import corpus
from tests.processing.imaging import subjects
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


WIDE, TALL = (900, 500), (500, 900)
# A dark shape before dark surroundings with lights is not found: the lights win.
SCENES = [
    pytest.param(painter, background, id=f"{painter.__name__}-{background.__name__}")
    for painter, background in product(subjects.PAINTERS, subjects.BACKGROUNDS)
    if (painter, background) != (subjects.dark_silhouette, subjects.out_of_focus)
]
SHAPES = (Size(1, 1), Size(1, 2), Size(2, 1))


@pytest.mark.parametrize(("painter", "background"), SCENES)
@pytest.mark.parametrize("place", subjects.PLACES)
@pytest.mark.parametrize("size", [WIDE, TALL], ids=["wide", "tall"])
def test_a_crop_keeps_the_subject(
    painter: subjects.Painter,
    background: Callable[[tuple[int, int], int], Image.Image],
    place: tuple[float, float],
    size: tuple[int, int],
) -> None:
    image, subject = subjects.scene(
        painter, background, place if size == WIDE else place[::-1], size
    )
    focal = find_focal_point(image)
    for shape in SHAPES:
        crop = crop_box(Size(*size), shape, focal)
        assert subjects.covered(subject, crop, size) >= 0.8, shape


def test_a_picture_that_is_skin_coloured_all_over_is_not_about_skin() -> None:
    rows, columns = np.mgrid[-1:1:200j, -1:1:300j]
    light = 1 - 0.4 * (rows**2 + columns**2)[..., None]
    pixels = (light * np.array([235, 180, 160])).astype(np.uint8)
    found = find_focal_point(Image.fromarray(pixels))
    assert (found.x, found.y) == pytest.approx((0.5, 0.5), abs=0.1)


# What was seen, as shares of the upright picture, and a shape that can hold it.
SEEN = {
    "photos/02_issue266_22mp.jpg": (subjects.Box(0.41, 0.08, 0.70, 0.55), Size(1, 1)),
    "photos/15_sd850_8mp_icc.jpg": (subjects.Box(0.54, 0.20, 0.68, 0.62), Size(1, 1)),
    "photos/16_sharp_6mp.jpg": (subjects.Box(0.12, 0.25, 0.62, 0.75), Size(1, 1)),
    "photos/24_eos7d_0.5mp_adobergb.jpg": (subjects.Box(0.42, 0.10, 0.62, 0.35), Size(1, 1)),
    "cid22/1277396.png": (subjects.Box(0.04, 0.40, 0.80, 0.75), Size(16, 9)),
    "cid22/631317.png": (subjects.Box(0.42, 0.52, 0.82, 0.92), Size(16, 9)),
    "cid22/pexels-photo-1933873.png": (subjects.Box(0.33, 0.25, 0.75, 0.80), Size(16, 9)),
    "cid22/4666751.png": (subjects.Box(0.48, 0.25, 0.70, 0.70), Size(16, 9)),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_crop_keeps_what_a_photograph_is_about(name: str) -> None:
    path = corpus.ROOT / name
    if not path.exists():
        pytest.skip(f"no test image at {path}: set CORPUS to the folder that holds {name}")
    subject, shape = SEEN[name]
    picture = rendered(path.read_bytes())
    crop = crop_box(picture.size, shape, find_focal_point(picture.first_frame()))
    assert subjects.covered(subject, crop, picture.size) >= 0.8


def test_a_small_thumbnail_is_as_sharp_as_the_picture_allows() -> None:
    """Sharper than LANCZOS alone by some percent, and not by a caricature's."""
    image = photo(1200, 900)
    thumbnail = cut(Picture.still(image), Size(150, 150), CENTER).first_frame()
    direct = image.crop((150, 0, 1050, 900)).resize((150, 150), Image.Resampling.LANCZOS)
    assert 1.05 < gradient_energy(thumbnail) / gradient_energy(direct) < 1.6


def gradient_energy(image: Image.Image) -> float:
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    return float((np.diff(grey, axis=0) ** 2).mean() + (np.diff(grey, axis=1) ** 2).mean())
