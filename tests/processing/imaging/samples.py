"""Pictures made on the spot: every awkward kind that the tests rest on."""

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from processing.imaging import Limits, Picture, Size, VariantSpec, inspect, render

LIMITS = Limits()
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 40), (30, 60, 200), (250, 250, 250)


def spec(
    *,
    name: str = "medium",
    kind: Literal["resize", "thumbnail"] = "resize",
    width: int = 640,
    height: int | None = None,
    fit: Literal["inside", "cover"] = "inside",
    formats: tuple[str, ...] = ("jpeg", "webp", "avif"),
    quality: str = "good",
    effort: Literal["balanced", "exact", "fixed"] = "fixed",
) -> VariantSpec:
    return VariantSpec(name, kind, width, height, fit, formats, quality, effort)


def saved(image: Image.Image, codec: str, **settings: Any) -> bytes:
    output = BytesIO()
    image.save(output, codec, **settings)
    return output.getvalue()


def rendered(content: bytes, size: Size | None = None, limits: Limits = LIMITS) -> Picture:
    """Return a file's picture at one size, by default its own."""
    if size is None:
        header = inspect(BytesIO(content), limits)
        size = Size(header.width, header.height)
    return dict(render(BytesIO(content), [size], limits))[size]


def photo(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Return something with a photograph's statistics: smooth shapes, some edges, fine noise."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    noisy = smooth + random.normal(0, 3, smooth.shape)
    noisy[height // 3 : height // 2, width // 4 : width // 2] *= 0.5
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def corners(width: int = 96, height: int = 64) -> Image.Image:
    """Return red, green, blue and white quarters: clockwise from the top left R, G, W, B."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def drawing(width: int = 320, height: int = 240) -> Image.Image:
    """Return flat areas with hard edges, as in a screenshot."""
    image = Image.new("RGB", (width, height), WHITE)
    for index in range(12):
        left, top = 20 * index % width, 37 * index % height
        image.paste((index * 20, 80, 255 - index * 20), (left, top, left + 15, top + 9))
    return image


def cutout(width: int = 200, height: int = 200) -> Image.Image:
    """Return a red disc whose transparent surroundings are black underneath."""
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - width / 2) ** 2 + (rows - height / 2) ** 2 < (min(width, height) * 0.4) ** 2
    pixels: NDArray[np.uint8] = np.zeros((height, width, 4), dtype=np.uint8)
    pixels[inside] = (255, 0, 0, 255)
    return Image.fromarray(pixels)


def frames(count: int = 4, size: tuple[int, int] = (60, 40)) -> list[Image.Image]:
    """Return pictures of which each has its bar at another place."""
    made = []
    for index in range(count):
        image = Image.new("RGB", size, WHITE)
        image.paste(RED, (index * 7 % size[0], 0, index * 7 % size[0] + 6, size[1]))
        made.append(image)
    return made


def animation(codec: str, images: Sequence[Image.Image], **settings: Any) -> bytes:
    return saved(images[0], codec, save_all=True, append_images=list(images[1:]), **settings)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, kind: int, rows: bytes, *chunks: bytes) -> bytes:
    """Return a PNG of raw scan lines (each with its filter byte) and further chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(rows))
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    return start + b"".join(chunks) + body + png_chunk(b"IEND", b"")


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """Return a small PNG that claims to be enormous."""
    return png(width, height, 1, 0, b"\x00" * 64)


def exif(orientation: int = 1, *, gps: bool = False) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Secret Camera"
    if gps:
        tags.get_ifd(0x8825)[1] = "N"
        tags.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return tags.tobytes()


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide_gamut_profile() -> bytes:
    """Return an RGB profile whose primaries are those of Adobe RGB and whose gamma is 2.2."""
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(78),
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(0.6097, 0.3111, 0.0195),
        b"gXYZ": _xyz(0.2053, 0.6257, 0.0609),
        b"bXYZ": _xyz(0.1492, 0.0632, 0.7446),
        b"rTRC": _gamma(2.2),
        b"gTRC": _gamma(2.2),
        b"bTRC": _gamma(2.2),
    }
    return icc_profile(b"RGB ", tags)


def grey_profile(gamma: float) -> bytes:
    return icc_profile(b"GRAY", {b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"kTRC": _gamma(gamma)})


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a version 2 display profile of some tags."""
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += padded
    length = struct.pack(">I", offset + len(data))
    head = length + bytes(4) + b"\x02\x10\x00\x00mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    white = _xyz(0.9642, 1.0, 0.8249)[8:]
    return (head + bytes(68 - len(head)) + white).ljust(128, b"\0") + table + data


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def difference(left: Image.Image, right: Image.Image) -> float:
    """Return the mean absolute difference of two images of one mode and size, 0-255."""
    assert left.size == right.size
    pair = [np.asarray(image.convert("RGBA"), dtype=np.float32) for image in (left, right)]
    return float(np.abs(pair[0] - pair[1]).mean())


def delta_e(left: Image.Image, right: Image.Image) -> NDArray[Any]:
    """Return the CIE76 distance of each pixel of two sRGB images."""
    pair = [_lab(np.asarray(image.convert("RGB")) / 255.0) for image in (left, right)]
    distance: NDArray[Any] = np.linalg.norm(pair[0] - pair[1], axis=-1)
    return distance


def _lab(srgb: NDArray[Any]) -> NDArray[Any]:
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
