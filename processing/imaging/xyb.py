"""Pixels as the eye takes them in: linear light, and the XYB colours of JPEG XL."""

from collections.abc import Sequence
from typing import Any

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


def _light_of_bytes() -> NDArray[np.float64]:
    """Return the linear light of each of the 256 stored values, by the curve of sRGB."""
    values = np.arange(256) / 255.0
    light: NDArray[np.float64] = np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
    return light


_LIGHT = _light_of_bytes().astype(np.float32)

# Four pixels of at most this sum to what 16 bits hold; its steps are a tenth of the darkest
# stored value, and one thing for both pictures.
_FULL = 16383
_FIXED_POINT_LIGHT = np.round(_light_of_bytes() * _FULL).astype(np.uint16)
# The light of two neighbours together, looked up by their two bytes read as one number.
_LIGHT_OF_PAIR = np.add.outer(_FIXED_POINT_LIGHT, _FIXED_POINT_LIGHT).ravel()

# Rows of the picture that are read together: buffers this small are used again and again, while
# fresh ones of a whole picture cost more than the arithmetic.
_STRIP_ROWS = 64

# Where red, green and blue are taken from: a picture, or (3, height, width) planes of light, in
# float32 from 0 to 1 or in uint16 from 0 to four times `_FULL`.
Source = Image.Image | Floats | NDArray[np.uint16]


def size_of(source: Source) -> tuple[int, int]:
    """Return (height, width) in pixels."""
    if isinstance(source, Image.Image):
        return source.height, source.width
    return int(source.shape[1]), int(source.shape[2])


def light_of(parts: Sequence[NDArray[Any]]) -> Floats:
    """Return pieces of a source side by side, as linear light from 0 to 1 in float32."""
    values = np.concatenate(parts, axis=2)
    if values.dtype == np.uint8:
        return _LIGHT.take(values, mode="clip")
    if values.dtype == np.uint16:
        return values * np.float32(1 / (4 * _FULL))
    return values


def piece(source: Source, top: int, left: int, height: int, width: int) -> NDArray[Any]:
    """Return (3, height, width) of a source as it is stored; what is beyond it is zero."""
    if isinstance(source, Image.Image):
        pixels = np.asarray(source.crop((left, top, left + width, top + height)))
        return np.stack([pixels] * 3) if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    rows, columns = source.shape[1:]
    inside = source[:, max(0, top) : top + height, max(0, left) : left + width]
    if inside.shape[1:] == (height, width):
        return inside
    before = (max(0, -top), max(0, -left))
    after = (max(0, top + height - rows), max(0, left + width - columns))
    return np.pad(inside, ((0, 0), (before[0], after[0]), (before[1], after[1])))


def halved(source: Source) -> Floats | NDArray[np.uint16]:
    """Return linear light at half the size; odd edges are repeated."""
    if isinstance(source, Image.Image):
        return _half_of_picture(source)
    height, width = size_of(source)
    half = np.empty((3, (height + 1) // 2, (width + 1) // 2), dtype=np.float32)
    share = np.float32(1 / (16 * _FULL) if source.dtype == np.uint16 else 1 / 4)
    for target, plane in zip(half, source, strict=True):
        even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
        pairs = np.add(even[0::2], even[1::2], dtype=np.float32)
        np.add(pairs[:, 0::2], pairs[:, 1::2], out=target)
        target *= share
    return half


def _half_of_picture(image: Image.Image) -> NDArray[np.uint16]:
    height, width = image.height, image.width
    half = np.empty((3, (height + 1) // 2, (width + 1) // 2), dtype=np.uint16)
    for top in range(0, height, _STRIP_ROWS):
        strip = image.crop((0, top, width, min(height, top + _STRIP_ROWS)))
        rows = slice(top // 2, (top + strip.height + 1) // 2)
        if strip.mode == "L":
            half[:, rows] = _half_of_band(strip, "L")
        else:
            for plane, band in zip(half, "RGB", strict=True):
                plane[rows] = _half_of_band(strip, band)
    return half


def _half_of_band(strip: Image.Image, band: str) -> NDArray[np.uint16]:
    stored = np.frombuffer(strip.tobytes("raw", band), np.uint8).reshape(strip.height, strip.width)
    rows, columns = strip.height % 2, strip.width % 2
    if rows or columns:
        stored = np.pad(stored, ((0, rows), (0, columns)), mode="edge")
    pairs = _LIGHT_OF_PAIR.take(stored.view(np.uint16), mode="clip")
    sums: NDArray[np.uint16] = pairs[0::2] + pairs[1::2]
    return sums


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
