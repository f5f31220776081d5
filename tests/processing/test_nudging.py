"""An uploader never waits for the broker, whether it is up, frozen or gone."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore

import pytest

from processing import nudging
from processing.sweep import sweep
from storage.models import Run
from tests.processing.conftest import Upload
from tests.services.redis import RedisServer
from tests.workers import until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Less than any time limit of a connection to the broker.
PATIENCE_SECONDS = 1.5


@pytest.fixture(autouse=True)
def closed_breaker() -> None:
    nudging.breaker.close()


def timed(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def messages(broker: RedisServer) -> int:
    return int(broker.client().llen("resize"))


def test_an_upload_is_announced_at_once(upload: Upload, broker: RedisServer) -> None:
    upload()
    until(lambda: messages(broker) == 1)
    assert Run.objects.get().dispatches == 1


@pytest.mark.usefixtures("quick_sweeps")
def test_a_frozen_broker_costs_no_upload_any_time(upload: Upload, broker: RedisServer) -> None:
    broker.pause()
    try:
        assert all(timed(upload) < PATIENCE_SECONDS for _ in range(3))
        until(nudging.breaker.is_open)
    finally:
        broker.resume()
    assert Run.objects.count() == 3
    # The frozen server still has what was written to its socket: messages may be there twice.
    until(lambda: messages(broker) >= 3, between=sweep)


@pytest.mark.usefixtures("quick_sweeps")
def test_no_more_runs_are_taken_than_may_wait_for_a_frozen_broker(
    upload: Upload, broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudging, "_unsent", BoundedSemaphore(2))
    broker.pause()
    try:
        for _ in range(4):
            upload()
        assert sorted(Run.objects.values_list("dispatches", flat=True)) == [0, 0, 1, 1]
        until(nudging.breaker.is_open)
    finally:
        broker.resume()


@pytest.mark.usefixtures("quick_sweeps")
def test_a_broker_that_is_gone_is_no_error_and_is_caught_up_with(
    upload: Upload, broker: RedisServer
) -> None:
    broker.stop()
    try:
        assert timed(upload) < PATIENCE_SECONDS
        assert timed(upload) < PATIENCE_SECONDS
        until(nudging.breaker.is_open)
        sweep()
    finally:
        broker.start()
    assert Run.objects.filter(status="queued").count() == 2
    until(lambda: messages(broker) == 2, between=sweep)
