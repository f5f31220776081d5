"""Who works, as the broker tells, and how long anybody waits for that."""

from collections.abc import Callable
from time import monotonic

import pytest

from processing import workforce
from processing.workforce import Inquiry, Workforce
from tests.services.redis import RedisServer
from tests.workers import Workers, until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Beside what is waited for: this machine is shared.
PATIENCE_SECONDS = 1.5


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every look ask anew."""
    monkeypatch.setattr(workforce, "REMEMBERED_SECONDS", 0.0)


def seconds_of(act: Callable[[], object]) -> float:
    begun_at = monotonic()
    act()
    return monotonic() - begun_at


def test_workers_and_their_processes_are_counted_by_queue(workers: Workers) -> None:
    workers.start("resize", "compress")
    workers.start_single()

    def figures() -> list[tuple[int, int]]:
        found = workforce.ask()
        names = ("resize", "compress", "publish")
        return [(found.workers[name], found.processes[name]) for name in names] if found else []

    # A worker that is slow to answer is not counted.
    until(lambda: figures() == [(2, 3), (2, 3), (1, 1)])


def test_a_broker_without_workers_says_that_there_are_none(broker: RedisServer) -> None:
    inquiry = Inquiry()
    until(lambda: inquiry.latest() is not None)
    found = inquiry.latest()
    assert found is not None
    assert found.workers["resize"] == 0


@pytest.mark.usefixtures("quickly")
def test_a_frozen_broker_is_waited_for_once_and_not_long(broker: RedisServer) -> None:
    inquiry = Inquiry()
    broker.pause()
    try:
        first = seconds_of(inquiry.latest)
        assert first < workforce.FIRST_ANSWER_SECONDS + PATIENCE_SECONDS
        until(lambda: inquiry.latest() is None and seconds_of(inquiry.latest) < 0.1, seconds=60)
    finally:
        broker.resume()
    until(lambda: inquiry.latest() is not None, seconds=60)


@pytest.mark.usefixtures("quickly")
def test_what_is_known_is_told_while_a_broker_does_not_answer(broker: RedisServer) -> None:
    inquiry = Inquiry()
    assert isinstance(inquiry.latest(), Workforce)
    broker.pause()
    try:
        assert isinstance(inquiry.latest(), Workforce)
        until(lambda: inquiry.latest() is None, seconds=60)
    finally:
        broker.resume()
