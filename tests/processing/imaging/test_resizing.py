import numpy as np
import pytest
from PIL import Image

from processing.imaging.bands import shrink_in_bands
from processing.imaging.sizes import Size


@pytest.mark.parametrize("factor", [2, 3, 4.5, 7])
def test_a_hard_edge_rings_by_a_tenth_of_its_height_at_most(factor: float) -> None:
    """LANCZOS overshoots by nature; more than a tenth would be seen as a halo."""
    image = Image.new("L", (900, 900), 60)
    image.paste(190, (451, 0, 900, 900))
    side = round(900 / factor)
    pixels = np.asarray(shrink_in_bands(image, Size(side, side)))
    assert pixels.min() >= 60 - 13
    assert pixels.max() <= 190 + 13


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_fine_pattern_is_averaged_as_browsers_do(factor: int) -> None:
    """In stored values, not in light: black and white pixels come to 128, not to 188."""
    rows, columns = np.mgrid[:256, :256]
    image = Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8))
    side = 256 // factor
    pixels = np.asarray(shrink_in_bands(image, Size(side, side)), dtype=np.int16)
    assert np.abs(pixels[4:-4, 4:-4] - 128).max() <= 2
