"""The simulation that the advice on workers is checked by."""

from benchmarks import scale
from benchmarks.scale import MEASURED, Pipeline, serve
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
