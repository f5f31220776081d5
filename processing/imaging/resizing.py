"""Shrink pixels without dark fringes, and in as few passes as quality allows."""

from PIL import Image

from processing.imaging.sizes import Size, fit_inside

# Box-shrink to twice the wanted size, then LANCZOS: measured to look like LANCZOS alone and to
# take a fraction of its time.
REDUCING_GAP = 2.0

_PREMULTIPLIED = {"RGBA": "RGBa", "LA": "La"}
_STRAIGHT = {"RGBa": "RGBA", "La": "LA"}


def premultiply(image: Image.Image) -> Image.Image:
    """Return the image with its colours weighted by alpha.

    Averaging unweighted colours would mix in those hidden under transparent pixels, which are
    usually black, and leave a dark fringe around every cut-out.
    """
    mode = _PREMULTIPLIED.get(image.mode)
    return image.convert(mode) if mode else image


def has_straight_alpha(image: Image.Image) -> bool:
    return image.mode in _PREMULTIPLIED


def straighten(image: Image.Image) -> Image.Image:
    """Return the image with alpha apart from the colours again."""
    mode = _STRAIGHT.get(image.mode)
    return image.convert(mode) if mode else image


def shrink(image: Image.Image, size: Size) -> Image.Image:
    """Return a premultiplied or opaque image at `size`."""
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)


def preview(image: Image.Image, longest: int) -> Image.Image:
    """Return an L, LA, RGB or RGBA image averaged down to at most `longest` pixels a side."""
    size = fit_inside(Size(*image.size), longest, longest)
    return image.resize(size, Image.Resampling.BOX)


def without_opaque_alpha(image: Image.Image) -> Image.Image:
    """Return the image without its alpha channel if that hides nothing."""
    if not has_straight_alpha(image) or not is_opaque(image):
        return image
    return image.convert(image.mode.removesuffix("A"))


def is_opaque(image: Image.Image) -> bool:
    """Return whether no pixel of an L, LA, RGB or RGBA image is even slightly transparent."""
    if not has_straight_alpha(image):
        return True
    return image.getchannel("A").getextrema() == (255, 255)
