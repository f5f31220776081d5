"""SSIMULACRA 2.1, the perceptual metric that a quality target is given in.

Jon Sneyers, Cloudinary, 2023: https://github.com/cloudinary/ssimulacra2 describes it and gives its
weights. 100 is identical, 90 is hard to tell apart, 70 is good, 50 is medium.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.tiles import Tiling, blurred, centre
from processing.imaging.xyb import (
    B,
    Floats,
    X,
    Y,
    half_of,
    halved,
    linear,
    opsin,
    stored_planes,
)


@dataclass(frozen=True, slots=True)
class _Weights:
    """What the mean and the fourth-power mean of each kind of error count at one scale."""

    likeness: tuple[float, float] = (0.0, 0.0)
    artefacts: tuple[float, float] = (0.0, 0.0)
    lost_detail: tuple[float, float] = (0.0, 0.0)

    @property
    def edges(self) -> bool:
        return any(self.artefacts + self.lost_detail)


# Of the 108 published weights 40 are nil and 35 below 0.0021; together those were seen to move a
# score by less than 0.02. What is left needs one channel of three at full size and nothing at the
# smallest of the six scales, and so a third of the work.
_WEIGHTS: tuple[dict[int, _Weights], ...] = (
    {Y: _Weights(likeness=(0.0, 7.466890328078848), lost_detail=(0.0, 17.445833984131262))},
    {
        X: _Weights(likeness=(0.0, 1.1041726426657346)),
        Y: _Weights(likeness=(0.0, 6.683678146179332), lost_detail=(0.0, 1.027889937768264)),
    },
    {
        X: _Weights(likeness=(0.0, 1.8422455520539298), artefacts=(0.0, 11.441172603757666)),
        Y: _Weights(likeness=(225.20515300849274, 19.213238186143016)),
    },
    {
        X: _Weights(likeness=(0.0, 1.8787594979546387), artefacts=(0.0, 10.94906990605142)),
        Y: _Weights(
            likeness=(176.39317598450694, 24.43300999870476), artefacts=(0.0, 0.28520802612117757)
        ),
        B: _Weights(likeness=(0.0, 8.826982764996862), artefacts=(0.0, 23.19243343998926)),
    },
    {
        X: _Weights(artefacts=(0.9677937080626833, 0.9981766977854967)),
        Y: _Weights(likeness=(0.0, 34.77906344483772), artefacts=(0.0, 44.835625328877896)),
        B: _Weights(
            likeness=(95.1080498811086, 0.0),
            artefacts=(0.9863978034400682, 171.2667255897307),
            lost_detail=(0.9834382792465353, 0.9807858872435379),
        ),
    },
)

# A scale whose shorter side is below this is not looked at.
SMALLEST_SIDE = 8
_C2 = np.float32(0.0009)
# Tiles that are worked on together: about what a second-level cache holds.
_TOGETHER = 32


# Which of some tiles reach beyond the picture, and where.
_Beyond = tuple[NDArray[np.intp], NDArray[np.bool_]]
# Red, green and blue, each (height, width): linear light, or as stored.
_Planes = Sequence[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one channel of some tiles of the reference needs to be worked out only once."""

    values: Floats
    mean: Floats
    doubled_variance: Floats

    @classmethod
    def of(cls, values: Floats) -> "_Known":
        mean = blurred(values)
        variance = blurred(values * values) - mean * mean
        return cls(values, mean, variance * 2 + _C2)


class _Errors:
    """Sums of one channel's errors, and of their fourth powers, at one scale."""

    def __init__(self) -> None:
        self.sums = {"likeness": [0.0, 0.0], "artefacts": [0.0, 0.0], "lost_detail": [0.0, 0.0]}

    def add(self, name: str, errors: Floats) -> None:
        squares = (errors * errors).ravel()
        self.sums[name][0] += float(errors.sum())
        self.sums[name][1] += float(np.dot(squares, squares))

    def weighted(self, weights: _Weights, pixels: int) -> float:
        total = 0.0
        for name, (first, fourth) in self.sums.items():
            mean, strongest = getattr(weights, name)
            total += mean * first / pixels + strongest * float((fourth / pixels) ** 0.25)
        return total


class Reference:
    """A picture that others are compared with; what depends on it alone is worked out once.

    `sample_pixels` bounds how many pixels of each scale are looked at, evenly spread in small
    tiles; by default all are.
    """

    def __init__(self, image: Image.Image, *, sample_pixels: int | None = None) -> None:
        self.size = image.size
        self._sample_pixels = sample_pixels
        self._tilings: list[Tiling] = []
        self._known: list[list[dict[int, _Known]]] = []
        for scale, planes in enumerate(_pyramid(image)):
            height, width = planes[0].shape
            tiling = Tiling.of(height, width, most_pixels=sample_pixels)
            channels = _channels(planes, tiling, scale)
            self._tilings.append(tiling)
            self._known.append(
                [{name: _Known.of(each) for name, each in part.items()} for part, _ in channels]
            )

    def score(self, distorted: Image.Image) -> float:
        """Return the SSIMULACRA2 score of an L or RGB image of the same size; at most 100."""
        if distorted.size != self.size:
            raise ValueError(f"{distorted.size} cannot be compared with {self.size}")
        total = 0.0
        for scale, planes in enumerate(_pyramid(distorted)):
            total += self._weighted_errors(scale, planes)
        return _on_the_scale(total)

    def _weighted_errors(self, scale: int, planes: _Planes) -> float:
        tiling, weights = self._tilings[scale], _WEIGHTS[scale]
        errors = {channel: _Errors() for channel in weights}
        parts = zip(self._known[scale], _channels(planes, tiling, scale), strict=True)
        for known, (channels, beyond) in parts:
            for channel, values in channels.items():
                _compare(known[channel], values, beyond, weights[channel], errors[channel])
        pixels = tiling.pixels
        return sum(errors[channel].weighted(weights[channel], pixels) for channel in weights)


def _pyramid(image: Image.Image) -> Iterator[_Planes]:
    """Yield red, green and blue at each scale that counts, from full size down.

    Full size comes as it is stored: only the tiles that are looked at are made linear.
    """
    if min(image.size) < SMALLEST_SIDE:
        return
    yield stored_planes(image)
    planes = half_of(image)
    for _ in _WEIGHTS[1:]:
        if min(planes.shape[1:]) < SMALLEST_SIDE:
            return
        yield list(planes)
        planes = halved(planes)


def _channels(
    planes: _Planes, tiling: Tiling, scale: int
) -> Iterator[tuple[dict[int, Floats], _Beyond]]:
    """Yield the channels that count at a scale, some tiles at a time, zero outside the picture."""
    padded = tiling.padded(planes)
    for start in range(0, len(tiling), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        channels = opsin(linear(tiling.cut(padded, part)), tuple(_WEIGHTS[scale]))
        touching, outside = tiling.outside(part)
        for values in channels.values():
            values[touching] *= ~outside
        yield channels, (touching, centre(outside))


def _compare(
    known: _Known, values: Floats, beyond: _Beyond, weights: _Weights, errors: _Errors
) -> None:
    """Add the errors of one channel of some tiles."""
    difference = values - known.values
    mean = blurred(difference)
    if any(weights.likeness):
        errors.add("likeness", _masked(_unlikeness(known, difference, mean), beyond))
    if weights.edges:
        stronger = _masked(_edge_gain(known, difference, mean), beyond)
        if any(weights.artefacts):
            errors.add("artefacts", np.maximum(stronger, 0))
        if any(weights.lost_detail):
            errors.add("lost_detail", np.minimum(stronger, 0) * -1)


def _unlikeness(known: _Known, difference: Floats, mean: Floats) -> Floats:
    """Return 1 - SSIM, from moments of the difference: small numbers do not cancel out.

    With x the reference and d the difference, the structural terms are 2 cov(x, x + d) + C2 and
    that plus var(d).
    """
    squared_mean = mean * mean
    variance = blurred(difference * difference) - squared_mean
    covariance = blurred(known.values * difference) - known.mean * mean
    structure = known.doubled_variance + covariance * 2
    result: Floats = (variance + squared_mean * structure) / (structure + variance)
    return np.maximum(result, 0)


def _edge_gain(known: _Known, difference: Floats, mean: Floats) -> Floats:
    """Return by which share edges grew (ringing, blocks) or, below zero, faded (blur)."""
    before = centre(known.values) - known.mean
    after = before + centre(difference) - mean
    result: Floats = (1 + np.abs(after)) / (1 + np.abs(before)) - 1
    return result


def _masked(errors: Floats, beyond: _Beyond) -> Floats:
    touching, outside = beyond
    errors[touching] *= ~outside
    return errors


def _on_the_scale(error: float) -> float:
    """Return the score of a weighted error, by the published cubic and power."""
    scaled = error * 0.9562382616834844
    bent = 2.326765642916932 * scaled - 0.020884521182843837 * scaled**2
    bent += 6.248496625763138e-05 * scaled**3
    return float(100.0 - 10.0 * bent**0.6276336467831387) if bent > 0 else 100.0
