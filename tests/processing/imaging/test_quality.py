import pytest

from processing.imaging.codec_curves import Curve
from processing.imaging.quality import encoder_quality, score_of


@pytest.mark.parametrize(
    ("quality", "score"), [("high", 85), ("good", 75), ("small", 65), ("72.5", 72.5)]
)
def test_a_quality_is_a_word_or_a_number(quality: str, score: float) -> None:
    assert score_of(quality) == score


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="excellent"):
        score_of("excellent")


@pytest.mark.parametrize(
    ("curve", "quality"),
    [(Curve.JPEG, 72), (Curve.WEBP, 79), (Curve.AVIF, 56), (Curve.AVIF_DRAFT, 58)],
)
def test_good_means_the_same_look_in_every_codec(curve: Curve, quality: int) -> None:
    assert encoder_quality(curve, 75) == quality


@pytest.mark.parametrize("curve", Curve)
def test_a_higher_score_never_asks_for_less(curve: Curve) -> None:
    qualities = [encoder_quality(curve, score) for score in range(101)]
    assert qualities == sorted(qualities)
    assert (qualities[0], qualities[-1]) == (30, 95)
