"""Whether a worker takes messages: it sends one to itself, through the broker and to its pool.

Every task that begins or ends is a sign of life; while there is nothing to do, canaries are. A
process that began a task last is free again when the time limit of that task has passed, so the
next sign is due some time after that. None is due while the broker is away, and that it is shows in
the sending.
"""

import logging
import mmap
import struct
import time
from typing import Any

from celery import Task
from celery.bootsteps import StartStopStep
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from kombu import Exchange, Queue

from processing.broker import broker_connection

logger = logging.getLogger(__name__)

NAME = "config.canary"
# Sent so many times before the first one is overdue: one that the broker loses is no proof.
CANARIES = 4
# Of a queue that has no worker any more, on RabbitMQ; Redis keeps none that is empty.
QUEUE_SECONDS = 3600
SEND_SECONDS = 2.0
INSTANT = struct.Struct("d")


class Pulse:
    """The instant by which a sign of life is due; one for a worker and all that it forks."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, INSTANT.size)

    def expect(self, seconds: float) -> None:
        INSTANT.pack_into(self._memory, 0, time.monotonic() + seconds)

    def seconds_left(self) -> float:
        (due_at,) = INSTANT.unpack_from(self._memory)
        return float(due_at) - time.monotonic()


pulse = Pulse()


def begin_task(sender: Task[Any, Any], **kwargs: Any) -> None:
    limit = sender.time_limit or settings.STAGE_HARD_LIMIT_SECONDS
    pulse.expect(limit + settings.WORKER_STANDSTILL_SECONDS)


def be_alive(**kwargs: Any) -> None:
    """Expect the next sign of life in time from now."""
    pulse.expect(settings.WORKER_STANDSTILL_SECONDS)


class Singing(StartStopStep):
    """Of a worker's consumer: sends canaries for as long as it has a connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    _timer: Any = None

    def start(self, consumer: Any) -> None:
        consumer.task_consumer.add_queue(_queue(consumer.hostname))

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        be_alive()
        # In this loop, not in a thread: whoever forks must hold no lock of a connection.
        seconds = settings.WORKER_STANDSTILL_SECONDS / CANARIES
        self._timer = hub.call_repeatedly(
            seconds, _sing, consumer.app.tasks[NAME], _queue(consumer.hostname)
        )

    def stop(self, consumer: Any) -> None:
        # A worker that ends goes on with its loop while its pool does.
        if self._timer is not None:
            self._timer.cancel()


class Leaving(StartStopStep):
    """Of a worker that ends: takes the canaries with it that nobody has answered."""

    requires = ("celery.worker.components:Pool",)

    def stop(self, worker: Any) -> None:
        try:
            with broker_connection(SEND_SECONDS) as connection:
                _queue(worker.hostname)(connection.default_channel).purge()
        except Exception:
            logger.debug("Canaries may be left in the broker.", exc_info=True)


def _queue(worker: str) -> Queue:
    """Return the queue of one worker.

    Nothing of it outlives the worker: it has no exchange, so no binding; and a message that was
    taken is never given back.
    """
    return Queue(f"canary.{worker}", Exchange(""), no_ack=True, expires=QUEUE_SECONDS)


def _sing(canary: Any, queue: Queue) -> None:
    """Send a canary, unless there has just been another sign of life."""
    seconds = settings.WORKER_STANDSTILL_SECONDS
    if seconds - pulse.seconds_left() < seconds / CANARIES / 2:
        return
    try:
        with broker_connection(SEND_SECONDS) as connection:
            canary.apply_async(queue=queue, connection=connection, retry=False)
    except Exception:
        logger.debug("The broker takes no canary.", exc_info=True)
        be_alive()


def install(app: Any) -> None:
    """Have every worker of an application send itself canaries."""
    app.task(name=NAME, ignore_result=True)(be_alive)
    app.steps["consumer"].add(Singing)
    app.steps["worker"].add(Leaving)
    task_prerun.connect(begin_task)
    task_postrun.connect(be_alive)
