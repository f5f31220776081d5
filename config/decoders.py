"""Has a decoder ready in every worker process that decodes, before it takes its first task.

Starting one takes a second of a core, and many on a machine that is overloaded. Inside the first
task that time would count against the limit of the task; a process that is killed there is followed
by another that starts a decoder, and so on.
"""

import logging
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from config.queues import BULK_PREFIX, LARGE, ROUTES
from processing.box import pictures
from processing.box.errors import BoxError

logger = logging.getLogger(__name__)

# Originals are decoded where they are resized.
RESIZING = ROUTES["processing.tasks.resize"]["queue"]
DECODING = frozenset(
    prefix + queue for prefix in ("", BULK_PREFIX) for queue in (RESIZING, LARGE[RESIZING])
)


def decodes(app: Celery) -> bool:
    """Return whether the worker of this process takes tasks that decode what people sent."""
    return not DECODING.isdisjoint(app.amqp.queues.consume_from)


def warm_up() -> None:
    """Start the decoder of this process; one that does not start is the first task's to report."""
    try:
        pictures.protections()
    except BoxError:
        logger.warning("The process that decodes pictures did not start.", exc_info=True)


def install(app: Celery) -> None:
    """Have the processes of every worker of an application warmed up."""

    def begin(**kwargs: Any) -> None:
        if decodes(app):
            warm_up()

    worker_process_init.connect(begin, weak=False)
