"""Bytes at a score that nobody measured."""

import pytest

from benchmarks.equal_score import Point, bytes_at

CURVE = [Point(4000, 85.0), Point(1000, 65.0), Point(2000, 75.0)]


def test_at_a_measured_score_it_returns_the_measured_bytes() -> None:
    found = bytes_at(CURVE, 75.0)
    assert found is not None
    assert found.bytes == pytest.approx(2000)
    assert not found.extrapolated


def test_between_two_scores_the_logarithm_of_the_bytes_is_interpolated() -> None:
    found = bytes_at(CURVE, 70.0)
    assert found is not None
    assert found.bytes == pytest.approx((1000 * 2000) ** 0.5)


@pytest.mark.parametrize(("score", "expected"), [(95.0, 8000), (55.0, 500)])
def test_beyond_the_curve_its_nearest_slope_goes_on_and_is_marked(
    score: float, expected: float
) -> None:
    found = bytes_at(CURVE, score)
    assert found is not None
    assert found.bytes == pytest.approx(expected)
    assert found.extrapolated


@pytest.mark.parametrize("points", [[], [Point(1, 1.0)], [Point(1, 1.0), Point(2, 1.0)]])
def test_fewer_than_two_scores_are_no_curve(points: list[Point]) -> None:
    assert bytes_at(points, 70.0) is None
