"""Colour named by code points instead of a profile (CICP, ITU-T H.273), as in PNG and AVIF."""

import struct
from typing import NamedTuple

from processing.imaging.containers import png_chunks


class _CodePoints(NamedTuple):
    primaries: int
    transfer: int


# Red, green and blue of the wide gamuts as XYZ relative to D50, the white of ICC profiles.
_DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
_BT_2020 = ((0.6734, 0.2790, -0.0019), (0.1656, 0.6753, 0.0300), (0.1251, 0.0456, 0.7970))
_COLORANTS = {9: _BT_2020, 11: _DISPLAY_P3, 12: _DISPLAY_P3}
_D50 = (0.9642, 1.0, 0.8249)

# BT.709 and its like are close to sRGB's own curve, and browsers show them with it. PQ and HLG
# are not here: they need tone mapping, and are shown as if they were sRGB.
_SRGB_LIKE_TRANSFERS = frozenset({1, 6, 13, 14, 15})
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

# The box stands among the first properties of the only item; pixels come after.
_AVIF_HEADER_BYTES = 65_536


def implied_profile(kind: str, content: bytes) -> bytes | None:
    """Return an ICC profile for the code points of a PNG or AVIF, None if they mean sRGB."""
    points = _points(kind, content)
    if points is None or points.transfer not in _SRGB_LIKE_TRANSFERS:
        return None
    colorants = _COLORANTS.get(points.primaries)
    return _profile(colorants) if colorants else None


def _points(kind: str, content: bytes) -> _CodePoints | None:
    if kind == "png":
        chunk = next((data for name, data in png_chunks(content) if name == b"cICP"), b"")
        return _CodePoints(chunk[0], chunk[1]) if len(chunk) == 4 else None
    if kind == "avif":
        start = content.find(b"colrnclx", 0, _AVIF_HEADER_BYTES)
        values = content[start + 8 : start + 12] if start >= 0 else b""
        return _CodePoints(*struct.unpack(">HH", values)) if len(values) == 4 else None
    return None


def _profile(colorants: tuple[tuple[float, float, float], ...]) -> bytes:
    """Return the smallest version 4 display profile: white, three colorants, one curve."""
    curve = b"para" + struct.pack(">IHH5i", 0, 3, 0, *map(_fixed, _SRGB_CURVE))
    tags = {b"wtpt": _xyz(_D50)}
    tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colorants), strict=True))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(data), len(value))
        data += value
    return _header(start + len(data)) + table + data


def _header(length: int) -> bytes:
    kind = b"\x04\x00\x00\x00mntrRGB XYZ "
    start = struct.pack(">I4x", length) + kind + bytes(12) + b"acsp"
    white = struct.pack(">3i", *map(_fixed, _D50))
    return (start.ljust(68, b"\0") + white).ljust(128, b"\0")


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *map(_fixed, values))


def _fixed(value: float) -> int:
    return round(value * 65536)
