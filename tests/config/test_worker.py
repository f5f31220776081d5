"""`manage.py worker`: how many processes it starts, and what a real one turns into."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import CommandError, call_command

from config.capacity import Capacity
from config.queues import QUEUES
from config.worker import (
    ENCODING_BYTES,
    PARENT_BYTES,
    PROCESS_BYTES,
    UnknownQueue,
    command,
    served_queues,
    sizing,
)
from tests.services.processes import Process, children
from tests.services.redis import RedisServer

PROJECT = Path(__file__).parents[2]
GIB = 1024**3


def test_each_stage_queue_brings_its_bulk_twin() -> None:
    assert served_queues(["compress", "maintenance"], bulk=True) == [
        "compress",
        "bulk-compress",
        "maintenance",
    ]
    assert served_queues(["compress", "maintenance"], bulk=False) == ["compress", "maintenance"]
    assert served_queues(["compress", "bulk-compress"], bulk=True) == ["compress", "bulk-compress"]


@pytest.mark.parametrize(
    ("name", "guess"), [("compres", "Did you mean 'compress'?"), ("compress,thumbnail", "")]
)
def test_a_queue_that_there_is_not_is_refused_with_those_there_are(name: str, guess: str) -> None:
    with pytest.raises(UnknownQueue) as refused:
        served_queues(["resize", name], bulk=True)
    assert f"There is no queue {name!r}." in str(refused.value)
    assert guess in str(refused.value)
    assert ", ".join(QUEUES) in str(refused.value)


def test_the_command_refuses_it_too() -> None:
    with pytest.raises(CommandError, match=r"There is no queue 'tumbnail'\. Did you mean"):
        call_command("worker", "tumbnail")


@pytest.mark.parametrize("words", [["--concurrency", "0"], ["--memory", "lots"]])
def test_a_figure_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError, match=words[0]):
        call_command("worker", "compress", *words)


def test_it_has_a_process_per_core_as_far_as_the_memory_goes() -> None:
    each = PROCESS_BYTES + ENCODING_BYTES
    three = PARENT_BYTES + 3 * each
    assert sizing(["compress"], Capacity(2, 64 * GIB)).processes == 2
    assert sizing(["compress"], Capacity(1.5, 64 * GIB)).processes == 2
    assert sizing(["compress"], Capacity(8, three)).processes == 3
    assert sizing(["compress"], Capacity(8, three - 1)).processes == 2
    assert sizing(["compress"], Capacity(8, three)).needed_bytes == three


def test_a_worker_is_as_large_as_the_largest_work_of_its_queues() -> None:
    room = Capacity(64, 9 * GIB)
    declared = {"resize": settings.RESIZE_MEMORY_BYTES}
    declared["resize-large"] = declared["bulk-resize-large"] = settings.LARGE_RESIZE_MEMORY_BYTES
    for queue, work in declared.items():
        assert sizing([queue], room).process_bytes == PROCESS_BYTES + work
    assert sizing(["resize", "resize-large"], room) == sizing(["resize-large"], room)
    assert sizing(["publish"], room).process_bytes == PROCESS_BYTES


@pytest.mark.parametrize("queue", QUEUES)
def test_the_work_of_every_queue_is_declared(queue: str) -> None:
    assert sizing([queue], Capacity(1, GIB)).process_bytes >= PROCESS_BYTES


def test_even_one_that_does_not_fit_has_a_process() -> None:
    size = sizing(["resize-large"], Capacity(4, GIB))
    assert size.processes == 1
    assert size.needed_bytes > GIB


def test_an_audit_never_holds_up_the_rescuing() -> None:
    assert sizing(["maintenance"], Capacity(1, GIB)).processes == 2


def test_what_is_asked_for_stands() -> None:
    assert sizing(["compress"], Capacity(2, GIB), processes=5).processes == 5


@pytest.fixture
def worker(tmp_path: Path, broker: RedisServer) -> Iterator[Process]:
    process = Process(
        "worker",
        [sys.executable, "manage.py", "worker", "analyze", "publish", "--concurrency", "2"],
        log_path=tmp_path / "worker.log",
        environment={"DARKROOM_BROKER_URL": broker.url},
        directory=PROJECT,
    )
    process.start(lambda: " ready." in process.log_tail(), timeout_seconds=60)
    yield process
    process.stop()


def assert_has_room_to_grow(worker: Process) -> None:
    """See that no process counts as grown before it has done anything: each task would end one."""
    size = sizing(["publish"], Capacity(1, GIB))
    words = command(["publish"], size)
    most_kilobytes = int(words[words.index("--max-memory-per-child") + 1])
    assert len(children(worker.pid)) == 2
    for child in children(worker.pid):
        status = Path(f"/proc/{child}/status").read_text()
        peak_kilobytes = int(status.partition("VmHWM:")[2].split()[0])
        assert peak_kilobytes < 0.8 * most_kilobytes


def test_it_becomes_a_celery_worker_and_ends_when_it_is_told_to(worker: Process) -> None:
    words = Path(f"/proc/{worker.pid}/cmdline").read_bytes().split(b"\0")
    assert words[1:5] == [b"-m", b"celery", b"--app", b"config"]
    stats = current_app.control.inspect(timeout=2).stats() or {}
    ((name, told),) = stats.items()
    assert name.startswith(f"analyze-{worker.pid}@")
    assert told["pid"] == worker.pid
    assert told["prefetch_count"] == told["pool"]["max-concurrency"] == 2
    assert told["pool"]["max-tasks-per-child"] == settings.CELERY_WORKER_MAX_TASKS_PER_CHILD
    assert told["pool"]["implementation"].endswith("prefork:TaskPool")
    served = current_app.control.inspect(timeout=2).active_queues() or {}
    assert {queue["name"] for queue in served[name]} == {
        f"canary.{name}",
        "analyze",
        "bulk-analyze",
        "publish",
        "bulk-publish",
    }
    assert_has_room_to_grow(worker)
    worker.stop()
    assert "2 processes of up to" in worker.log_tail()
    assert not worker.is_running
