"""What can be wrong with a file that somebody sent, in words that person can act on."""

import mmap
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from PIL import Image


class ImagingError(Exception):
    """The picture cannot be used; `detail` is a sentence for the person who sent it."""

    code: ClassVar[str] = "imaging_error"
    default_detail: ClassVar[str] = "The picture could not be processed."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.default_detail
        super().__init__(self.detail)


class EmptyFile(ImagingError):
    code = "empty_file"
    default_detail = "The file is empty: check that it was saved, then upload it again."


class NotAnImage(ImagingError):
    code = "not_an_image"
    default_detail = "The file is not a picture: choose a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP."


class UnsupportedFormat(ImagingError):
    code = "unsupported_format"
    default_detail = "This format is not accepted: export it as JPEG, PNG, WebP or AVIF."


class TruncatedImage(ImagingError):
    code = "truncated_image"
    default_detail = "The file ends before the picture does: copy it again from its source."


class TooManyPixels(ImagingError):
    code = "too_many_pixels"
    default_detail = "The picture is too large to open: make it smaller and upload it again."


class TooManyFrames(ImagingError):
    code = "too_many_frames"
    default_detail = "The animation has too many frames: shorten it and upload it again."


class TooManyBytes(ImagingError):
    code = "too_many_bytes"
    default_detail = "The file is too large: make it smaller and upload it again."


class UndecodableImage(ImagingError):
    code = "undecodable_image"
    default_detail = "The picture is damaged: open it in an editor, save it anew and upload that."


# What Pillow's parsers were seen to raise on damaged files. An OSError is safe to include only
# because files are read into memory before any parser sees them: storage has no part in it.
PARSER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

# libjpeg reports an allocation refused by the address-space limit as "broken data stream". Below
# this many pixels memory is an unlikely cause, so a damaged small file is called damaged.
PIXELS_THAT_MAY_EXHAUST_MEMORY = 10_000_000
# The coefficients of a progressive 4:2:0 JPEG: where that much is still to be had, the cause is
# another.
BYTES_PER_PIXEL_ASKED_FOR = 3

_CUT_SHORT = re.compile(r"truncated|unexpected end|not enough|end of file|premature", re.IGNORECASE)


@contextmanager
def blaming_the_image(*, pixels: int = 0) -> Iterator[None]:
    """Turn parser errors inside the block into ImagingErrors; `pixels` is the declared area."""
    try:
        yield
    except ImagingError:
        raise
    except PARSER_ERRORS as error:
        raise explain(error, pixels=pixels) from error


def explain(error: BaseException, *, pixels: int = 0) -> ImagingError:
    """Return the ImagingError that says what a parser's error means for the person."""
    if _is_out_of_memory(error, pixels):
        return TooManyPixels()
    if isinstance(error, EOFError) or _CUT_SHORT.search(str(error)):
        return TruncatedImage()
    return UndecodableImage()


def _is_out_of_memory(error: BaseException, pixels: int) -> bool:
    bombs = (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning)
    if isinstance(error, bombs):
        return True
    suspicious = "broken data stream" in str(error) and pixels > PIXELS_THAT_MAY_EXHAUST_MEMORY
    return suspicious and _is_short_of(pixels * BYTES_PER_PIXEL_ASKED_FOR)


def _is_short_of(size: int) -> bool:
    """Return whether so many bytes of address space are more than this process may still take."""
    try:
        mmap.mmap(-1, size).close()
    except OSError:
        return True
    return False
