"""Who is on the front of bytes and CPU."""

import pytest

from benchmarks.pareto import OnPicture, Standing, on_the_front, standing


def candidate(name: str, milliseconds: float, bytes_ratio: float, family: str = "WebP") -> Standing:
    return Standing(family, name, 1, 80, milliseconds, 50, bytes_ratio)


def test_a_setting_that_another_beats_at_both_is_not_on_the_front() -> None:
    quick, small = candidate("quick", 10, 1.0), candidate("small", 50, 0.7)
    beaten, other = candidate("beaten", 60, 0.9), candidate("other", 900, 2.0, family="JPEG")
    everyone = [quick, small, beaten, other]
    assert [each.name for each in everyone if on_the_front(each, everyone)] == [
        "quick",
        "small",
        "other",
    ]


def test_a_difference_within_the_noise_beats_nobody() -> None:
    one, twin = candidate("one", 100, 0.7), candidate("twin", 95, 0.701)
    assert on_the_front(one, [one, twin])
    assert on_the_front(twin, [one, twin])


def test_bytes_are_compared_on_pictures_that_both_brought_to_the_score() -> None:
    first = {"one": OnPicture(70, 10, 100), "two": OnPicture(70, 10, 50)}
    mine = {"one": OnPicture(60, 20, 50), "three": OnPicture(60, 40, 10)}
    found = standing("AVIF", "speed 9", mine, first)
    assert found is not None
    assert found.bytes_ratio == pytest.approx(0.5)
    assert (found.pictures, found.milliseconds, found.kilobytes) == (2, 30, 30)
    assert standing("AVIF", "speed 9", {}, first) is None
