"""Frames composed from the rules of the formats, held against what is shown."""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.processing.imaging.samples import png_chunk, rendered

WIDTH, HEIGHT = 24, 16
Canvas = NDArray[np.uint8]

# Entry 3 is the transparent one.
PALETTE = ((250, 250, 250), (220, 30, 30), (30, 60, 220), (0, 0, 0))
CLEAR = 3


@dataclass(frozen=True)
class Patch:
    """One frame as a file holds it: a rectangle of palette entries, and what becomes of it."""

    left: int
    top: int
    width: int
    height: int
    entry: int
    disposal: int
    delay: int = 7
    blend: int = 1

    @property
    def entries(self) -> NDArray[np.uint8]:
        """Return (height, width) palette entries, each third pixel transparent."""
        entries = np.full((self.height, self.width), self.entry, dtype=np.uint8)
        entries.ravel()[::3] = CLEAR
        return entries

    @property
    def place(self) -> tuple[slice, slice]:
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def patches(disposal: int, blend: int = 1) -> list[Patch]:
    return [
        Patch(0, 0, WIDTH, HEIGHT, 0, 1, 5, blend),
        Patch(3, 2, 9, 7, 1, disposal, 1, blend),
        Patch(8, 5, 10, 8, 2, disposal, 13, blend),
        Patch(1, 9, 6, 5, 1, disposal, 2, blend),
        Patch(15, 1, 7, 6, 0, disposal, 333, blend),
    ]


def composed(shown: list[Patch], clear: int, restore: int) -> list[Canvas]:
    """Return what is seen after each patch; `clear` and `restore` are disposals by number."""
    canvas = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    seen = []
    for patch in shown:
        before = canvas.copy()
        part = canvas[patch.place]
        opaque = patch.entries != CLEAR
        colors = np.array([(*color, 255) for color in PALETTE], dtype=np.uint8)[patch.entries]
        colors[~opaque] = 0
        part[...] = np.where(opaque[..., None], colors, part if patch.blend else 0)
        seen.append(canvas.copy())
        if patch.disposal == clear:
            canvas[patch.place] = 0
        elif patch.disposal == restore:
            canvas = before
    return seen


def gif(shown: list[Patch], loop: bytes = b"") -> bytes:
    """Return a GIF89a; its LZW codes are all nine bits wide or less, with clears in between."""
    head = b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0xF1, 0, 0)
    return head + bytes(sum(PALETTE, ())) + loop + b"".join(map(gif_frame, shown)) + b";"


def gif_frame(patch: Patch) -> bytes:
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, patch.disposal << 2 | 1, patch.delay, CLEAR, 0)
    sides = (patch.left, patch.top, patch.width, patch.height)
    return control + struct.pack("<BHHHHB", 0x2C, *sides, 0) + plain_lzw(patch.entries)


def plain_lzw(entries: NDArray[np.uint8]) -> bytes:
    """Return entries of two bits as LZW that never builds a table: a clear before every two."""
    bits: list[int] = []
    for index, entry in enumerate(entries.ravel().tolist()):
        codes = [4, entry] if index % 2 == 0 else [entry]
        bits += [code >> bit & 1 for code in codes for bit in range(3)]
    bits += [5 >> bit & 1 for bit in range(3)]
    data = bytes(np.packbits(np.array(bits, dtype=np.uint8), bitorder="little"))
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"\x02" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def apng(shown: list[Patch], plays: int) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 6, 0, 0, 0)
    parts = [png_chunk(b"IHDR", header), png_chunk(b"acTL", struct.pack(">II", len(shown), plays))]
    number = 0
    for index, patch in enumerate(shown):
        sides = (patch.width, patch.height, patch.left, patch.top)
        # Disposals count from 0 in APNG; the delay is a fraction of a second.
        rest = (patch.delay, 100, patch.disposal - 1, patch.blend)
        parts.append(png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *sides, *rest)))
        number += 1
        data = zlib.compress(scan_lines(patch))
        if index == 0:
            parts.append(png_chunk(b"IDAT", data))
        else:
            parts.append(png_chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def scan_lines(patch: Patch) -> bytes:
    colors = np.array([(*color, 255) for color in PALETTE], dtype=np.uint8)
    colors[CLEAR] = 0
    return b"".join(b"\0" + row.tobytes() for row in colors[patch.entries])


def assert_shown(content: bytes, expected: list[Canvas], delays: list[int]) -> None:
    picture = rendered(content)
    assert picture.durations_ms == tuple(delays)
    for frame, canvas in zip(picture.open_frames(), expected, strict=True):
        shown = np.asarray(frame.convert("RGBA")).copy()
        shown[shown[..., 3] == 0] = 0
        assert np.array_equal(shown, canvas)


# What browsers make of delays in hundredths of a second: one of them, or none, lasts a tenth.
DELAYS = [50, 100, 130, 20, 3330]


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_a_gif_is_shown_as_its_disposals_say(disposal: int) -> None:
    shown = patches(disposal)
    assert_shown(gif(shown), composed(shown, clear=2, restore=3), DELAYS)


@pytest.mark.parametrize("disposal", [1, 2, 3])
@pytest.mark.parametrize("blend", [0, 1])
def test_an_apng_is_shown_as_its_disposals_and_blending_say(disposal: int, blend: int) -> None:
    shown = patches(disposal, blend)
    assert_shown(apng(shown, 0), composed(shown, clear=2, restore=3), DELAYS)


@pytest.mark.parametrize(("written", "plays"), [(0, 0), (1, 1), (3, 3)])
def test_an_apng_plays_as_often_as_it_says(written: int, plays: int) -> None:
    assert rendered(apng(patches(1), written)).loop == plays
