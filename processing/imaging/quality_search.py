"""Find the setting at which a picture reaches a score, encoding it as few times as possible."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO

from PIL import Image

from processing.imaging import encoders
from processing.imaging.codec_curves import Hardness, forecast, nominal_score, quality_at
from processing.imaging.encoders import Encoded
from processing.imaging.pictures import flattened_on_white
from processing.imaging.ssimulacra2 import Reference

EncodeAt = Callable[[int], Encoded]

# The metric's six scales need this much; smaller pictures keep fixed settings.
SMALLEST_SIDE = 128


@dataclass(frozen=True, slots=True)
class Effort:
    """How closely a search looks: pixels of each scale in its sample, points that are near enough.

    `whole_tolerance` is for the score of the whole picture, which is taken at the end where given.
    """

    sample_pixels: int
    tolerance: float
    whole_tolerance: float | None


# A sample of 40,000 pixels errs by 0.35 points (standard deviation), of 150,000 by 0.15.
EFFORTS = {
    "balanced": Effort(sample_pixels=40_000, tolerance=1.8, whole_tolerance=None),
    "exact": Effort(sample_pixels=150_000, tolerance=0.8, whole_tolerance=1.2),
}

# How much of a missing point the nominal score is moved by; fitted, and below one because far
# from its target a picture's curve is steeper than the median.
_GAIN = {"jpeg": 0.966, "webp": 0.906, "avif": 0.957}
# Between two encodings the slope is known, but not to be trusted when they are too near.
_LEAST_SLOPE, _GREATEST_SLOPE = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The encoder settings allowed, and how often one file may be encoded to find the best."""

    floor: int
    ceiling: int
    most_probes: int

    def clamped(self, quality: float) -> int:
        return round(min(self.ceiling, max(self.floor, quality)))


class QualitySearch:
    """The search for all formats of one picture: they share its reference and its hardness."""

    def __init__(self, image: Image.Image, effort: Effort, bounds: Bounds) -> None:
        self._image = flattened_on_white(image)
        self._effort = effort
        self._bounds = bounds
        self._hardness: Hardness | None = None
        # How far the nominal score had to be above the target, by codec.
        self._excess: dict[str, float] = {}

    def find(self, codec: str, encode_at: EncodeAt, target: float) -> Encoded:
        """Return the file nearest to the target among those that were tried, with its score."""
        if codec != "jpeg" and self._hardness is None:
            # The cheapest codec tells how hard the picture is for the others.
            self.find("jpeg", self._jpeg_at, target)
        found = self._search(codec, encode_at, target, self._effort.tolerance)
        if self._effort.whole_tolerance is not None:
            found = self._checked(codec, encode_at, target, found)
        self._learn(codec, found, target)
        return found

    def _search(self, codec: str, encode_at: EncodeAt, target: float, tolerance: float) -> Encoded:
        tried: dict[int, Encoded] = {}
        nominal = self._expected(codec, target)
        for _ in range(max(1, self._bounds.most_probes)):
            quality = self._bounds.clamped(quality_at(codec, nominal))
            if quality in tried:
                break
            tried[quality] = self._scored(encode_at(quality), self._sample)
            if _distance(tried[quality], target) <= tolerance:
                break
            nominal = _next_nominal(codec, list(tried.values()), target)
        return min(tried.values(), key=lambda each: _distance(each, target))

    def _checked(self, codec: str, encode_at: EncodeAt, target: float, found: Encoded) -> Encoded:
        """Return the file with the score of the whole picture; if that is off, search once more."""
        whole = self._scored(found, self._whole)
        if _distance(whole, target) <= (self._effort.whole_tolerance or 0):
            return whole
        self._learn(codec, found, target)
        sampling_error = _score(whole) - _score(found)
        again = self._search(codec, encode_at, target - sampling_error, self._effort.tolerance / 2)
        if again.quality == found.quality:
            return whole
        candidates = (whole, self._scored(again, self._whole))
        return min(candidates, key=lambda each: _distance(each, target))

    def _expected(self, codec: str, target: float) -> float:
        if codec in self._excess:
            return target + self._excess[codec]
        if codec == "jpeg" or self._hardness is None:
            return target
        return forecast(codec, target, self._hardness)

    def _learn(self, codec: str, found: Encoded, target: float) -> None:
        self._excess[codec] = nominal_score(codec, found.quality) - _score(found)
        if codec == "jpeg" and self._hardness is None:
            pixels = found.width * found.height
            bits = len(found.content) * 8 / pixels
            self._hardness = Hardness(self._excess[codec], bits, pixels)

    def _jpeg_at(self, quality: int) -> Encoded:
        return encoders.jpeg(self._image, quality=quality, graphic=False)

    @cached_property
    def _sample(self) -> Reference:
        return Reference(self._image, sample_pixels=self._effort.sample_pixels)

    @cached_property
    def _whole(self) -> Reference:
        return Reference(self._image)

    def _scored(self, encoded: Encoded, reference: Reference) -> Encoded:
        with Image.open(BytesIO(encoded.content), formats=[encoded.format]) as file:
            shown = flattened_on_white(file if file.mode in _READY else file.convert("RGB"))
            return replace(encoded, score=reference.score(shown))


_READY = frozenset({"L", "LA", "RGB", "RGBA"})


def _next_nominal(codec: str, tried: list[Encoded], target: float) -> float:
    """Return the nominal score to try next: along the slope of the two nearest, or a usual one."""
    nearest, *others = sorted(tried, key=lambda each: _distance(each, target))
    slope = _GAIN[codec]
    if others and abs(_score(nearest) - _score(others[0])) > 0.1:
        rise = nominal_score(codec, nearest.quality) - nominal_score(codec, others[0].quality)
        slope = rise / (_score(nearest) - _score(others[0]))
        slope = min(_GREATEST_SLOPE, max(_LEAST_SLOPE, slope))
    return nominal_score(codec, nearest.quality) + slope * (target - _score(nearest))


def _distance(encoded: Encoded, target: float) -> float:
    return abs(_score(encoded) - target)


def _score(encoded: Encoded) -> float:
    return 0.0 if encoded.score is None else encoded.score
