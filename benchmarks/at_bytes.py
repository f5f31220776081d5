"""One picture in so many bytes, by whoever: what a contact sheet shows side by side."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.jobs import Setting
from benchmarks.peers import floor
from benchmarks.processes import PROJECT, NotMeasured, check, node_program

Fit = Callable[[Image.Image, int], bytes]
ALL_FORMATS = ("jpeg", "webp", "avif")


def darkroom(format: str) -> Fit:
    """Return Darkroom's encoder of a format at the best quality that fits."""

    def fit(image: Image.Image, most_bytes: int) -> bytes:
        return largest_within(
            lambda quality: (
                floor.encode_at(
                    image,
                    Setting("", format, quality, graphic=False, full_color=False),
                    ALL_FORMATS,
                ).content
            ),
            most_bytes,
        )

    return fit


def largest_within(encode: Callable[[int], bytes], most_bytes: int) -> bytes:
    """Return the file of the highest quality, 1 to 100, that fits; raises NotMeasured."""
    lowest, highest, best = 1, 100, b""
    while lowest <= highest:
        quality = (lowest + highest) // 2
        content = encode(quality)
        if len(content) <= most_bytes:
            best, lowest = content, quality + 1
        else:
            highest = quality - 1
    if not best:
        raise NotMeasured(f"no quality makes {most_bytes} bytes of it")
    return best


def sharp(format: str) -> Fit:
    """Return sharp's encoder of a format, at its defaults but for the quality."""

    def fit(image: Image.Image, most_bytes: int) -> bytes:
        with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as name:
            picture, file = Path(name) / "picture.png", Path(name) / "file"
            image.save(picture)
            script = PROJECT / "benchmarks" / "peers" / "sharp_at_bytes.mjs"
            words = (node_program(), script, picture, format, most_bytes, file)
            check([str(word) for word in words])
            return file.read_bytes()

    return fit
