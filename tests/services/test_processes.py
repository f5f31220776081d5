import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.processes import Process, ProcessError, group_exists

PROJECT = Path(__file__).parents[2]

RUNNER = """
import time
from tests.services.processes import Process, make_directory

directory = make_directory("orphan")
child = Process("sleepers", ["sh", "-c", "sleep 60 & sleep 60"], log_path=directory / "log")
child.start(lambda: True, timeout_seconds=5)
print(child.pid, directory, flush=True)
time.sleep(60)
"""


def shell(script: str, tmp_path: Path, *, stop_timeout_seconds: float = 20) -> Process:
    return Process(
        "shell",
        ["sh", "-c", script],
        log_path=tmp_path / "shell.log",
        stop_timeout_seconds=stop_timeout_seconds,
    )


def test_a_child_that_ends_early_shows_its_log(tmp_path: Path) -> None:
    child = shell("echo no film in the camera; exit 3", tmp_path)

    with pytest.raises(ProcessError, match="no film in the camera"):
        child.start(lambda: False, timeout_seconds=10)

    assert not child.is_running


def test_a_child_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    child = shell("echo still loading; sleep 60", tmp_path)

    with pytest.raises(ProcessError, match=r"(?s)not ready after 0\.5 s.*still loading"):
        child.start(lambda: False, timeout_seconds=0.5)

    assert not child.is_running


def test_one_that_ignores_the_request_to_end_is_killed_with_its_children(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    child = shell(
        f"trap '' TERM; sleep 60 & touch {ready}; sleep 60; sleep 60",
        tmp_path,
        stop_timeout_seconds=0.2,
    )
    child.start(ready.exists, timeout_seconds=5)
    group = child.pid

    child.stop()

    assert not group_exists(group)


def test_a_paused_child_can_be_stopped(tmp_path: Path) -> None:
    child = shell("exec sleep 60", tmp_path)
    child.start(lambda: True, timeout_seconds=5)
    child.pause()
    began_at = time.monotonic()

    child.stop()

    assert time.monotonic() - began_at < 5
    assert not child.is_running


def test_nothing_outlives_a_test_run_that_is_killed() -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout is not None
    group, directory = runner.stdout.readline().split()
    assert group_exists(int(group))

    os.kill(runner.pid, signal.SIGKILL)
    runner.communicate()

    deadline = time.monotonic() + 10
    while group_exists(int(group)) or Path(directory).exists():
        assert time.monotonic() < deadline, "the child or its directory is still there"
        time.sleep(0.05)
