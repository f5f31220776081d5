"""The ICC profiles that we make ourselves: small, complete, and the same bytes every time.

ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf
"""

import struct

_Colorants = tuple[tuple[float, float, float], ...]

# Red, green and blue of the wide gamuts as XYZ relative to D50, the white of ICC profiles.
_DISPLAY_P3: _Colorants = (
    *((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419)),
    (0.1571, 0.0666, 0.7841),
)
_BT_2020: _Colorants = (
    *((0.6734, 0.2790, -0.0019), (0.1656, 0.6753, 0.0300)),
    (0.1251, 0.0456, 0.7970),
)
_D50 = (0.9642, 1.0, 0.8249)
# Bradford's adaptation from D65, the white of both gamuts, to D50.
_FROM_D65 = (
    *(1.047882, 0.022919, -0.050217),
    *(0.029587, 0.990479, -0.017075),
    *(-0.009247, 0.015076, 0.751678),
)
# sRGB's own: gamma, slope and offset above the last number, slope below it.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

_SINCE = (2026, 11, 1, 0, 0, 0)


def _display_profile(name: str, colorants: _Colorants) -> bytes:
    """Return a version 4 display profile: three colorants behind sRGB's curve."""
    curve = b"para" + struct.pack(">4xHH", 3, 0) + _fixed(*_SRGB_CURVE)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("CC0"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + _fixed(*_FROM_D65),
        **dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colorants), strict=True)),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, data = _laid_out(tags)
    return _header(128 + len(table) + len(data)) + table + data


def _laid_out(tags: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """Return the table of tags and their data, equal data once."""
    start = 128 + 4 + 12 * len(tags)
    offsets: dict[bytes, int] = {}
    data = b""
    for value in tags.values():
        if value not in offsets:
            offsets[value] = start + len(data)
            data += value + bytes(-len(value) % 4)
    entries = (
        name + struct.pack(">II", offsets[value], len(value)) for name, value in tags.items()
    )
    return struct.pack(">I", len(tags)) + b"".join(entries), data


def _header(length: int) -> bytes:
    start = struct.pack(">I4x", length) + b"\x04\x00\x00\x00mntrRGB XYZ "
    start += struct.pack(">6H", *_SINCE) + b"acsp"
    # Rendering intent 1: relative colorimetric.
    return (start.ljust(64, b"\0") + struct.pack(">I", 1) + _fixed(*_D50)).ljust(128, b"\0")


def _text(words: str) -> bytes:
    """Return a text of one language, English."""
    encoded = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


# What a file of a wide gamut carries, and what colours named by code points mean.
DISPLAY_P3_PROFILE = _display_profile("Display P3", _DISPLAY_P3)
BT_2020_PROFILE = _display_profile("BT.2020", _BT_2020)
