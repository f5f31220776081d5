"""One scale of quality for all codecs: SSIMULACRA2, where 75 looks good and 85 very good."""

NAMED_SCORES = {"high": 85.0, "good": 75.0, "small": 65.0}

# (encoder quality, median score over photographs of 640-1920 px) at the settings in `encoders`.
# Beyond the outer points the nearest slope is continued.
_MEASURED: dict[str, tuple[tuple[float, float], ...]] = {
    "jpeg": ((75, 75.1), (82, 79.1), (88, 82.9)),
    "webp": ((75, 69.6), (82, 75.3), (88, 80.8)),
    "avif": ((55, 70.8), (63, 76.4), (72, 80.3)),
}

# Below 30 artefacts outweigh the bytes saved; above 95 bytes grow without visible gain.
LOWEST_QUALITY = 30
HIGHEST_QUALITY = 95


def score_of(quality: str) -> float:
    """Return the score that a preset's quality asks for; raises ValueError for an unknown word."""
    named = NAMED_SCORES.get(str(quality))
    return float(quality) if named is None else named


def encoder_quality(codec: str, score: float) -> int:
    """Return the quality setting of "jpeg", "webp" or "avif" that reaches a score at the median."""
    points = _MEASURED[codec]
    lower, upper = points[:2] if score <= points[1][1] else points[-2:]
    slope = (upper[0] - lower[0]) / (upper[1] - lower[1])
    wanted = lower[0] + (score - lower[1]) * slope
    return round(min(HIGHEST_QUALITY, max(LOWEST_QUALITY, wanted)))
