"""Bring every pixel layout that a file can have to the few that the pipeline works in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# What colour management and resizing understand: see `color` and `resizing`.
WORKING_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "LAB"})

_SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})


def to_working_mode(image: Image.Image) -> Image.Image:
    """Return the image in one of WORKING_MODES, eight bits a channel, transparency as alpha."""
    if image.mode in _SIXTEEN_BIT:
        return _from_sixteen_bit(image)
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float32)))
    if "transparency" in image.info:
        return _with_alpha(image)
    return image if image.mode in WORKING_MODES else image.convert(_nearest_mode(image.mode))


def _nearest_mode(mode: str) -> str:
    return {"1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA"}.get(mode, "RGB")


def _from_sixteen_bit(image: Image.Image) -> Image.Image:
    """Return sixteen-bit grey as L or LA: Pillow's own conversion clips instead of scaling."""
    values: NDArray[Any] = np.asarray(image).astype(np.uint16)
    # Rounds v / 257 without leaving sixteen bits: 65,535 levels to 255.
    grey = Image.fromarray(((values - (values >> 8) + 128) >> 8).astype(np.uint8))
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    alpha = np.where(values == transparent, 0, 255).astype(np.uint8)
    return Image.merge("LA", (grey, Image.fromarray(alpha)))


def _stretched(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return 32-bit samples as eight bits, guessing their white: 1, 255, 65,535 or the largest."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(finite.max(initial=0.0))
    white = next((white for white in (1.0, 255.0, 65_535.0) if largest <= white), largest)
    # In place: these are the largest pixels that there are.
    np.clip(finite, 0, white, out=finite)
    finite *= np.float32(255.0 / white)
    finite += np.float32(0.5)
    return finite.astype(np.uint8)


def _with_alpha(image: Image.Image) -> Image.Image:
    """Return an image whose transparency stands beside the pixels with an alpha channel instead."""
    if image.mode == "1":
        image = _bilevel_as_grey(image)
    image.info["transparency"] = _eight_bit(image.info["transparency"], image.mode)
    return image.convert("LA" if image.mode == "L" else "RGBA")


def _bilevel_as_grey(image: Image.Image) -> Image.Image:
    grey = image.convert("L")
    grey.info["transparency"] = 255 if image.info["transparency"] else 0
    return grey


def _eight_bit(transparent: Any, mode: str) -> Any:
    """Return a PNG's transparent colour on the scale of its decoded pixels.

    Sixteen-bit files name it with sixteen bits, while Pillow has already reduced the pixels.
    """
    if isinstance(transparent, tuple) and max(transparent) > 255:
        return tuple(value >> 8 for value in transparent)
    if isinstance(transparent, int) and mode == "L" and transparent > 255:
        return transparent >> 8
    return transparent
