"""The simulation that the advice on workers is checked by."""

from benchmarks import scale
from benchmarks.scale import MEASURED, Pipeline, serve
from benchmarks.scale_runs import Compared, row, slowest
from processing.sizing import advise

PICTURES = 2000


def test_jobs_are_done_in_turn_by_the_first_worker_that_is_free() -> None:
    assert serve([0.0, 0.0, 0.0, 9.0], [3.0, 1.0, 1.0, 2.0], workers=2) == [3.0, 1.0, 2.0, 11.0]
    assert serve([0.0, 0.0], [3.0, 1.0], workers=1) == [3.0, 4.0]


def test_a_picture_takes_its_work_where_nobody_waits() -> None:
    times = Pipeline(dict.fromkeys(MEASURED, 100)).run(PICTURES, per_second=0.001)
    means = {name: mean for name, (mean, _, _) in MEASURED.items()}
    assert means["resize"] + means["thumbnail"] < times.thumbnail < 4
    assert means["resize"] + means["compress"] + means["publish"] < times.ready < 15


def test_the_advice_is_enough_and_half_of_it_is_not() -> None:
    advised = advise(scale.stations(1.0)).processes
    assert not Pipeline(advised).run(PICTURES, 1.0).are_late()
    fewer = {name: max(1, round(count / 2)) for name, count in advised.items()}
    assert Pipeline(fewer).run(PICTURES, 1.0).are_late()


def test_a_real_run_is_told_beside_what_was_expected_of_it() -> None:
    compared = Compared(2, busy=0.254, thumbnail=(1.26, 0.84), ready=(4.0, 2.55))
    assert row(compared) == ["2", "25%", "1.3, 0.8", "4.0, 2.5"]
    assert slowest([float(number) for number in range(100)]) == 95.0
