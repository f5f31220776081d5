"""Every codec and setting that is compared at equal score; a new one is one more line."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import pyjpegli
import pyvips
from PIL import Image

Encode = Callable[[Image.Image, int], bytes]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to encode: a family that competes for the same readers, a name and how it is done."""

    family: str
    name: str
    encode: Encode


def pillow(format: str, **settings: object) -> Encode:
    """Return an encoder of Pillow's with some settings; the quality is given with each picture."""

    def encode(image: Image.Image, quality: int) -> bytes:
        output = BytesIO()
        image.save(output, format, quality=quality, **settings)
        return output.getvalue()

    return encode


def _jpegli(image: Image.Image, quality: int) -> bytes:
    content: bytes = pyjpegli.encode(image.tobytes(), image.width, image.height, quality)
    return content


def _mozjpeg(image: Image.Image, quality: int, **settings: object) -> bytes:
    """Encode by the mozjpeg that pyvips-binary is linked with."""
    pixels = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, 3, "uchar")
    content: bytes = pixels.jpegsave_buffer(
        Q=quality, optimize_coding=True, interlace=True, **settings
    )
    return content


def _jpeg(name: str, **settings: object) -> Candidate:
    return Candidate("JPEG", name, pillow("JPEG", **settings))


def _png(name: str, **settings: object) -> Candidate:
    return Candidate("PNG", name, pillow("PNG", **settings))


def _webp(name: str, **settings: object) -> Candidate:
    return Candidate("WebP", name, pillow("WEBP", **settings))


def _avif(speed: int, tune: str | None = None, subsampling: str = "4:2:0") -> Candidate:
    settings: dict[str, object] = {"speed": speed, "subsampling": subsampling, "max_threads": 1}
    names = [f"speed {speed}"]
    if tune:
        settings["advanced"] = {"tune": tune}
        names.append(f"tune {tune}")
    if subsampling != "4:2:0":
        names.append(subsampling)
    encode = pillow("AVIF", autotiling=True, **settings)
    return Candidate("AVIF", ", ".join(names), encode)


CANDIDATES = (
    _jpeg("libjpeg-turbo, baseline", subsampling="4:2:0"),
    _jpeg("libjpeg-turbo, baseline, optimised", subsampling="4:2:0", optimize=True),
    _jpeg("libjpeg-turbo, progressive", subsampling="4:2:0", progressive=True, optimize=True),
    _jpeg("libjpeg-turbo, progressive, 4:4:4", subsampling="4:4:4", progressive=True),
    Candidate("JPEG", "jpegli", _jpegli),
    Candidate("JPEG", "mozjpeg, no trellis", _mozjpeg),
    Candidate(
        "JPEG",
        "mozjpeg, trellis",
        partial(
            _mozjpeg,
            trellis_quant=True,
            overshoot_deringing=True,
            optimize_scans=True,
            quant_table=3,
        ),
    ),
    *(_webp(f"method {method}", method=method) for method in range(7)),
    *(_avif(speed) for speed in range(6, 11)),
    # libavif tunes for iq where nothing is said.
    *(_avif(9, tune) for tune in ("psnr", "ssim", "iq")),
    *(_avif(speed, "ssimulacra2") for speed in range(6, 11)),
    *(_avif(speed, subsampling="4:4:4") for speed in (8, 9)),
)

# Lossless, for graphics: their quality is the effort of WebP, and nothing to PNG.
LOSSLESS = (
    *(_png(f"level {level}", compress_level=level) for level in (1, 6, 9)),
    _png("optimised", optimize=True),
    Candidate("PNG", "palette, optimised", lambda image, _: _palette_png(image)),
    *(_webp(f"lossless, method {method}", lossless=True, method=method) for method in (0, 2, 4, 6)),
)


def _palette_png(image: Image.Image) -> bytes:
    palette = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return pillow("PNG", optimize=True)(palette, 0)
