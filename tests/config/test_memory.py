"""Workers hold no more than they need: of code from the start, of pictures after each task."""

import os
import platform
import subprocess
import sys

import pytest

# Four hundred arrays below the size that the C library would map by itself, and behind them
# something that stays: what is freed lies between what is in use.
PROGRAM = """
from celery.signals import task_postrun
import numpy
import config.celery

def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

before = resident_bytes()
arrays = [numpy.ones(25_000, dtype=numpy.float32) for _ in range(2_000)]
kept = [bytearray(2_000) for _ in range(1_000)]
del arrays
freed = resident_bytes()
task_postrun.send(sender=None)
print(freed - before, resident_bytes() - before)
"""


def printed(program: str, environment: dict[str, str]) -> list[str]:
    """Run a program in a process of its own; return the words that it printed."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim is glibc's")
def test_memory_that_a_task_has_freed_goes_back_after_it() -> None:
    # The threshold that grows by itself in a process that frees large arrays.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2)}
    held, left = map(int, printed(PROGRAM, environment))
    assert held > 150_000_000
    assert left < 20_000_000


IMPORTS = """
import sys
import config.celery
config.celery.app.loader.import_default_modules()
print(*(name for name in ("boto3", "botocore", "unfold.admin", "uploads.admin", "uploads.api")
        if name in sys.modules))
"""


def test_a_worker_loads_no_pages_and_no_client_of_a_store_that_it_does_not_use() -> None:
    environment = {key: value for key, value in os.environ.items() if "_URL" not in key}
    assert printed(IMPORTS, environment) == []
