"""What a picture looks like, in a few characters: to find its like, and to colour its frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.pictures import flattened_on_white
from processing.imaging.resizing import preview

# The usual perceptual hash: 8 x 8 of the lowest frequencies of a 32 x 32 grey version.
GREY_SIDE = 32
HASH_SIDE = 8

# Enough pixels for a stable share of each colour.
PALETTE_SIDE = 96
VISIBLE_ALPHA = 128


def perceptual_hash(image: Image.Image) -> str:
    """Return 16 hex digits of which few bits differ between pictures that look alike."""
    small = image.resize((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX)
    grey = flattened_on_white(small).convert("L")
    low = _lowest_frequencies(np.asarray(grey, dtype=np.float64))
    # The first term is overall brightness: it says nothing, and would drag the median.
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


def _lowest_frequencies(grey: NDArray[np.float64]) -> NDArray[Any]:
    """Return the 64 lowest terms of the cosine transform, row by row."""
    places = np.arange(GREY_SIDE) + 0.5
    waves = np.cos(np.pi / GREY_SIDE * np.outer(np.arange(HASH_SIDE), places))
    # Rounded, so that differences in the last bit between processors cannot flip the hash.
    low: NDArray[Any] = np.round(waves @ grey @ waves.T, 6).ravel()
    return low


def dominant_colors(image: Image.Image, count: int = 5) -> tuple[str, ...]:
    """Return up to `count` colours as "#rrggbb", the most frequent first.

    Transparent pixels do not count; a fully transparent picture has no colours.
    """
    visible = _visible_pixels(image)
    if not len(visible):
        return ()
    strip = Image.fromarray(visible[np.newaxis])
    reduced = strip.quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = reduced.getpalette() or []
    frequencies = np.bincount(np.asarray(reduced).ravel(), minlength=count)
    by_frequency = np.argsort(-frequencies, kind="stable")
    return tuple(_hex(palette[3 * i : 3 * i + 3]) for i in by_frequency if frequencies[i])


def _visible_pixels(image: Image.Image) -> NDArray[Any]:
    """Return the opaque colours of a small version, as (n, 3)."""
    pixels = np.asarray(preview(image, PALETTE_SIDE).convert("RGBA"))
    visible: NDArray[Any] = pixels[pixels[..., 3] >= VISIBLE_ALPHA][:, :3]
    return visible


def _hex(color: list[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
