"""What an encoder needs to reach a score on one picture, by bisecting its quality."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import exp, log

from PIL import Image

from processing.imaging.ssimulacra2 import Reference

LOWEST_QUALITY, HIGHEST_QUALITY = 5, 98
# Two settings this near are interpolated between: the score is noisy from one to the next.
NEAR_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """One encoding: its bytes, its CPU and the score of the whole picture."""

    quality: int
    bytes: int
    cpu_seconds: float
    score: float


@dataclass(frozen=True, slots=True)
class AtScore:
    """What a score costs, interpolated between the two settings around it."""

    quality: float
    bytes: float
    cpu_seconds: float


def at_score(
    encode: Callable[[Image.Image, int], bytes],
    image: Image.Image,
    reference: Reference,
    target: float,
) -> AtScore | None:
    """Bisect the quality until two settings lie closely around the target; None if none do."""
    lower = tried(encode, image, reference, LOWEST_QUALITY)
    upper = tried(encode, image, reference, HIGHEST_QUALITY)
    if not lower.score <= target <= upper.score:
        return None
    while upper.quality - lower.quality > NEAR_ENOUGH:
        between = tried(encode, image, reference, (lower.quality + upper.quality) // 2)
        lower, upper = (between, upper) if between.score <= target else (lower, between)
    return _between(lower, upper, target)


def tried(
    encode: Callable[[Image.Image, int], bytes],
    image: Image.Image,
    reference: Reference,
    quality: int,
) -> Tried:
    """Encode once and score the whole picture."""
    started = time.process_time()
    content = encode(image, quality)
    cpu = time.process_time() - started
    with Image.open(BytesIO(content)) as file:
        return Tried(quality, len(content), cpu, reference.score(file.convert("RGB")))


def _between(lower: Tried, upper: Tried, target: float) -> AtScore:
    rise = upper.score - lower.score
    share = (target - lower.score) / rise if rise > 0 else 0.5
    return AtScore(
        lower.quality + share * (upper.quality - lower.quality),
        exp(log(lower.bytes) + share * (log(upper.bytes) - log(lower.bytes))),
        lower.cpu_seconds + share * (upper.cpu_seconds - lower.cpu_seconds),
    )
