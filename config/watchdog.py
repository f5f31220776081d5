"""Ends a worker that stands still, so that its supervisor starts another.

A worker can be alive and take nothing for ever. Seen with Celery 5.7: after a child was killed at
its hard time limit, the loop could not read what came from its pipe (UnpicklingError), called that
unrecoverable, and stopped; stopping the pool then read without end from a child that no longer
answered (`asynpool._flush_outqueue`). Its queue has no worker, and whoever looks sees a process.

So a thread watches: the event loop has to turn, messages have to be taken (`config/canary.py`), and
an ending has to end. A worker that connects again to its broker is given all the time it takes.

While all is well the thread touches a file, for whoever has to know from outside: it cannot end a
process that is frozen with it.
"""

import faulthandler
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from billiard import active_children
from celery.bootsteps import StartStopStep
from django.conf import settings

from config.canary import Singing, pulse

BEAT_SECONDS = 1.0
# Celery puts something else in the place of sys.stderr.
STDERR = 2
# An exit status of its own, told from those of Celery: EX_SOFTWARE of sysexits.h.
STATUS = 70


class Watchdog:
    """Ends this process once what was expected of it is overdue."""

    def __init__(self) -> None:
        self._due_at: float | None = None
        self._is_ending = False

    def watch(self) -> None:
        """Begin to look, in a thread of its own."""
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()

    def beat(self) -> None:
        """Expect another beat in time."""
        if not self._is_ending:
            self._expect()

    def rest(self) -> None:
        """Expect nothing until the next beat."""
        if not self._is_ending:
            self._due_at = None

    def end(self) -> None:
        """Expect this process to end in time, whatever beats meanwhile."""
        self._is_ending = True
        self._expect()

    def _expect(self) -> None:
        self._due_at = time.monotonic() + settings.WORKER_STANDSTILL_SECONDS

    def _look(self) -> None:
        while not self._is_overdue():
            _show_life()
            time.sleep(BEAT_SECONDS)
        _die()

    def _is_overdue(self) -> bool:
        # Read once for each look: the other thread may begin to rest between two readings.
        due_at = self._due_at
        if due_at is None:
            return False
        return time.monotonic() >= due_at or (not self._is_ending and pulse.seconds_left() < 0)


def _show_life() -> None:
    if settings.WORKER_ALIVE_FILE:
        with suppress(OSError):
            Path(settings.WORKER_ALIVE_FILE).touch()


def _die() -> None:
    """Say where every thread stands, and end with all children; nothing here waits for a lock."""
    try:
        os.write(STDERR, b"This worker stands still. It ends now, and has to be started again.\n")
        faulthandler.dump_traceback(STDERR)
        for number in filter(None, [child.pid for child in active_children()]):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
    finally:
        os._exit(STATUS)


_watchdog = Watchdog()


class Watched(StartStopStep):
    """Of a worker: from its start to its end."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        _watchdog.watch()

    def close(self, worker: Any) -> None:
        _watchdog.end()


class Beating(StartStopStep):
    """Of its consumer: for as long as its event loop turns on one connection."""

    requires = (Singing,)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        _watchdog.beat()
        hub.call_repeatedly(BEAT_SECONDS, _watchdog.beat)

    def stop(self, consumer: Any) -> None:
        _watchdog.rest()

    def shutdown(self, consumer: Any) -> None:
        _watchdog.rest()


def install(app: Any) -> None:
    """Have every worker of an application watched."""
    app.steps["worker"].add(Watched)
    app.steps["consumer"].add(Beating)
