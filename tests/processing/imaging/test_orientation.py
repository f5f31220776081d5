from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from processing.imaging import Size
from tests.corpus import files_in
from tests.processing.imaging.samples import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    corners,
    difference,
    exif,
    rendered,
    saved,
)

# What turns the upright picture into the stored one, for each orientation.
STORED_AS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    turn = STORED_AS.get(orientation)
    return upright if turn is None else upright.transpose(turn)


@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("size", [(96, 64), (64, 96)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_comes_out_upright(
    codec: str, size: tuple[int, int], orientation: int
) -> None:
    settings = {"lossless": True} if codec == "WEBP" else {}
    content = saved(stored(corners(*size), orientation), codec, exif=exif(orientation), **settings)
    picture = rendered(content, Size(size[0] // 2, size[1] // 2))
    image = picture.first_frame()
    right, bottom = image.width - 5, image.height - 5
    places = [(4, 4), (right, 4), (4, bottom), (right, bottom)]
    for place, expected in zip(places, [RED, GREEN, BLUE, WHITE], strict=True):
        color = image.getpixel(place)
        assert isinstance(color, tuple)
        assert max(abs(a - b) for a, b in zip(color, expected, strict=True)) < 12, place


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_turned_picture_can_be_rendered_at_its_own_size(orientation: int) -> None:
    content = saved(stored(corners(96, 64), orientation), "JPEG", exif=exif(orientation))
    assert rendered(content).size == (96, 64)


@pytest.mark.parametrize("path", files_in("orientation"))
def test_a_real_photograph_looks_the_same_in_every_orientation(path: Path) -> None:
    upright = path.with_name(path.stem.split("_")[0] + "_1.jpg")
    size = Size(300, 200) if path.name.startswith("Landscape") else Size(200, 300)
    images = [rendered(each.read_bytes(), size).first_frame() for each in (path, upright)]
    assert difference(*images) < 4


def test_orientation_in_xmp_alone_is_ignored_as_browsers_do() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    content = saved(corners(96, 64), "WEBP", xmp=xmp)
    assert Image.open(BytesIO(content)).info["xmp"]
    assert rendered(content).size == (96, 64)
