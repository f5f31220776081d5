"""Find the setting at which a picture reaches a score, encoding it as few times as possible."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO

from PIL import Image

from processing.imaging import encoders
from processing.imaging.codec_curves import (
    Curve,
    Hardness,
    forecast,
    forecast_from_draft,
    nominal_score,
    quality_at,
)
from processing.imaging.encoders import Encoded
from processing.imaging.pictures import flattened_on_white
from processing.imaging.ssimulacra2 import Reference

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

# How much of a missing point the nominal score is moved by: fitted, and below one because far
# from its target a picture's curve is steeper than the median.
_GAIN = 0.94
# A draft only has to come near: from there its slope is known well enough.
DRAFT_TOLERANCE = 4.0
MOST_DRAFTS = 2
# On one side of the target the slope between two encodings is not to be trusted blindly.
_LEAST_SLOPE, _GREATEST_SLOPE = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How to encode a picture at a setting; `draft` does nearly the same in a tenth of the time."""

    curve: Curve
    encode_at: Callable[[int], Encoded]
    draft: "Trial | None" = None


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
        # How far the nominal score had to be above the target.
        self._excess: dict[Curve, float] = {}

    def find(self, trial: Trial, target: float) -> Encoded:
        """Return the file nearest to the target among those that were tried, with its score."""
        if trial.curve is Curve.WEBP and self._hardness is None:
            # The cheapest codec tells how hard the picture is for the others.
            self.find(Trial(Curve.JPEG, self._jpeg_at), target)
        found = self._search(trial, target, self._effort.tolerance)
        if self._effort.whole_tolerance is not None:
            found = self._checked(trial, target, found)
        self._learn(trial.curve, found, target)
        return found

    def _search(self, trial: Trial, target: float, tolerance: float) -> Encoded:
        probes = self._bounds.most_probes
        if trial.draft is not None and trial.curve not in self._excess:
            probes -= self._draft(trial.draft, target, at_most=min(MOST_DRAFTS, probes - 1))
        nominal = self._expected(trial, target)
        return _nearest(self._tried(trial, target, nominal, tolerance, max(1, probes)), target)

    def _draft(self, draft: Trial, target: float, *, at_most: int) -> int:
        """Learn from a few quick encodings where the target lies; return how many were made."""
        if at_most < 1:
            return 0
        nominal = self._expected(draft, target)
        tried = self._tried(draft, target, nominal, DRAFT_TOLERANCE, at_most)
        self._excess[draft.curve] = _next_nominal(draft.curve, tried, target) - target
        return len(tried)

    def _tried(
        self, trial: Trial, target: float, nominal: float, tolerance: float, at_most: int
    ) -> list[Encoded]:
        tried: dict[int, Encoded] = {}
        for _ in range(at_most):
            quality = self._bounds.clamped(quality_at(trial.curve, nominal))
            if quality in tried:
                break
            tried[quality] = self._scored(trial.encode_at(quality), self._sample)
            if _distance(tried[quality], target) <= tolerance:
                break
            nominal = _next_nominal(trial.curve, list(tried.values()), target)
        return list(tried.values())

    def _checked(self, trial: Trial, target: float, found: Encoded) -> Encoded:
        """Return the file with the score of the whole picture; if that is off, search once more."""
        whole = self._scored(found, self._whole)
        if _distance(whole, target) <= (self._effort.whole_tolerance or 0):
            return whole
        self._learn(trial.curve, found, target)
        sampling_error = _score(whole) - _score(found)
        again = self._search(trial, target - sampling_error, self._effort.tolerance / 2)
        if again.quality == found.quality:
            return whole
        return _nearest([whole, self._scored(again, self._whole)], target)

    def _expected(self, trial: Trial, target: float) -> float:
        if trial.curve in self._excess:
            return target + self._excess[trial.curve]
        if trial.draft is not None and trial.draft.curve in self._excess:
            return forecast_from_draft(trial.curve, target, self._excess[trial.draft.curve])
        if self._hardness is None:
            return target
        return forecast(trial.curve, target, self._hardness)

    def _learn(self, curve: Curve, found: Encoded, target: float) -> None:
        self._excess[curve] = nominal_score(curve, found.quality) - _score(found)
        if curve is Curve.JPEG and self._hardness is None:
            pixels = found.width * found.height
            bits = len(found.content) * 8 / pixels
            self._hardness = Hardness(self._excess[curve], bits, pixels)

    def _jpeg_at(self, quality: int) -> Encoded:
        return encoders.jpeg(self._image, quality=quality, full_color=False)

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


def _nearest(tried: list[Encoded], target: float) -> Encoded:
    return min(tried, key=lambda each: _distance(each, target))


def _next_nominal(curve: Curve, tried: list[Encoded], target: float) -> float:
    """Return the nominal score to try next: between the files around the target, or beyond them."""
    nearest, *others = _informative(tried, target)
    slope = _GAIN
    if others and abs(_score(nearest) - _score(others[0])) > 0.1:
        rise = nominal_score(curve, nearest.quality) - nominal_score(curve, others[0].quality)
        slope = rise / (_score(nearest) - _score(others[0]))
        if not _score(nearest) < target < _score(others[0]):
            slope = min(_GREATEST_SLOPE, max(_LEAST_SLOPE, slope))
    return nominal_score(curve, nearest.quality) + slope * (target - _score(nearest))


def _informative(tried: list[Encoded], target: float) -> list[Encoded]:
    """Return the files next below and above the target; on one side alone, nearest first."""
    below = [each for each in tried if _score(each) < target]
    above = [each for each in tried if _score(each) >= target]
    if below and above:
        return [max(below, key=_score), min(above, key=_score)]
    return sorted(tried, key=lambda each: _distance(each, target))


def _distance(encoded: Encoded, target: float) -> float:
    return abs(_score(encoded) - target)


def _score(encoded: Encoded) -> float:
    return 0.0 if encoded.score is None else encoded.score
