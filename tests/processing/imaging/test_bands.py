import numpy as np
import pytest
from PIL import Image

from processing.imaging.bands import reduced_size, shrink_in_bands
from processing.imaging.resizing import premultiply, shrink
from processing.imaging.sizes import Size

WHOLE = Size(2003, 3001)


def noise(mode: str) -> Image.Image:
    random = np.random.default_rng(1)
    pixels = Image.fromarray(random.integers(0, 256, (*WHOLE[::-1], 4), dtype=np.uint8))
    return Image.merge("CMYK", pixels.split()) if mode == "CMYK" else pixels.convert(mode)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("size", [(1001, 1500), (333, 499), (150, 2900), (2000, 3), (1, 1)])
def test_bands_come_to_what_one_resize_gives(mode: str, size: tuple[int, int]) -> None:
    image = noise(mode)
    banded, whole = shrink_in_bands(image, Size(*size)), shrink(premultiply(image), Size(*size))
    assert (banded.mode, banded.size) == (whole.mode, whole.size)
    apart = np.abs(np.asarray(banded, dtype=np.int16) - np.asarray(whole))
    # Rounding of the places of the bands, in one value of a thousand.
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.005


def test_a_picture_of_the_wanted_size_keeps_its_pixels() -> None:
    image = noise("RGB")
    assert shrink_in_bands(image, WHOLE).tobytes() == image.tobytes()


def test_the_size_in_between_is_that_of_pillows_first_step() -> None:
    assert reduced_size(Size(1000, 700), Size(100, 70)) == (200, 140)
    assert reduced_size(Size(1001, 700), Size(100, 70)) == (201, 140)
    assert reduced_size(Size(300, 200), Size(100, 70)) == (300, 200)
