"""The queueing model against what is known exactly, and against a simulation."""

from math import inf, log
from random import Random

import pytest

from benchmarks.scale import serve
from processing.queueing import Load, chance_to_wait, fewest, wait_quantile


@pytest.mark.parametrize(
    ("workers", "busy", "chance"),
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (1, 0.0, 0.0), (10, 0.0, 0.0)],
)
def test_the_chance_to_wait_is_erlangs_c(workers: int, busy: float, chance: float) -> None:
    assert chance_to_wait(workers, busy) == pytest.approx(chance)


def test_it_stays_a_number_for_hundreds_of_workers() -> None:
    assert 0 < chance_to_wait(400, 380) < chance_to_wait(390, 380) < 1
    assert chance_to_wait(380, 380) == 1


def test_one_worker_and_exponential_service_are_exact() -> None:
    load = Load(per_second=0.8, seconds=1.0)
    assert wait_quantile(load, 1) == pytest.approx(log(0.8 / 0.05) / 0.2)


def test_nobody_waits_where_nearly_nobody_finds_all_busy() -> None:
    assert wait_quantile(Load(per_second=0.04, seconds=1.0), 1) == 0


def test_without_enough_workers_the_wait_has_no_end() -> None:
    load = Load(per_second=3.0, seconds=1.0)
    assert fewest(load) == 4
    assert wait_quantile(load, 3) == inf
    assert wait_quantile(load, 4) < inf


def test_steady_service_makes_half_the_wait_of_one_worker() -> None:
    wild, steady = (Load(0.8, 1.0, variation) for variation in (1.0, 0.0))
    assert wait_quantile(steady, 1) == pytest.approx(wait_quantile(wild, 1) / 2)


def test_the_last_of_a_batch_waits_for_the_others() -> None:
    load = Load(per_second=0.001, seconds=2.0, batch=6)
    assert [wait_quantile(load, workers) for workers in (1, 2, 3, 6)] == [10, 4, 2, 0]


@pytest.mark.parametrize("workers", [1, 3, 20])
@pytest.mark.parametrize("busy_share", [0.5, 0.8])
@pytest.mark.parametrize("variation", [0.25, 1.0])
def test_a_simulation_waits_as_long_as_the_model_says(
    workers: int, busy_share: float, variation: float
) -> None:
    load = Load(per_second=busy_share * workers, seconds=1.0, variation=variation)
    random, at, arrivals = Random(11), 0.0, []
    for _ in range(60_000):
        at += random.expovariate(load.per_second)
        arrivals.append(at)
    # Gamma: as long as 1 on average, and as variable as asked.
    lengths = [random.gammavariate(1 / variation, variation) for _ in arrivals]
    ends = serve(arrivals, lengths, workers)
    done = zip(ends, arrivals, lengths, strict=True)
    waits = sorted(end - at - length for end, at, length in done)
    waited = waits[int(0.95 * len(waits))]
    assert waited == pytest.approx(wait_quantile(load, workers), rel=0.25, abs=0.1)
