"""Which advice follows from which figures."""

import pytest

from processing.queueing import Load
from processing.sizing import (
    READY_SECONDS,
    THUMBNAIL_PATH,
    THUMBNAIL_SECONDS,
    Station,
    advise,
    quantile,
    seconds,
    variation,
)

BOUNDS = (1.0, 2.0, 4.0)


def stations(pictures_per_second: float, **slow: float) -> dict[str, Station]:
    """Return a pipeline of one second per stage and six widths per picture."""
    found = {}
    for name in ("resize", "compress", "thumbnail", "analyze", "publish"):
        batch = 6 if name == "compress" else 1
        load = Load(pictures_per_second * batch, 1.0, 0.5, batch)
        found[name] = Station(load, slow.get(name, 1.5))
    return found


def test_an_idle_pipeline_needs_one_process_per_queue() -> None:
    found = advise(stations(0.0))
    assert set(found.processes.values()) == {1}
    assert found.unreachable == ()
    assert found.thumbnail_seconds == 3.0


@pytest.mark.parametrize("rate", [0.1, 0.5, 2.0, 10.0, 30.0])
def test_both_objectives_are_met_and_no_process_is_idle_for_nothing(rate: float) -> None:
    measured = stations(rate)
    found = advise(measured)
    assert found.thumbnail_seconds <= THUMBNAIL_SECONDS
    assert found.ready_seconds <= READY_SECONDS
    for name, count in found.processes.items():
        busy = measured[name].load.busy
        assert busy <= 0.8 * count
        # What the load alone wants, and at most a third of it more for the wait.
        assert count <= busy / 0.8 * 4 / 3 + 3
    # One resizer less would be overloaded, or thumbnails late.
    fewer = {**found.processes, "resize": found.processes["resize"] - 1}
    overloaded = measured["resize"].load.busy > 0.8 * fewer["resize"]
    assert overloaded or seconds(THUMBNAIL_PATH, measured, fewer) > THUMBNAIL_SECONDS


def test_six_widths_need_more_than_one() -> None:
    processes = advise(stations(1.0)).processes
    assert processes["compress"] > 6 * 0.8 >= processes["resize"]


def test_work_that_is_too_slow_by_itself_is_told_and_bounded() -> None:
    found = advise(stations(1.0, thumbnail=6.0))
    assert found.unreachable == (THUMBNAIL_PATH,)
    assert found.processes["thumbnail"] == 2
    assert found.thumbnail_seconds > THUMBNAIL_SECONDS


def test_what_was_never_done_is_left_out() -> None:
    assert advise({}).processes == {}
    only = {"resize": stations(1.0)["resize"]}
    assert advise(only).processes.keys() == {"resize"}


def test_a_quantile_lies_straight_within_its_bucket() -> None:
    assert quantile({"1.0": 50, "2.0": 50}, BOUNDS) == pytest.approx(1.9)
    assert quantile({"1.0": 100}, BOUNDS) == pytest.approx(0.95)
    assert quantile({"1.0": 1, "+Inf": 99}, BOUNDS) == 4.0
    assert quantile({}, BOUNDS) == 0.0


def test_variation_is_that_of_the_buckets() -> None:
    assert variation({"2.0": 10}, BOUNDS, 1.5) == 0.0
    # Half at 0.5 and half at 1.5: mean 1, variance 0.25.
    assert variation({"1.0": 5, "2.0": 5}, BOUNDS, 1.0) == pytest.approx(0.25)
    assert variation({}, BOUNDS, 0.0) == 1.0
