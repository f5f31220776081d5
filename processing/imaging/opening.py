"""The one place that hands bytes to Pillow's parsers."""

import warnings

from PIL import AvifImagePlugin, Image, ImageFile, UnidentifiedImageError

from processing.imaging import heic
from processing.imaging.content import Content, as_file
from processing.imaging.errors import UndecodableImage
from processing.imaging.limits import Limits

# Workers are processes, one per core: a decoder that starts its own threads only competes.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

_PILLOW_NAMES = {"heic": heic.PILLOW_FORMAT}


def open_image(content: Content, kind: str, limits: Limits) -> ImageFile.ImageFile:
    """Return the lazily decoded image of a file whose format was recognised.

    The parser is named, because almost all of Pillow's past vulnerabilities sit in parsers for
    formats that nobody uploads. Parser errors are not translated here.
    """
    # Pillow warns above its ceiling and raises above twice that: half the limit makes it raise
    # exactly at the limit, also for frames that turn out larger than their header.
    Image.MAX_IMAGE_PIXELS = limits.max_pixels // 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Image.open(as_file(content), formats=[_PILLOW_NAMES.get(kind, kind.upper())])
        except UnidentifiedImageError as error:
            raise UndecodableImage(_unreadable(kind)) from error


def _unreadable(kind: str) -> str:
    return (
        f"The {kind.upper()} header is damaged or of a variant that cannot be read: "
        "open it in an editor and export it as PNG or JPEG."
    )
