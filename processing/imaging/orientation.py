"""Which way up a picture is stored, and how to turn it upright."""

import warnings

from PIL import ExifTags, Image

from processing.imaging import heic
from processing.imaging.containers import png_chunks
from processing.imaging.content import Content
from processing.imaging.sizes import Size

_UPRIGHT = 1

_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image, content: Content) -> int:
    """Return the EXIF orientation 1-8 of an opened file, 1 where it is absent or nonsense.

    Only EXIF is asked, as browsers do: an orientation that stands in XMP alone is ignored.
    """
    value = _declared(image, content)
    return value if isinstance(value, int) and value in _TURNS else _UPRIGHT


def _declared(image: Image.Image, content: Content) -> object:
    if image.format == heic.PILLOW_FORMAT:
        # Turning is a property of the picture in HEIC, and its decoder has done it. The EXIF says
        # the same once more.
        return None
    if image.format == "TIFF":
        return getattr(image, "tag_v2", {}).get(ExifTags.Base.Orientation)
    exif = image.info.get("exif")
    if exif is None and image.format == "PNG":
        # `getexif()` would load all pixels to look for a late chunk; walking the chunks is free.
        exif = next((data for name, data in png_chunks(content) if name == b"eXIf"), None)
    return _orientation_in(exif) if exif else None


def _orientation_in(exif: bytes) -> object:
    tags = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tags.load(exif)
        return tags.get(ExifTags.Base.Orientation)
    except Exception:
        # Broken metadata must never cost somebody the picture.
        return None


def upright_size(size: tuple[int, int], orientation: int) -> Size:
    """Return (width, height) in pixels after turning; orientations 5-8 swap the sides."""
    width, height = size
    return Size(height, width) if orientation >= 5 else Size(width, height)


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the image as it is meant to be seen."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
