"""How score follows the setting of each codec, and what a JPEG foretells of the other two.

Fitted to 171 pictures of 150 to 1920 px made of 36 photographs: see docs/quality.md.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log

# (setting, median score over the pictures), at the settings in `encoders`. The median at a
# setting is its nominal score: on that scale one step means the same everywhere.
_CURVES: dict[str, tuple[tuple[float, float], ...]] = {
    "jpeg": (
        *((40, 58.6), (52, 64.5), (62, 68.3), (70, 72.1), (76, 75.2)),
        *((82, 78.3), (87, 81.6), (91, 84.3), (95, 87.6)),
    ),
    "webp": (
        *((40, 61.5), (55, 67.1), (66, 70.3), (74, 72.2), (80, 75.4)),
        *((85, 78.8), (89, 81.3), (93, 84.1), (97, 86.8)),
    ),
    "avif": (
        *((35, 47.0), (45, 60.2), (53, 67.1), (60, 73.5), (66, 76.3)),
        *((72, 80.1), (78, 82.4), (84, 84.8), (91, 87.5)),
    ),
}


def nominal_score(codec: str, quality: float) -> float:
    """Return the median score of photographs at a codec's setting."""
    return _interpolated(_CURVES[codec], quality)


def quality_at(codec: str, nominal: float) -> float:
    """Return the codec's setting whose median score is `nominal`; may lie beyond its range."""
    return _interpolated(tuple((score, quality) for quality, score in _CURVES[codec]), nominal)


def _interpolated(points: tuple[tuple[float, float], ...], at: float) -> float:
    """Return the value between points; beyond them the nearest slope is continued."""
    lower, upper = next((pair for pair in pairwise(points) if at <= pair[1][0]), points[-2:])
    share = (at - lower[0]) / (upper[0] - lower[0])
    return lower[1] + share * (upper[1] - lower[1])


@dataclass(frozen=True, slots=True)
class Hardness:
    """What the JPEG of a picture at its target says about the picture.

    `excess` is how far above the target its nominal score had to be, `bits` its bits per pixel.
    """

    excess: float
    bits: float
    pixels: int


@dataclass(frozen=True, slots=True)
class _Forecast:
    constant: float
    per_excess: float
    per_log_bits: float
    per_log_megapixels: float
    per_ten_points: float


# Explains most of the difference between pictures: with it two thirds of the WebP and AVIF are
# within 1.7 points of a target of 75 at the first encoding, without it two fifths. Edge energy,
# noise and colour of the pixels were tried in its place and beside it, and added nothing.
_FORECASTS = {
    "webp": _Forecast(1.697, 0.655, -0.207, 0.925, -0.914),
    "avif": _Forecast(0.087, 0.544, 5.267, 0.974, -2.001),
}


def forecast(codec: str, target: float, hardness: Hardness) -> float:
    """Return the nominal score at which a codec is expected to reach the target."""
    known = _FORECASTS[codec]
    return (
        target
        + known.constant
        + known.per_excess * hardness.excess
        + known.per_log_bits * log(max(hardness.bits, 0.01))
        + known.per_log_megapixels * log(hardness.pixels / 1e6)
        + known.per_ten_points * (target - 75) / 10
    )
