"""SSIMULACRA 2.1, the perceptual metric that a quality target is given in.

Jon Sneyers, Cloudinary, 2023: https://github.com/cloudinary/ssimulacra2 describes it and gives its
weights. 100 is identical, 90 is hard to tell apart, 70 is good, 50 is medium.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from processing.imaging.tiles import Batch, Tiling, blurred, centre
from processing.imaging.xyb import (
    B,
    Floats,
    Source,
    X,
    Y,
    halved,
    light_of,
    opsin,
    piece,
    size_of,
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

# No scale is looked at after one whose shorter side is below this, as in libjxl.
SMALLEST_SIDE = 8
_C2 = np.float32(0.0009)
# Up to this size a whole reference is worked out once and kept, at some 24 bytes per pixel;
# a larger one is worked out again for each score, which then costs half as much again.
_KEPT_PIXELS = 2_000_000
# libjxl blurs by a recursion in single precision, whose rounding adds up along rows and columns.
# Where a picture is flat this noise is most of its error: it takes up to three points off a score
# near 90. Its size was fitted to the tool's scores: see docs/quality.md.
_ROUNDING = 2.7e-7


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


# Some tiles of a reference, by channel.
_KnownTiles = dict[int, _Known]


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
    tiles; by default all are. A large picture that is looked at whole is kept, not copied: it
    must not change meanwhile.
    """

    def __init__(self, image: Image.Image, *, sample_pixels: int | None = None) -> None:
        self.size = image.size
        self._image = image
        self._tilings = [
            Tiling.of(height, width, most_pixels=sample_pixels) for height, width in _sizes(image)
        ]
        self._noise = _ROUNDING * _mean_squared_luma(image)
        self._kept: list[list[_KnownTiles]] | None = None
        if sample_pixels is not None or image.width * image.height <= _KEPT_PIXELS:
            self._kept = [list(tiles) for tiles in self._known()]
            del self._image

    def score(self, distorted: Image.Image) -> float:
        """Return the SSIMULACRA2 score of an L or RGB image of the same size; at most 100."""
        if distorted.size != self.size:
            raise ValueError(f"{distorted.size} cannot be compared with {self.size}")
        known = self._known() if self._kept is None else self._kept
        scales = zip(_pyramid(distorted), known, strict=True)
        return _on_the_scale(
            sum(self._weighted_errors(scale, *each) for scale, each in enumerate(scales))
        )

    def _known(self) -> Iterator[Iterator[_KnownTiles]]:
        """Yield for each scale what is known of some tiles at a time."""
        for scale, source in enumerate(_pyramid(self._image)):
            yield (
                {name: _Known.of(values) for name, values in _channels(source, batch, scale)}
                for batch in self._tilings[scale].batches
            )

    def _weighted_errors(self, scale: int, source: Source, known: Iterable[_KnownTiles]) -> float:
        tiling, weights = self._tilings[scale], _WEIGHTS[scale]
        noise = self._noise * float(np.mean(size_of(source))) ** 0.5
        errors = {channel: _Errors() for channel in weights}
        for batch, tiles in zip(tiling.batches, known, strict=True):
            for channel, values in _channels(source, batch, scale):
                comparison = _Comparison.of(tiles[channel], values, batch, noise)
                comparison.add_to(errors[channel], weights[channel])
        pixels = tiling.pixels
        return sum(errors[channel].weighted(weights[channel], pixels) for channel in weights)


def _sizes(image: Image.Image) -> Iterator[tuple[int, int]]:
    """Yield the (height, width) of each scale that counts, from full size down."""
    height, width = size_of(image)
    for scale in range(len(_WEIGHTS)):
        if min(height, width) < SMALLEST_SIDE:
            return
        if scale:
            height, width = (height + 1) // 2, (width + 1) // 2
        yield height, width


def _pyramid(image: Image.Image) -> Iterator[Source]:
    """Yield the picture at each of these sizes."""
    source: Source = image
    for size in _sizes(image):
        if size != size_of(source):
            source = halved(source)
        yield source


def _mean_squared_luma(image: Image.Image) -> float:
    few = image.resize((64, 64), Image.Resampling.NEAREST)
    luma = opsin(light_of([piece(few, 0, 0, 64, 64)]), (Y,))[Y]
    return float(np.mean(luma * luma))


def _channels(source: Source, batch: Batch, scale: int) -> Iterator[tuple[int, Floats]]:
    """Yield the channels that count at a scale of some tiles, zero outside the picture."""
    channels = opsin(batch.light(source), tuple(_WEIGHTS[scale]))
    for channel, plane in channels.items():
        yield channel, batch.cut(plane)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One channel of some tiles of both pictures, the second as its difference from the first."""

    known: _Known
    difference: Floats
    mean: Floats
    batch: Batch
    noise: float

    @classmethod
    def of(cls, known: _Known, values: Floats, batch: Batch, noise: float) -> "_Comparison":
        difference = values - known.values
        return cls(known, difference, blurred(difference), batch, noise)

    def add_to(self, errors: _Errors, weights: _Weights) -> None:
        if any(weights.likeness):
            unlikeness = self._unlikeness(noisy=weights.likeness[0] > 0)
            self.batch.clear_beyond(unlikeness)
            errors.add("likeness", unlikeness)
        if weights.edges:
            stronger = self._edge_gain()
            self.batch.clear_beyond(stronger)
            if any(weights.artefacts):
                errors.add("artefacts", np.maximum(stronger, 0))
            if any(weights.lost_detail):
                errors.add("lost_detail", np.minimum(stronger, 0) * -1)

    def _unlikeness(self, *, noisy: bool) -> Floats:
        """Return 1 - SSIM, from moments of the difference: small numbers do not cancel out.

        With x the reference and d the difference, the structural terms are 2 cov(x, x + d) + C2
        and that plus var(d). The tool cuts off what is below zero after its rounding noise, which
        on average leaves (e + sqrt(e² + 2/pi noise²)) / 2 of an error e; where the pictures are
        the same its noise is so too.
        """
        squared_mean = self.mean * self.mean
        variance = blurred(self.difference * self.difference) - squared_mean
        covariance = blurred(self.known.values * self.difference) - self.known.mean * self.mean
        structure = self.known.doubled_variance + covariance * 2
        both = structure + variance
        result: Floats = (variance + squared_mean * structure) / both
        if noisy:
            noise = np.float32((2 / np.pi) ** 0.5 * self.noise) * (self.mean != 0) / both
            result = (result + np.sqrt(result * result + noise * noise)) * np.float32(0.5)
        return np.maximum(result, 0, out=result)

    def _edge_gain(self) -> Floats:
        """Return by which share edges grew (ringing, blocks) or, below zero, faded (blur)."""
        before = centre(self.known.values) - self.known.mean
        after = before + centre(self.difference) - self.mean
        np.abs(before, out=before)
        result: Floats = (np.abs(after, out=after) - before) / (before + 1)
        return result


def _on_the_scale(error: float) -> float:
    """Return the score of a weighted error, by the published cubic and power."""
    scaled = error * 0.9562382616834844
    bent = 2.326765642916932 * scaled - 0.020884521182843837 * scaled**2
    bent += 6.248496625763138e-05 * scaled**3
    return float(100.0 - 10.0 * bent**0.6276336467831387) if bent > 0 else 100.0
