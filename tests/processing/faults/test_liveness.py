"""What a probe is told of a worker: by itself, not by asking it; real workers, a real Redis."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import current_app

from config.watchdog import STATUS
from tests.processing.conftest import Upload
from tests.processing.endings import assert_complete, settle
from tests.services.processes import Process
from tests.services.redis import RedisServer
from tests.workers import PATIENCE, Workers, settings_queues, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("quick_encoders"),
]
PROBE = Path(__file__).parents[3] / "docker" / "healthcheck.py"
STANDSTILL_SECONDS = 6
SILENCE_SECONDS = 3


@pytest.fixture(scope="module")
def alive_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker") / "alive"


@pytest.fixture(scope="module")
def environment_of_workers(alive_file: Path) -> dict[str, str]:
    return {
        **PATIENCE,
        "DARKROOM_WORKER_ALIVE_FILE": str(alive_file),
        "DARKROOM_WORKER_STANDSTILL_SECONDS": str(STANDSTILL_SECONDS),
    }


@pytest.fixture(autouse=True)
def _without_the_file_of_the_test_before(alive_file: Path) -> None:
    alive_file.unlink(missing_ok=True)


def probe(alive_file: Path) -> int:
    """Return the exit status of the health check of a container."""
    words = [sys.executable, "-I", str(PROBE), "worker", str(SILENCE_SECONDS)]
    return subprocess.run(words, env={"DARKROOM_WORKER_ALIVE_FILE": str(alive_file)}).returncode


def canaries(worker: Process) -> int:
    """Return how many a worker's pool has answered."""
    lines = worker.log_path.read_text().splitlines()
    return sum("config.canary[" in line and "succeeded" in line for line in lines)


def test_a_worker_with_nothing_to_do_is_alive_and_sings(workers: Workers, alive_file: Path) -> None:
    assert probe(alive_file) == 1
    worker = workers.start_single()
    time.sleep(2 * STANDSTILL_SECONDS)
    until(lambda: canaries(worker) >= 3)
    assert probe(alive_file) == 0
    assert worker.is_running


def test_a_frozen_worker_is_not_alive(workers: Workers, alive_file: Path) -> None:
    worker = workers.start_single()
    until(lambda: probe(alive_file) == 0)
    worker.pause()
    until(lambda: probe(alive_file) == 1)
    assert worker.is_running


def test_a_worker_that_takes_nothing_is_not_alive_and_ends(
    workers: Workers, alive_file: Path
) -> None:
    worker = workers.start_single()
    until(lambda: probe(alive_file) == 0)
    for queue in (*settings_queues(), f"canary.{worker.name.replace('-', '')}@test"):
        current_app.control.cancel_consumer(queue)
    until(lambda: worker.exit_status == STATUS)
    until(lambda: probe(alive_file) == 1)


def test_a_worker_whose_only_process_is_busy_is_alive(
    workers: Workers, upload: Upload, alive_file: Path
) -> None:
    workers.arm("wait", "compress", "claimed")
    worker = workers.start_single()
    image = upload()
    with workers.waiting_at("compress", "claimed"):
        sung = canaries(worker)
        time.sleep(2 * STANDSTILL_SECONDS)
        assert probe(alive_file) == 0
        assert canaries(worker) == sung
    settle(image)
    assert_complete(image)
    time.sleep(STANDSTILL_SECONDS)
    assert probe(alive_file) == 0
    assert worker.is_running


def test_a_broker_that_is_away_takes_no_worker_with_it(
    workers: Workers, upload: Upload, broker: RedisServer, alive_file: Path
) -> None:
    worker = workers.start_single()
    broker.stop()
    time.sleep(3 * STANDSTILL_SECONDS)
    assert probe(alive_file) == 0
    broker.recover()
    time.sleep(STANDSTILL_SECONDS)
    assert probe(alive_file) == 0
    image = upload()
    settle(image)
    assert_complete(image)
    assert worker.is_running


def test_a_broker_that_loses_all_messages_takes_no_worker_with_it(
    workers: Workers, broker: RedisServer, alive_file: Path
) -> None:
    worker = workers.start_single()
    deadline = time.monotonic() + 2 * STANDSTILL_SECONDS
    while time.monotonic() < deadline:
        broker.client().flushall()
        time.sleep(STANDSTILL_SECONDS / 2)
    sung = canaries(worker)
    until(lambda: canaries(worker) > sung)
    assert probe(alive_file) == 0
    assert worker.is_running


def test_an_idle_worker_leaves_nothing_in_the_broker(workers: Workers, broker: RedisServer) -> None:
    worker = workers.start_single()
    until(lambda: canaries(worker) >= 2)
    worker.ask_to_end()
    until(lambda: not worker.is_running)
    assert [key for key in broker.client().keys("*") if b"canary" in key] == []
