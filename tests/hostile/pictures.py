"""Files that somebody with ill will would send, each made of a few lines: name → content."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

HUGE = 0x7FFF_FFFF
PNG_START = b"\x89PNG\r\n\x1a\n"
BOMB = zlib.compress(bytes(50_000_000), 9)


def saved(
    kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object
) -> bytes:
    """Return a small honest file of a format."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind, **options)
    return file.getvalue()


FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")


def files() -> dict[str, bytes]:
    """Return every hostile file; what to make of one is the business of whoever sends it."""
    return {
        **dict(_bombs()),
        **dict(_animations()),
        **dict(_tiffs()),
        **dict(_polyglots()),
        **dict(_shapes()),
        **dict(_metadata()),
        **dict(_truncations()),
    }


def png_chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def png(*chunks: bytes, size: tuple[int, int] = (8, 8), pixels: bytes | None = None) -> bytes:
    """Return a grey PNG of a declared size with further chunks before its pixels."""
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(9 * 8)) if pixels is None else pixels
    parts = (png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    return PNG_START + b"".join(parts)


def _patched(content: bytes, offset: int, patch: bytes) -> bytes:
    return content[:offset] + patch + content[offset + len(patch) :]


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Huge dimensions in a tiny file, and a little text that inflates to a lot."""
    yield "bomb.png", png(size=(HUGE, HUGE))
    yield "bomb-deflated.png", png(size=(60_000, 60_000), pixels=BOMB)
    jpeg = saved("JPEG")
    frame = jpeg.index(b"\xff\xc0")
    yield "bomb.jpg", _patched(jpeg, frame + 5, b"\xff\xff\xff\xff")
    yield "bomb.gif", _patched(saved("GIF"), 6, b"\xff\xff\xff\xff")
    yield "bomb-frame.gif", _bomb_frame()
    yield "bomb.bmp", _patched(saved("BMP"), 18, struct.pack("<ii", HUGE, HUGE))
    yield "negative.bmp", _patched(saved("BMP"), 18, struct.pack("<ii", -HUGE, -HUGE))
    lossless = saved("WEBP", lossless=True)
    yield "bomb.webp", _patched(lossless, 21, b"\xff\xff\xff\x0f")
    avif = saved("AVIF")
    yield "bomb.avif", _patched(avif, avif.index(b"ispe") + 8, struct.pack(">II", HUGE, HUGE))
    yield "bomb-iccp.png", png(png_chunk(b"iCCP", b"icc\0\0" + BOMB))
    yield "bomb-ztxt.png", png(png_chunk(b"zTXt", b"Comment\0\0" + BOMB))
    yield "bomb-itxt.png", png(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB))
    yield "many-ztxt.png", png(*[png_chunk(b"zTXt", b"Comment\0\0" + BOMB)] * 40)


def _bomb_frame() -> bytes:
    gif = saved("GIF")
    return _patched(gif, gif.index(b",\0\0\0\0") + 5, b"\xff\xff\xff\xff")


def _animations() -> Iterator[tuple[str, bytes]]:
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    start = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    yield "million-frames.gif", start + frame * 1_000_000 + b";"
    yield "endless-blocks.gif", start + frame[:11] + b"\x01\x00" * 1_000_000
    control = png_chunk(b"acTL", struct.pack(">II", HUGE, 0))
    yield "declared-frames.png", png(control)
    part = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 100, 0, 0)
    yield "many-frames.png", png(control, *[png_chunk(b"fcTL", part)] * 100_000)


def _tiff(count: int, entries: list[tuple[int, int, int, int]], next_at: int) -> bytes:
    """Return a TIFF of one directory, whose count and successor are as they are given."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, count) + body + struct.pack("<I", next_at) + bytes(64)


def _tiffs() -> Iterator[tuple[str, bytes]]:
    size = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    strips = [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 8), (279, 4, 1, 64)]
    honest = [*size, *strips]
    yield "loop.tif", _tiff(len(honest), honest, 8)
    yield "giant-count.tif", _tiff(0xFFFF, honest, 0)
    yield "giant-tag.tif", _tiff(len(honest), [*size, (273, 4, HUGE, 8), *strips[1:]], 0)
    huge = [(256, 4, 1, HUGE), (257, 4, 1, HUGE), *honest[2:]]
    yield "bomb.tif", _tiff(len(huge), huge, 0)
    pages = [Image.new("L", (8, 8), page % 256) for page in range(300)]
    yield "pages.tif", saved("TIFF", save_all=True, append_images=pages)


def _polyglots() -> Iterator[tuple[str, bytes]]:
    page = b"<!DOCTYPE html><html><script>alert(document.domain)</script></html>"
    jpeg, gif = saved("JPEG"), saved("GIF")
    comment = b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page
    yield "page.jpg", jpeg[:2] + comment + jpeg[2:]
    yield "page.html", page + jpeg
    yield "script.gif", gif[:-1] + b"!\xfe\x0a*/=1;alert()\x00;"
    yield "script-start.gif", b"GIF89a/*" + gif[8:] + b"*/=1;alert(1)"
    yield "archive.png", saved("PNG") + b"PK\x05\x06" + bytes(18)
    yield "archive-first.png", b"PK\x03\x04" + saved("PNG")
    yield "document.pdf", b"%PDF-1.7\n" + jpeg
    yield "document.jpg", jpeg + b"%PDF-1.7\n%%EOF"
    yield "drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    yield "mislabelled.png", jpeg
    yield "mislabelled.txt", saved("PNG")
    yield "mislabelled.jpg", b"#!/bin/sh\nexit 1\n"


def _shapes() -> Iterator[tuple[str, bytes]]:
    yield "empty.jpg", b""
    for first in (b"\0", b"\xff", b"G", b"B"):
        yield f"one-byte-{first.hex()}.jpg", first
    yield "tall.png", saved("PNG", (1, 100_000))
    yield "wide.png", saved("PNG", (100_000, 1))
    yield "tall.gif", _patched(saved("GIF", (1, 8)), 8, b"\xff\xff")
    yield "tall.tif", saved("TIFF", (1, 100_000))
    yield "flat.png", png(size=(0, 0))


def _metadata() -> Iterator[tuple[str, bytes]]:
    giant = bytes(8_000_000)
    yield "giant-icc.png", saved("PNG", icc_profile=giant)
    yield "giant-exif.png", saved("PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + giant)
    yield "giant-exif.webp", saved("WEBP", exif=b"Exif\0\0MM\0*" + giant)
    jpeg = saved("JPEG")
    segment = b"\xff\xe1\xff\xffhttp://ns.adobe.com/xap/1.0/\0" + b"<x" * 32_752
    yield "giant-xmp.jpg", jpeg[:2] + segment[:65_537] * 100 + jpeg[2:]


def _truncations() -> Iterator[tuple[str, bytes]]:
    for kind in FORMATS:
        content = saved(kind)
        for eighth in range(1, 8):
            yield f"cut-{eighth}.{kind.lower()}", content[: len(content) * eighth // 8]
