"""From single measurements to the figures of a report."""

from dataclasses import replace

import pytest

from benchmarks.comparing import accuracy, ratio, saving, spent
from benchmarks.equal_score import Point
from benchmarks.running import Cost, File
from benchmarks.scoring import Scored

EVERY = "jpeg webp avif"


def cost(photograph: str, round: int, cpu: float, floor: float) -> Cost:
    return Cost("a", EVERY, 75.0, photograph, round, cpu, 2 * cpu, 100, 50, floor, {})


def file(photograph: str, own_score: float) -> File:
    scored = Scored("w320", "jpeg", 320, 200, 1000, 70, True, own_score, own_score)
    return File("a", EVERY, 75.0, photograph, scored)


def test_the_median_of_the_rounds_counts_for_each_photograph() -> None:
    costs = [cost("one", 0, 1.0, 1.0), cost("one", 1, 9.0, 3.0), cost("one", 2, 2.0, 2.0)]
    other = replace(costs[0], subject="b")
    (row,) = spent([*costs, other], "a", EVERY, 75.0)
    assert (row.cpu_seconds, row.wall_seconds, row.floor_cpu_seconds) == (2.0, 4.0, 2.0)


def test_a_ratio_counts_only_photographs_that_both_have() -> None:
    found = ratio({"one": 2.0, "two": 6.0, "three": 9.0}, {"one": 1.0, "two": 2.0})
    assert found is not None
    assert (found.of_sums, found.at_median) == (8 / 3, 2.5)
    assert ratio({"one": 1.0}, {}) is None


def test_a_saving_is_at_the_peers_mean_score_over_the_files_both_have() -> None:
    places = [("one", "w320"), ("two", "w320")]
    low = {place: Point(100, 65.0) for place in places}
    high = {place: Point(400, 85.0) for place in places}
    peer = {places[0]: Point(500, 75.0), places[1]: Point(500, 75.0), ("x", "w1"): Point(9, 9.0)}
    found = saving([low, high], peer)
    assert found is not None
    assert (found.files, found.peer_bytes, found.peer_score) == (2, 1000, 75.0)
    assert found.bytes == pytest.approx(400)
    assert found.share == pytest.approx(0.6)
    assert found.median_share == pytest.approx(0.6)
    assert not found.extrapolated


def test_a_curve_of_one_target_tells_no_saving() -> None:
    place = ("one", "w320")
    assert saving([{place: Point(1, 75.0)}], {place: Point(2, 75.0)}) is None


def test_accuracy_is_the_share_of_files_near_the_target() -> None:
    files = [file("one", 75.5), file("two", 76.8), file("three", 69.5), file("other", 10.0)]
    places = {(name, "w320") for name in ("one", "two", "three")}
    found = accuracy(files, 75.0, places)
    assert found is not None
    assert (found.files, found.far_below, found.lowest) == (3, 1, -5.5)
    assert found.highest == pytest.approx(1.8)
    assert found.within_1_5 == pytest.approx(1 / 3)
    assert found.within_2 == pytest.approx(2 / 3)
