"""What an uploader waits for when the broker is frozen or gone: two seconds, once."""

import time
from collections.abc import Callable

import pytest

from processing import nudging
from processing.sweep import sweep
from storage.models import Run
from tests.processing.conftest import Upload
from tests.services.redis import RedisServer

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Two seconds for the broker, and as long again for a slow machine to do the rest.
PATIENCE_SECONDS = 2 * nudging.NUDGE_SECONDS


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
    assert messages(broker) == 1
    assert Run.objects.get().dispatches == 1


@pytest.mark.usefixtures("quick_sweeps")
def test_a_frozen_broker_costs_two_seconds_once_and_no_upload(
    upload: Upload, broker: RedisServer
) -> None:
    broker.pause()
    try:
        assert timed(upload) < PATIENCE_SECONDS
        assert timed(upload) < 1
    finally:
        broker.resume()
    assert Run.objects.count() == 2
    # The frozen server still has what was written to its socket: one message may be there twice.
    time.sleep(0.5)
    sweep()
    assert messages(broker) >= 2


@pytest.mark.usefixtures("quick_sweeps")
def test_a_broker_that_is_gone_is_no_error_and_is_caught_up_with(
    upload: Upload, broker: RedisServer
) -> None:
    broker.stop()
    try:
        assert timed(upload) < PATIENCE_SECONDS
        assert timed(upload) < 1
        sweep()
    finally:
        broker.start()
    assert Run.objects.filter(status="queued").count() == 2
    deadline = time.monotonic() + 20
    while messages(broker) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
        sweep()
    assert messages(broker) == 2
