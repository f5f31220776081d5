"""How many bytes a codec's curve needs for a given score."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log


@dataclass(frozen=True, slots=True)
class Point:
    """Bytes and the score that they reached."""

    bytes: float
    score: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes at a score; `extrapolated` where the score lies outside of the points."""

    bytes: float
    extrapolated: bool


def bytes_at(points: Sequence[Point], score: float) -> Estimate | None:
    """Return the bytes at a score: the logarithm of the bytes is interpolated over the scores.

    Beyond the points the nearest slope is continued. None with fewer than two different scores.
    """
    ordered = sorted({point.score: point for point in points}.values(), key=lambda each: each.score)
    if len(ordered) < 2:
        return None
    pairs = list(pairwise(ordered))
    lower, upper = next((pair for pair in pairs if score <= pair[1].score), pairs[-1])
    share = (score - lower.score) / (upper.score - lower.score)
    logarithm = log(lower.bytes) + share * (log(upper.bytes) - log(lower.bytes))
    outside = not ordered[0].score <= score <= ordered[-1].score
    return Estimate(exp(logarithm), outside)
