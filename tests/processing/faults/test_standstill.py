"""A worker that is alive and takes nothing ends by itself, so that another can be started."""

import time
from pathlib import Path

import pytest
from celery import current_app

from config.watchdog import STATUS
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, end_lease, is_over, settle
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.workers import PATIENCE, Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
STANDSTILL_SECONDS = 6


@pytest.fixture(scope="module")
def environment_of_workers() -> dict[str, str]:
    """Let nothing but the watchdog end a worker."""
    return {**PATIENCE, "DARKROOM_WORKER_STANDSTILL_SECONDS": str(STANDSTILL_SECONDS)}


def ended_by_itself(worker: Process) -> bool:
    return worker.exit_status == STATUS


def test_a_worker_whose_loop_stands_still_ends_with_its_children(
    workers: Workers, upload: Upload
) -> None:
    workers.arm("wait", "compress", "claimed")
    worker = workers.start_single()
    image = upload()
    with workers.waiting_at("compress", "claimed") as child:
        current_app.control.broadcast("stand_still")
        until(lambda: ended_by_itself(worker))
        until(lambda: not is_alive(child))
    assert "stands still" in worker.log_path.read_text()
    end_lease(image)
    workers.start_single()
    settle(image)
    assert_complete(image)


def test_a_worker_that_does_not_come_to_its_end_is_ended(workers: Workers, upload: Upload) -> None:
    workers.arm("wait", "compress", "claimed")
    worker = workers.start_single()
    upload()
    with workers.waiting_at("compress", "claimed"):
        worker.ask_to_end()
        until(lambda: ended_by_itself(worker))


def test_a_worker_that_works_or_waits_for_its_broker_is_left_alone(
    workers: Workers, upload: Upload, broker: RedisServer
) -> None:
    workers.arm("wait", "compress", "claimed")
    worker = workers.start_single()
    image = upload()
    with workers.waiting_at("compress", "claimed"):
        time.sleep(2 * STANDSTILL_SECONDS)
    until(lambda: is_over(image))
    broker.stop()
    time.sleep(2 * STANDSTILL_SECONDS)
    broker.start()
    later = upload()
    settle(later)
    assert_complete(later)
    assert worker.is_running


def is_alive(process: int) -> bool:
    """Return whether a process is there and no zombie that nobody has reaped yet."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
