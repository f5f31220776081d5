"""Keeping workers from a queue, and letting them back.

The rows say which queues are paused. A worker looks there when it starts, every few seconds, and
at once when a message tells it to: that message is only a hint. What a worker has begun it ends.
"""

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event, Thread
from typing import Any

from celery import current_app
from celery.bootsteps import StartStopStep
from celery.worker.control import control_command
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from processing.broker import broker_connection
from processing.queues import queue_names
from storage import pauses

logger = logging.getLogger(__name__)

# How long a worker may go on after a hint that was lost.
LOOK_SECONDS = 10.0
HINT = "look_at_pauses"
# Whoever pauses a queue waits no longer for the broker: the row is there.
HINT_SECONDS = 2.0
_hints = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hint")
_look_now = Event()


class QueueCannotBePaused(ValueError):
    """There is no such queue, or nothing would come back without it."""


def pause(queue: str, *, by: User | None = None) -> bool:
    """Keep workers from a queue; False if it was paused already. Raises QueueCannotBePaused."""
    if queue not in pausable():
        raise QueueCannotBePaused(
            f"{queue!r} cannot be paused. Choose one of: {', '.join(pausable())}."
        )
    return _told(pauses.pause(queue, by=by))


def resume(queue: str) -> bool:
    """Let workers back to a queue; False if it was not paused."""
    return _told(pauses.resume(queue))


def pausable() -> list[str]:
    return [name for name in queue_names() if name not in settings.QUEUES_NEVER_PAUSED]


def _told(changed: bool) -> bool:
    """Have a thread hint to all workers that something has changed; a frozen broker holds it up."""
    wait([_hints.submit(_hint)], HINT_SECONDS)
    return changed


def _hint() -> None:
    try:
        with broker_connection() as broker:
            current_app.control.broadcast(HINT, connection=broker)
    except Exception:
        logger.warning("Workers will see in %g s that a queue was paused or not.", LOOK_SECONDS)


@control_command(name=HINT)
def look_at_pauses(state: Any, **kwargs: Any) -> None:
    """Have this worker look at the pauses now."""
    _look_now.set()


class Pausing(StartStopStep):
    """Of a worker's consumer: takes from the queues that are not paused."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._held: set[str] = set()
        self._over = Event()

    def start(self, consumer: Any) -> None:
        self._over = Event()
        for queue in self._changes(consumer)[0]:
            consumer.cancel_task_queue(queue)
            self._held.add(queue)
        Thread(target=self._look, args=(consumer, self._over), name=HINT, daemon=True).start()

    def stop(self, consumer: Any) -> None:
        self._over.set()
        _look_now.set()

    shutdown = stop

    def _look(self, consumer: Any, over: Event) -> None:
        """Compare rows and queues until `over`; the event loop makes the changes."""
        while not over.is_set():
            _look_now.wait(LOOK_SECONDS)
            _look_now.clear()
            leave, take = self._changes(consumer)
            for queue in leave:
                self._held.add(queue)
                consumer.call_soon(consumer.cancel_task_queue, queue)
            for queue in take:
                self._held.discard(queue)
                consumer.call_soon(consumer.add_task_queue, queue)

    def _changes(self, consumer: Any) -> tuple[set[str], set[str]]:
        """Return the queues to leave and those to take from again; none if nobody can say."""
        try:
            paused = pauses.paused()
        except DatabaseError:
            logger.debug("The pauses are not known.", exc_info=True)
            return set(), set()
        finally:
            # Children that are started later must not inherit it.
            connection.close()
        served = set(consumer.app.amqp.queues.consume_from)
        return (served & paused) - self._held, self._held - paused


def install(app: Any) -> None:
    """Have every worker of an application heed pauses."""
    app.steps["consumer"].add(Pausing)
