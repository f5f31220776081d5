"""Real workers: who has a decoder before the first task comes, and who never needs one."""

import os
import signal
import sys
from pathlib import Path

import pytest

from config import decoders
from processing.box.errors import DecoderUnavailable
from tests.services.processes import Process, children
from tests.workers import Workers, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


def decoders_of(worker: Process) -> list[int]:
    """Return the processes that wait for pictures behind the processes of a pool."""
    found = (each for child in children(worker.pid) for each in children(child))
    return [each for each in found if b"box.zygote" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_each_process_that_decodes_has_a_decoder_before_its_first_task(workers: Workers) -> None:
    worker = workers.start("bulk-resize", "publish")
    until(lambda: len(decoders_of(worker)) == 2)


def test_a_process_that_is_replaced_has_one_too(workers: Workers) -> None:
    worker = workers.start("resize")
    until(lambda: len(decoders_of(worker)) == 2)
    before = set(decoders_of(worker))
    os.kill(children(worker.pid)[0], signal.SIGKILL)
    until(lambda: len(decoders_of(worker)) == 2 and set(decoders_of(worker)) != before)


def test_a_worker_that_decodes_nothing_starts_none(workers: Workers) -> None:
    worker = workers.start("compress", "publish", "maintenance")
    until(lambda: len(children(worker.pid)) >= 2)
    assert decoders_of(worker) == []


def test_a_decoder_that_does_not_start_ends_no_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[str]:
        raise DecoderUnavailable("It did not start.")

    monkeypatch.setattr("processing.box.pictures.protections", fail)
    decoders.warm_up()
    assert "did not start" in caplog.text
