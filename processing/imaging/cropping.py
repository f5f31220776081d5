"""Find what a picture is about, and cut thumbnails around it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from processing.imaging.pictures import Picture, flattened_on_white
from processing.imaging.resizing import premultiply, preview, shrink, straighten
from processing.imaging.saliency import saliency_of
from processing.imaging.sizes import Size

# Enough to see faces and objects by, small enough to take a few milliseconds.
SALIENCY_SIDE = 96

# A small shrunk picture looks softer than its source; chosen by eye.
SHARPENED_UP_TO = 640
SHARPENING = ImageFilter.UnsharpMask(radius=0.6, percent=50, threshold=2)


@dataclass(frozen=True, slots=True)
class FocalPoint:
    """Where to look, as shares of width and height from the top left corner."""

    x: float
    y: float


CENTER = FocalPoint(0.5, 0.5)


def find_focal_point(image: Image.Image) -> FocalPoint:
    """Return the middle of the part with the most edges, colour and skin; the centre if none.

    Takes an L, LA, RGB or RGBA image of any size; the same pixels always give the same point.
    """
    small = flattened_on_white(preview(image, SALIENCY_SIDE)).convert("RGB")
    pixels = np.asarray(small, dtype=np.float32) / 255.0
    saliency = _gathered(saliency_of(pixels))
    if float(saliency.max()) < 1e-6:
        return CENTER
    row, column = np.unravel_index(int(saliency.argmax()), saliency.shape)
    height, width = saliency.shape
    return FocalPoint((float(column) + 0.5) / width, (float(row) + 0.5) / height)


def _gathered(saliency: NDArray[Any]) -> NDArray[Any]:
    """Return the saliency within reach of each pixel, a little more of it towards the middle."""
    reach = max(1, min(saliency.shape) // 5)
    summed = _box_sum(_box_sum(saliency, reach), reach)
    rows, columns = (np.linspace(-1, 1, length) for length in saliency.shape)
    central: NDArray[Any] = 1 - 0.25 * (rows[:, None] ** 2 + columns[None, :] ** 2)
    gathered: NDArray[Any] = summed * central
    return gathered


def _box_sum(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """Return the sum over the square of `reach` pixels in each direction, zero beyond the edge."""
    padded = np.pad(values, ((reach + 1, reach), (reach + 1, reach)))
    total = padded.cumsum(axis=0).cumsum(axis=1)
    side = 2 * reach + 1
    rows = total[side:] - total[:-side]
    summed: NDArray[Any] = rows[:, side:] - rows[:, :-side]
    return summed


def cut(picture: Picture, size: Size, focal: FocalPoint) -> Picture:
    """Return a still of exactly `size`, cut around the focal point; an animation's first frame."""
    image = premultiply(picture.first_frame())
    cropped = image.crop(crop_box(picture.size, size, focal))
    shrunk = straighten(shrink(cropped, size))
    finished = _sharpened(shrunk) if cropped.size != size else shrunk
    return Picture.still(finished, picture.gamut)


def crop_box(original: Size, shape: Size, focal: FocalPoint) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the largest box of a shape that is nearest a point."""
    scale = min(original.width / shape.width, original.height / shape.height)
    width = min(original.width, max(1, round(shape.width * scale)))
    height = min(original.height, max(1, round(shape.height * scale)))
    left = _start(focal.x * original.width, width, original.width)
    top = _start(focal.y * original.height, height, original.height)
    return left, top, left + width, top + height


def _start(center: float, length: int, limit: int) -> int:
    return min(limit - length, max(0, round(center - length / 2)))


def _sharpened(image: Image.Image) -> Image.Image:
    """Return a small image slightly sharpened, no pixel beyond the range of its surroundings."""
    if max(image.size) > SHARPENED_UP_TO:
        return image
    if image.mode not in ("LA", "RGBA"):
        return _without_ringing(image)
    *colors, alpha = image.split()
    # Next to an edge, sharpening would bring in the colours hidden under transparent pixels.
    inner = Image.fromarray(_over_neighbours(np.minimum, np.asarray(alpha)) // 255 * 255)
    sharp = [Image.composite(_without_ringing(each), each, inner) for each in colors]
    return Image.merge(image.mode, (*sharp, alpha))


def _without_ringing(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image)
    sharp = np.asarray(image.filter(SHARPENING))
    lowest = _over_neighbours(np.minimum, pixels)
    highest = _over_neighbours(np.maximum, pixels)
    return Image.fromarray(sharp.clip(lowest, highest))


def _over_neighbours(pick: np.ufunc, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the least or greatest value of the 3 x 3 pixels around each; (height, width, ...)."""
    for axis in (0, 1):
        ends = [(1, 1) if each == axis else (0, 0) for each in range(pixels.ndim)]
        padded = np.pad(pixels, ends, mode="edge").swapaxes(0, axis)
        pixels = pick(pick(padded[:-2], padded[1:-1]), padded[2:]).swapaxes(0, axis)
    return pixels
