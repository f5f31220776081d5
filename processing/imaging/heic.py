"""HEIC: decoded, never written, and only where somebody has installed a decoder and asked for it.

docs/imaging.md says why it is no default: the format is patented and the decoder comes with an
encoder under the GPL.
"""

import importlib
import importlib.util

from PIL import Image

PACKAGE = "pillow_heif"
# What Pillow calls the format, once the package is registered.
PILLOW_FORMAT = "HEIF"


def available() -> bool:
    """Return whether a decoder is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def register() -> None:
    """Let Pillow open HEIC files in this process; raises ModuleNotFoundError without a decoder.

    Only the opener: Pillow is given no way to write the format.
    """
    package = importlib.import_module(PACKAGE)
    # Workers are processes, one per core.
    package.options.DECODE_THREADS = 1
    # `draft` would show the small picture that a camera has added, whatever it shows, as the large
    # one; the others are parts that nobody publishes.
    package.options.THUMBNAILS = False
    package.options.DEPTH_IMAGES = False
    package.options.AUX_IMAGES = False
    # The first bytes were looked at before: see `signatures`.
    Image.register_open(PILLOW_FORMAT, package.HeifImageFile, lambda start: True)
