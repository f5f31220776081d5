"""One scale of quality for all codecs: SSIMULACRA2, where 75 looks good and 85 very good."""

from processing.imaging.codec_curves import Curve, quality_at

NAMED_SCORES = {"high": 85.0, "good": 75.0, "small": 65.0}

# Below 30 artefacts outweigh the bytes saved; above 95 bytes grow without visible gain.
LOWEST_QUALITY = 30
HIGHEST_QUALITY = 95


def score_of(quality: str) -> float:
    """Return the score that a preset's quality asks for; raises ValueError for an unknown word."""
    named = NAMED_SCORES.get(str(quality))
    return float(quality) if named is None else named


def encoder_quality(curve: Curve, score: float) -> int:
    """Return the setting of an encoder that reaches a score at the median."""
    return round(min(HIGHEST_QUALITY, max(LOWEST_QUALITY, quality_at(curve, score))))
