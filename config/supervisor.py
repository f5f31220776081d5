"""Runs several processes as one: starts them, restarts what dies, stops all of them."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1  # prctl(2)
LOOK_SECONDS = 0.5
# A process that dies again and again is not started more often than this.
RESTART_SECONDS = 2.0


@dataclass(frozen=True)
class Program:
    """A process to keep running; a lower stage stops later."""

    name: str
    command: Sequence[str]
    log: Path
    stage: int = 1
    stop_seconds: float = 30.0


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float


class Supervisor:
    """Keeps programs running until told to stop; their output goes to their log files."""

    def __init__(self) -> None:
        self.stopped = Event()
        self._running: list[Running] = []

    def stop_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopped.set())

    def start(self, program: Program) -> None:
        self._running.append(Running(program, _spawn(program), time.monotonic()))

    def watch(self) -> None:
        """Return when told to stop; until then, restart what ends by itself."""
        while not self.stopped.wait(LOOK_SECONDS):
            for running in self._running:
                self._restart_if_dead(running)

    def _restart_if_dead(self, running: Running) -> None:
        status = running.process.poll()
        if status is None or time.monotonic() - running.started_at < RESTART_SECONDS:
            return
        name, log = running.program.name, running.program.log
        logger.warning("%s ended with %s and is started again; see %s", name, status, log)
        running.process, running.started_at = _spawn(running.program), time.monotonic()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition; False if it does not come true in time or a program ends."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopped.is_set():
            if ready():
                return True
            if any(running.process.poll() is not None for running in self._running):
                return False
            self.stopped.wait(0.1)
        return False

    def stop_all(self) -> None:
        """Stop the programs in stages, last started first: each ends its work, or is killed.

        What stands on `stage` 0 (a broker) is stopped only after everything that needs it.
        """
        for stage in sorted({running.program.stage for running in self._running}, reverse=True):
            members = [running for running in self._running if running.program.stage == stage]
            for running in members:
                running.process.terminate()
            for running in members:
                _reap(running)
        self._running.clear()


def _reap(running: Running) -> None:
    try:
        running.process.wait(running.program.stop_seconds)
    except subprocess.TimeoutExpired:
        _kill_group(running.process)
        running.process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return _popen(program, log)


def _popen(program: Program, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the commands are our own
        program.command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # Ctrl-C is for the supervisor alone: it stops the programs in order.
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the supervisor is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
