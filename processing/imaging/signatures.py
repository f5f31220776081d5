"""Tell what a file is from its first bytes, never from its name."""

import re

from processing.imaging.content import Content
from processing.imaging.errors import EmptyFile, NotAnImage, UnsupportedFormat

ACCEPTED = ("jpeg", "png", "webp", "avif", "gif", "tiff", "bmp")
ACCEPTED_IN_WORDS = "JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP"

_ACCEPTED_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
)

# Kinds that people do try to upload. Naming them turns "not a picture" into useful advice.
_REFUSED_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"%!PS", "an EPS drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"icns", "an icon file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"OggS", "a video"),
    (b"\x00\x00\x01\xba", "a video"),
    (b"\x00\x00\x01\xb3", "a video"),
    (b"DDS ", "a DDS texture"),
    (b"BLP", "a BLP texture"),
    (b"\x01\xda", "an SGI picture"),
    (b"FUJIFILMCCD-RAW", "a raw camera file"),
    (b"PK\x03\x04", "an archive or office document"),
)

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"heif"}
_VAGUE_BRANDS = {b"mif1", b"msf1", b"miaf"}
_SVG = re.compile(rb"^\s*(<\?xml|<!--|<!DOCTYPE|<svg)", re.IGNORECASE)


def recognise(content: Content, *, heic: bool = False) -> str:
    """Return the accepted format of a file, of which HEIC is one only if that is said.

    Raises EmptyFile, UnsupportedFormat or NotAnImage.
    """
    if not content:
        raise EmptyFile
    if accepted := _accepted_kind(content[:64]):
        return accepted
    if heic and _is_heic(content[:64]):
        return "heic"
    if refused := _refused_kind(content[:4096]):
        detail = f"This is {refused}, which is not accepted: export it as {ACCEPTED_IN_WORDS}."
        raise UnsupportedFormat(detail)
    raise NotAnImage


def _accepted_kind(start: bytes) -> str | None:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp":
        return "avif" if _is_avif(start) else None
    return next((kind for prefix, kind in _ACCEPTED_STARTS if start.startswith(prefix)), None)


def _refused_kind(start: bytes) -> str | None:
    if start[4:8] == b"ftyp":
        return "a HEIC picture" if _is_heic(start) else "a video"
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "a video"
    text = start.removeprefix(b"\xef\xbb\xbf")
    if _SVG.match(text) and b"<svg" in text.lower():
        return "an SVG drawing"
    return next((kind for prefix, kind in _REFUSED_STARTS if start.startswith(prefix)), None)


def _is_avif(start: bytes) -> bool:
    brands = _brands(start)
    if start[8:12] in _AVIF_BRANDS:
        return True
    return start[8:12] in _VAGUE_BRANDS and bool(brands & _AVIF_BRANDS)


def _is_heic(start: bytes) -> bool:
    return start[4:8] == b"ftyp" and bool(_brands(start) & _HEIC_BRANDS)


def _brands(start: bytes) -> set[bytes]:
    """Return the major and compatible brands of an ISO media file, as far as its start shows."""
    length = min(int.from_bytes(start[:4]), len(start))
    return {start[8:12]} | {start[at : at + 4] for at in range(16, length, 4)}
