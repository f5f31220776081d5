"""ThumbHash: a picture's impression in about 25 bytes, to show while it loads.

Format by Evan Wallace, https://evanw.github.io/thumbhash/ (public domain description).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.resizing import preview

LARGEST_SIDE = 100


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel's cosine transform: its mean, and its other terms as shares of the largest."""

    mean: float
    terms: NDArray[Any]
    scale: float


def thumbhash(image: Image.Image) -> bytes:
    """Return the ThumbHash (up to 25 bytes) of an L, LA, RGB or RGBA image of any size."""
    small = preview(image, LARGEST_SIDE).convert("RGBA")
    pixels = np.asarray(small, dtype=np.float64) / 255.0
    alpha = pixels[..., 3]
    has_alpha = bool((alpha < 1).any())
    luminance, yellow, red = _opponent_colors(_on_average(pixels))
    wide, high = _luminance_terms(small.size, has_alpha)
    channels = [
        _transform(luminance, max(3, wide), max(3, high)),
        _transform(yellow, 3, 3),
        _transform(red, 3, 3),
    ]
    if has_alpha:
        channels.append(_transform(alpha, 5, 5))
    landscape = small.width > small.height
    header = _header(channels, high if landscape else wide, landscape)
    return header + _packed(np.concatenate([channel.terms for channel in channels]))


def _luminance_terms(size: tuple[int, int], has_alpha: bool) -> tuple[int, int]:
    most = 5 if has_alpha else 7
    width, height = size
    longest = max(size)
    return max(1, _rounded(most * width / longest)), max(1, _rounded(most * height / longest))


def _on_average(pixels: NDArray[np.float64]) -> NDArray[Any]:
    """Return the colours laid over their own average, weighted by alpha."""
    alpha = pixels[..., 3:]
    total = float(alpha.sum())
    average = (pixels[..., :3] * alpha).sum(axis=(0, 1)) / total if total else np.zeros(3)
    composed: NDArray[Any] = average * (1 - alpha) + pixels[..., :3] * alpha
    return composed


def _opponent_colors(rgb: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return luminance, yellow minus blue, and red minus green."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    return (red + green + blue) / 3, (red + green) / 2 - blue, red - green


def _transform(channel: NDArray[Any], wide: int, high: int) -> _Channel:
    """Return the lowest cosine terms of a channel, in the format's triangular order."""
    height, width = channel.shape
    terms = _cosines(high, height) @ channel @ _cosines(wide, width).T / (width * height)
    # Symmetric pictures have terms that are zero but for the last bits, which differ between
    # processors; unrounded they would flip whole digits of the hash.
    terms = terms.round(9)
    order = [(y, x) for y in range(high) for x in range(wide) if x * high < wide * (high - y)]
    values = np.array([terms[place] for place in order[1:]])
    scale = float(np.abs(values).max(initial=0.0))
    shares = 0.5 + 0.5 / scale * values if scale else np.zeros_like(values)
    return _Channel(float(terms[0, 0]), shares, scale)


def _cosines(count: int, length: int) -> NDArray[Any]:
    """Return `count` cosine waves sampled at the middle of `length` pixels."""
    waves: NDArray[Any] = np.cos(
        np.pi / length * np.outer(np.arange(count), np.arange(length) + 0.5)
    )
    return waves


def _header(channels: list[_Channel], shorter_terms: int, landscape: bool) -> bytes:
    luminance, yellow, red, *alpha = channels
    colors = (
        _rounded(63 * luminance.mean)
        | _rounded(31.5 + 31.5 * yellow.mean) << 6
        | _rounded(31.5 + 31.5 * red.mean) << 12
        | _rounded(31 * luminance.scale) << 18
        | bool(alpha) << 23
    )
    shape = (
        shorter_terms
        | _rounded(63 * yellow.scale) << 3
        | _rounded(63 * red.scale) << 9
        | landscape << 15
    )
    header = colors.to_bytes(3, "little") + shape.to_bytes(2, "little")
    return header + bytes(_rounded(15 * a.mean) | _rounded(15 * a.scale) << 4 for a in alpha)


def _packed(shares: NDArray[Any]) -> bytes:
    """Return shares in 0..1 as four bits each, the first in the low half of a byte."""
    nibbles = np.floor(15 * shares + 0.5).astype(np.uint8)
    if nibbles.size % 2:
        nibbles = np.append(nibbles, np.uint8(0))
    return (nibbles[0::2] | nibbles[1::2] << 4).astype(np.uint8).tobytes()


def _rounded(value: float) -> int:
    """Round halves up, as the format's JavaScript reference does."""
    return int(np.floor(value + 0.5))
