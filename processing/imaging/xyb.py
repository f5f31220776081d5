"""Pixels as the eye takes them in: linear light, and the XYB colours of JPEG XL."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

X, Y, B = 0, 1, 2

# How much red, green and blue each kind of cone sees, and the light it sees in the dark
# (JPEG XL, ISO/IEC 18181-1, "opsin absorbance").
_CONES = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536],
    ],
    dtype=np.float32,
)
_DARK = 0.0037930732552754493


def _srgb_curve() -> list[float]:
    values = np.arange(256) / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return [float(value) for value in linear]


_LINEAR = _srgb_curve()


def linear_light(image: Image.Image) -> tuple[Image.Image, ...]:
    """Return red, green and blue of an L or RGB image in linear light, as F images in 0..1."""
    bands = image.split() if image.mode == "RGB" else (image.convert("L"),)
    return tuple(band.point(_LINEAR, "F") for band in bands)


def halved(light: Sequence[Image.Image]) -> tuple[Image.Image, ...]:
    """Return linear light at half the size: the mean of four pixels, or of those there are."""
    return tuple(band.reduce(2) for band in light)


def planes_of(light: Sequence[Image.Image]) -> tuple[Floats, ...]:
    """Return red, green and blue of linear light, each (height, width)."""
    planes = tuple(np.asarray(band) for band in light)
    return planes if len(planes) == 3 else planes * 3


def opsin(linear: Floats, channels: Sequence[int]) -> dict[int, Floats]:
    """Return the named channels of linear light (3, ...), shifted to be positive as in libjxl."""
    red_green = [_response(linear, cone) for cone in (0, 1)]
    luma = (red_green[0] + red_green[1]) * np.float32(0.5)
    planes: dict[int, Floats] = {}
    if X in channels:
        planes[X] = (red_green[0] - red_green[1]) * np.float32(7.0) + np.float32(0.42)
    if Y in channels:
        planes[Y] = luma + np.float32(0.01)
    if B in channels:
        planes[B] = _response(linear, 2) - luma + np.float32(0.55)
    return planes


def _response(linear: Floats, cone: int) -> Floats:
    red, green, blue = _CONES[cone]
    light: Floats = linear[0] * red
    light += linear[1] * green
    light += linear[2] * blue
    light += np.float32(_DARK)
    # A cube root: NumPy's logarithm and exponential are vectorised, its cbrt is not.
    np.log(light, out=light)
    light *= np.float32(1 / 3)
    np.exp(light, out=light)
    light -= np.float32(_DARK ** (1 / 3))
    return light
