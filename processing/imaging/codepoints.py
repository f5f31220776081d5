"""Colour named by code points instead of a profile (CICP, ITU-T H.273), as in PNG and AVIF."""

import struct
from typing import NamedTuple

from processing.imaging.containers import png_chunks
from processing.imaging.profiles import BT_2020_PROFILE, DISPLAY_P3_PROFILE


class _CodePoints(NamedTuple):
    primaries: int
    transfer: int


_PROFILES = {9: BT_2020_PROFILE, 11: DISPLAY_P3_PROFILE, 12: DISPLAY_P3_PROFILE}

# BT.709 and its like are close to sRGB's own curve, and browsers show them with it. PQ and HLG
# are not here: they need tone mapping, and are shown as if they were sRGB.
_SRGB_LIKE_TRANSFERS = frozenset({1, 6, 13, 14, 15})

# The box stands among the first properties of the only item; pixels come after.
_AVIF_HEADER_BYTES = 65_536


def implied_profile(kind: str, content: bytes) -> bytes | None:
    """Return an ICC profile for the code points of a PNG or AVIF, None if they mean sRGB."""
    points = _points(kind, content)
    return profile_of(*points) if points else None


def profile_of(primaries: int, transfer: int) -> bytes | None:
    """Return an ICC profile for two code points, None if they mean sRGB or are not known."""
    return _PROFILES.get(primaries) if transfer in _SRGB_LIKE_TRANSFERS else None


def _points(kind: str, content: bytes) -> _CodePoints | None:
    if kind == "png":
        chunk = next((data for name, data in png_chunks(content) if name == b"cICP"), b"")
        return _CodePoints(chunk[0], chunk[1]) if len(chunk) == 4 else None
    if kind == "avif":
        start = content.find(b"colrnclx", 0, _AVIF_HEADER_BYTES)
        values = content[start + 8 : start + 12] if start >= 0 else b""
        return _CodePoints(*struct.unpack(">HH", values)) if len(values) == 4 else None
    return None
