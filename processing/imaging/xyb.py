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


def linear_light(image: Image.Image) -> Floats:
    """Return an L or RGB image as (3, height, width) of linear red, green and blue in 0..1."""
    bands = image.split() if image.mode == "RGB" else (image.convert("L"),) * 3
    planes = np.empty((3, image.height, image.width), dtype=np.float32)
    for plane, band in zip(planes, bands, strict=True):
        # Pillow's table look-up is several times faster than NumPy's indexing.
        plane[:] = np.asarray(band.point(_LINEAR, "F"))
    return planes


def halved(planes: Floats) -> Floats:
    """Return planes at half the size, each pixel the mean of four; odd edges are repeated."""
    rows, columns = planes.shape[1] % 2, planes.shape[2] % 2
    if rows or columns:
        planes = np.pad(planes, ((0, 0), (0, rows), (0, columns)), mode="edge")
    pairs = planes[:, 0::2] + planes[:, 1::2]
    means: Floats = (pairs[:, :, 0::2] + pairs[:, :, 1::2]) * np.float32(0.25)
    return means


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
