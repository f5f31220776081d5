"""Shrink a decoded picture some rows at a time, so that it is never in memory twice.

The same sums as `Image.resize` with a `reducing_gap`, in the same order: what differs is only how
many rows are weighted with their alpha and shrunk sideways at once.
"""

from collections.abc import Iterator
from math import ceil, floor

from PIL import Image

from processing.imaging.resizing import REDUCING_GAP, has_straight_alpha, premultiply, shrink
from processing.imaging.sizes import Size

# Large enough that the rows which neighbouring bands share cost a few percent at most.
BAND_PIXELS = 4_000_000
# How far LANCZOS looks to either side, in pixels of its output.
LANCZOS_REACH = 3


def shrink_in_bands(image: Image.Image, size: Size) -> Image.Image:
    """Return a straight image premultiplied and at `size`, holding little besides the two."""
    if image.width * image.height <= BAND_PIXELS or image.size == size:
        return shrink(premultiply(image), size)
    factors = _factors(image, size)
    if factors == (1, 1):
        return _resampled(image, size, image.width, image.height)
    reduced = _reduced(image, factors)
    return _resampled(reduced, size, image.width / factors[0], image.height / factors[1])


def reduced_size(decoded: Size, size: Size) -> Size:
    """Return how large a picture is between the two steps of shrinking it."""
    horizontal, vertical = (_factor(*sides) for sides in zip(decoded, size, strict=True))
    return Size(ceil(decoded.width / horizontal), ceil(decoded.height / vertical))


def _factors(image: Image.Image, size: Size) -> tuple[int, int]:
    return _factor(image.width, size.width), _factor(image.height, size.height)


def _factor(decoded: int, wanted: int) -> int:
    """Return how many pixels in a row are averaged into one before LANCZOS takes over."""
    return int(decoded / wanted / REDUCING_GAP) or 1


def _reduced(image: Image.Image, factors: tuple[int, int]) -> Image.Image:
    """Return the image averaged down by whole factors, premultiplied."""
    if not has_straight_alpha(image):
        return image.reduce(factors)
    size = (ceil(image.width / factors[0]), ceil(image.height / factors[1]))
    reduced = _blank(image, size)
    for top, bottom in _bands(size[1], image.width * factors[1]):
        rows = (top * factors[1], min(image.height, bottom * factors[1]))
        reduced.paste(_rows(image, *rows).reduce(factors), (0, top))
    return reduced


def _resampled(image: Image.Image, size: Size, width: float, height: float) -> Image.Image:
    """Return what the left upper `width` x `height` pixels look like at `size`, premultiplied."""
    scale = height / size.height
    reach = LANCZOS_REACH * max(1.0, scale) + 1
    resampled = _blank(image, size)
    for top, bottom in _bands(size.height, ceil(image.width * scale)):
        first, last = top * scale, min(height, bottom * scale)
        above, below = max(0, floor(first - reach)), min(image.height, ceil(last + reach))
        box = (0.0, first - above, width, last - above)
        rows = (size.width, bottom - top)
        shrunk = _rows(image, above, below).resize(rows, Image.Resampling.LANCZOS, box)
        resampled.paste(shrunk, (0, top))
    return resampled


def _blank(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return Image.new(premultiply(Image.new(image.mode, (1, 1))).mode, size)


def _rows(image: Image.Image, first: int, last: int) -> Image.Image:
    return premultiply(image.crop((0, first, image.width, last)))


def _bands(rows: int, pixels_per_row: int) -> Iterator[tuple[int, int]]:
    """Yield (top, bottom) of rows of output whose input is about BAND_PIXELS each."""
    step = max(1, BAND_PIXELS // pixels_per_row)
    for top in range(0, rows, step):
        yield top, min(rows, top + step)
