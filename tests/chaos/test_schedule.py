"""A schedule is the same for the same seed, and leaves nothing out."""

from tests.chaos.schedule import each_once, random_schedule

NAMES = ["a", "b", "c"]


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert random_schedule(7, 30, NAMES) == random_schedule(7, 30, NAMES)
    assert random_schedule(7, 30, NAMES) != random_schedule(8, 30, NAMES)


def test_half_an_hour_holds_sixty_faults_and_every_name() -> None:
    planned = random_schedule(7, 30, NAMES)
    assert len(planned) >= 60
    assert {plan.name for plan in planned[:3]} == set(NAMES)


def test_each_fault_comes_once_in_order() -> None:
    assert [plan.name for plan in each_once(["b", "a"])] == ["a", "b"]
