"""What each decoder keeps in memory beside the pixels that it hands over.

The figures are those of the decoders in Pillow's wheels: libjpeg-turbo, libtiff, libwebp, libavif
with dav1d. tests/processing/imaging/test_memory.py holds them against what processes really take.
"""

from collections.abc import Callable

from PIL import Image

from processing.imaging.containers import jpeg_scan_components
from processing.imaging.content import Content

# Two canvases of four bytes a pixel, a copy of the frame on its way out, and a little.
WEBP_BYTES_PER_PIXEL = 13
COEFFICIENT_BYTES = 2
# AVIF goes through one copy of red, green, blue and alpha, and a little.
AVIF_COPY_BYTES_PER_PIXEL = 5
# HEIC: planes of up to sixteen bits and one copy in colour; measured 7 with the pixels themselves.
HEIC_BYTES_PER_PIXEL = 5

# At worst, where a file was never asked: 4:4:4 JPEG in scans, one strip of TIFF, twelve-bit AVIF.
_MOST_PER_PIXEL = {
    "jpeg": 6,
    "tiff": 8,
    "webp": WEBP_BYTES_PER_PIXEL,
    "avif": 13,
    "heic": HEIC_BYTES_PER_PIXEL,
}

_COMPRESSION, _ROWS_PER_STRIP, _BITS_PER_SAMPLE = 259, 278, 258
_TIFF_UNCOMPRESSED = 1

_AV1_DEEP, _AV1_HALF_WIDTH, _AV1_HALF_HEIGHT = 0x40, 0x08, 0x04


def decoder_bytes(image: Image.Image, kind: str, content: Content) -> int:
    """Return the memory that decoding an opened file takes beside its bytes and its pixels."""
    estimate = _ESTIMATES.get(kind)
    return estimate(image, content) if estimate else 0


def most_decoder_bytes(kind: str, pixels: int) -> int:
    """Return the most that decoding so many pixels of a format may take."""
    return _MOST_PER_PIXEL.get(kind, 0) * pixels


def _jpeg(image: Image.Image, content: Content) -> int:
    """Return the bytes of all coefficients if the picture comes in several scans, else 0.

    Only then does libjpeg have to keep them until the last scan; it does so at every scale.
    """
    components: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    in_one_scan = jpeg_scan_components(content) >= len(components)
    if "progressive" not in image.info and in_one_scan:
        return 0
    most = max((across * down for _, across, down, _ in components), default=1)
    share = sum(across * down for _, across, down, _ in components) / most
    return round(image.width * image.height * share) * COEFFICIENT_BYTES


def _tiff(image: Image.Image, content: Content) -> int:
    """Return the bytes of a strip, which libtiff unpacks whole."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(_COMPRESSION, _TIFF_UNCOMPRESSED) == _TIFF_UNCOMPRESSED:
        return 0
    rows = min(image.height, tags.get(_ROWS_PER_STRIP, image.height))
    return int(image.width * rows * sum(tags.get(_BITS_PER_SAMPLE, (1,))) / 8)


def _webp(image: Image.Image, content: Content) -> int:
    return image.width * image.height * WEBP_BYTES_PER_PIXEL


def _heic(image: Image.Image, content: Content) -> int:
    return image.width * image.height * HEIC_BYTES_PER_PIXEL


def _avif(image: Image.Image, content: Content) -> int:
    pixels = image.width * image.height
    # Transparency is a picture of its own, of one plane.
    alpha = 1 if image.mode == "RGBA" else 0
    return round(pixels * (_av1_bytes_per_pixel(content, alpha) + AVIF_COPY_BYTES_PER_PIXEL))


def _av1_bytes_per_pixel(content: Content, alpha_planes: int) -> float:
    """Return the bytes per pixel of decoded AV1, as the third byte of `av1C` tells.

    Source: AV1 Codec ISO Media File Format Binding, 2.3.3. Without it the most there can be.
    """
    place = content.find(b"av1C", 0)
    flags = content[place + 6] if 0 <= place < len(content) - 6 else _AV1_DEEP
    halvings = bool(flags & _AV1_HALF_WIDTH) + bool(flags & _AV1_HALF_HEIGHT)
    planes: float = 1 + 2 / (1 << halvings) + alpha_planes
    return planes * (2 if flags & _AV1_DEEP else 1)


_ESTIMATES: dict[str, Callable[[Image.Image, Content], int]] = {
    "jpeg": _jpeg,
    "tiff": _tiff,
    "webp": _webp,
    "avif": _avif,
    "heic": _heic,
}
