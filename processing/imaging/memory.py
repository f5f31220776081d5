"""How much memory a picture will take, known before any of it is decoded."""

from math import ceil

from processing.imaging.bands import BAND_PIXELS, reduced_size
from processing.imaging.decoding import DRAFT_MARGIN
from processing.imaging.inspection import Header
from processing.imaging.modes import WORKING_MODES
from processing.imaging.sizes import Size

# libjpeg shrinks by these while it decodes.
DRAFT_SCALES = (8, 4, 2, 1)
# What Pillow keeps per pixel: three channels take the room of four.
_NARROW = {"1": 1, "L": 1, "P": 1}
_SIXTEEN_BIT_BYTES = 2
BYTES_PER_PIXEL = 4
# The rows themselves, weighted with their alpha, and between LANCZOS's two passes.
BAND_COPIES = 2
BAND_COPIES_WITH_ALPHA = 3
# Converting colours, turning upright, the rendition before, the file on its way to scratch.
RENDITION_COPIES = 4
# An animation: the frame shown, the one before, what it is made of, the one that is written.
FRAME_COPIES = 9
# Profiles, Huffman tables and what the allocator does not give back.
OVERHEAD_BYTES = 24 * 1024 * 1024
# Beside a four-byte sample: NumPy's copy of it twice, its mask, and the byte that it becomes.
_WIDE_SAMPLE_WORK = 14
_SIXTEEN_BIT_WORK = 7


def needed_bytes(header: Header, largest: Size, *, content_bytes: int) -> int:
    """Return the memory that rendering a file at `largest` and below takes beside the process.

    `largest` is upright, in pixels. An estimate from above, at most some 60 % too high.
    """
    if header.animated:
        work = header.decoder_bytes + _area(header) * BYTES_PER_PIXEL * FRAME_COPIES
    else:
        developing = largest.area * _working_bytes(header) * RENDITION_COPIES
        phases = (_while_decoding(header, largest), _while_shrinking(header, largest), developing)
        work = max(phases)
    return content_bytes + work + OVERHEAD_BYTES


def _area(header: Header) -> int:
    return header.width * header.height


def _while_decoding(header: Header, largest: Size) -> int:
    pixels = _decoded_size(header, largest).area
    return header.decoder_bytes + pixels * (_stored_bytes(header) + _conversion_bytes(header))


def _while_shrinking(header: Header, largest: Size) -> int:
    decoded = _decoded_size(header, largest)
    middle = reduced_size(decoded, largest)
    between = 0 if middle == decoded else middle.area
    copies = BAND_COPIES_WITH_ALPHA if header.has_alpha else BAND_COPIES
    band = min(decoded.area, BAND_PIXELS) * copies
    return (decoded.area + between + band + largest.area) * _working_bytes(header)


def _decoded_size(header: Header, largest: Size) -> Size:
    """Return the size of the first pixels there are: libjpeg's draft, or the whole picture."""
    if header.format != "jpeg":
        return Size(header.width, header.height)
    wanted = [side * DRAFT_MARGIN for side in largest]
    room = min(header.width // wanted[0], header.height // wanted[1])
    scale = next((scale for scale in DRAFT_SCALES if scale <= room), 1)
    return Size(ceil(header.width / scale), ceil(header.height / scale))


def _stored_bytes(header: Header) -> int:
    """Return the bytes per pixel as Pillow holds them once they are decoded."""
    if header.mode.startswith("I;16"):
        return _SIXTEEN_BIT_BYTES
    return _NARROW.get(header.mode, BYTES_PER_PIXEL)


def _working_bytes(header: Header) -> int:
    """Return the bytes per pixel in the working mode, which is grey only for grey samples."""
    grey = header.mode in ("1", "L", "I", "F") or header.mode.startswith("I;16")
    return 1 if grey and not header.has_alpha else BYTES_PER_PIXEL


def _conversion_bytes(header: Header) -> int:
    """Return the bytes per pixel that bringing the pixels into a working mode takes."""
    if header.mode.startswith("I;16"):
        return _SIXTEEN_BIT_WORK
    if header.mode in ("I", "F"):
        return _WIDE_SAMPLE_WORK
    if header.has_alpha and header.mode in _NARROW:
        return BYTES_PER_PIXEL
    if header.mode in ("1", "L"):
        return _NARROW[header.mode]
    return 0 if header.mode in WORKING_MODES else BYTES_PER_PIXEL
