"""Pixels as the eye takes them in: linear light, and the XYB colours of JPEG XL."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

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


_LINEAR_OF_BYTE = np.array(_LINEAR, dtype=np.float32)

# Rows turned into floats together: buffers this small are used again and again, while fresh ones
# of a whole picture cost more than the arithmetic.
_STRIP_ROWS = 128


def stored_planes(image: Image.Image) -> tuple[Bytes, ...]:
    """Return red, green and blue of an L or RGB image as they are stored, each (height, width)."""
    return tuple(np.asarray(band) for band in _bands(image))


def linear(values: Bytes | Floats) -> Floats:
    """Return linear light in 0..1; floats already are."""
    return _LINEAR_OF_BYTE[values] if values.dtype == np.uint8 else np.asarray(values, np.float32)


def half_of(image: Image.Image) -> Floats:
    """Return linear light (3, height, width) at half the size: the mean of four pixels each."""
    half = np.empty((3, (image.height + 1) // 2, (image.width + 1) // 2), dtype=np.float32)
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(image.height, top + _STRIP_ROWS)
        for plane, band in zip(
            half, _bands(image.crop((0, top, image.width, bottom))), strict=True
        ):
            rows = slice(top // 2, (bottom + 1) // 2)
            # Pillow's table look-up and mean are several times faster than NumPy's.
            plane[rows] = np.asarray(band.point(_LINEAR, "F").reduce(2))
    return half


def halved(planes: Floats) -> Floats:
    """Return linear light at half the size; odd edges are repeated."""
    rows, columns = planes.shape[1] % 2, planes.shape[2] % 2
    if rows or columns:
        planes = np.pad(planes, ((0, 0), (0, rows), (0, columns)), mode="edge")
    pairs = planes[:, 0::2] + planes[:, 1::2]
    means: Floats = (pairs[:, :, 0::2] + pairs[:, :, 1::2]) * np.float32(0.25)
    return means


def _bands(image: Image.Image) -> tuple[Image.Image, ...]:
    return image.split() if image.mode == "RGB" else (image.convert("L"),) * 3


def opsin(light: Floats, channels: Sequence[int]) -> dict[int, Floats]:
    """Return the named channels of linear light (3, ...), shifted to be positive as in libjxl."""
    red_green = [_response(light, cone) for cone in (0, 1)]
    luma = (red_green[0] + red_green[1]) * np.float32(0.5)
    planes: dict[int, Floats] = {}
    if X in channels:
        planes[X] = (red_green[0] - red_green[1]) * np.float32(7.0) + np.float32(0.42)
    if Y in channels:
        planes[Y] = luma + np.float32(0.01)
    if B in channels:
        planes[B] = _response(light, 2) - luma + np.float32(0.55)
    return planes


def _response(light: Floats, cone: int) -> Floats:
    red, green, blue = _CONES[cone]
    response: Floats = light[0] * red
    response += light[1] * green
    response += light[2] * blue
    response += np.float32(_DARK)
    # A cube root: NumPy's logarithm and exponential are vectorised, its cbrt is not.
    np.log(response, out=response)
    response *= np.float32(1 / 3)
    np.exp(response, out=response)
    response -= np.float32(_DARK ** (1 / 3))
    return response
