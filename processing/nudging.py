"""Announcing a run in the moment of its upload, as far as the broker plays along.

Nobody waits for it: messages are sent by threads of their own. The row in the outbox stands, and
what is not announced here, the next sweep announces.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from time import monotonic
from uuid import UUID

from celery import signature
from celery.canvas import Signature
from django.db import connection

from processing import spans
from processing.admission import may_go_at_once
from processing.dispatch import announceable, publish, take
from processing.pipeline import canvas
from processing.publisher import publisher
from storage import transitions
from storage.models import Run
from storage.statuses import StageName

logger = logging.getLogger(__name__)

# How long a broker that did not answer is left alone.
BREAKER_SECONDS = 10.0
# How many messages may wait for the broker; while it takes none, further runs stay in the outbox.
MAX_UNSENT = 32


class Breaker:
    """Leaves a broker that did not answer alone for a while."""

    def __init__(self) -> None:
        self.closes_at = 0.0

    def is_open(self) -> bool:
        return monotonic() < self.closes_at

    def open(self) -> None:
        self.closes_at = monotonic() + BREAKER_SECONDS

    def close(self) -> None:
        self.closes_at = 0.0


breaker = Breaker()
_publishers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="nudge")
_unsent = BoundedSemaphore(MAX_UNSENT)


def nudge(run_id: UUID) -> None:
    """Have a run announced soon, if it may go and the broker answers; never waits, never raises."""
    if breaker.is_open() or not _unsent.acquire(blocking=False):
        return
    try:
        run = Run.objects.get(id=run_id)
        message = _message(run)
        if message is not None:
            _publishers.submit(_send, run, message)
            return
    except Exception:
        logger.warning("Run %s is left to the next sweep.", run_id, exc_info=True)
    _unsent.release()


def _message(run: Run) -> Signature | None:
    """Take a run out of the outbox and return what announces it; None if it is not its turn."""
    stages = announceable(run) if may_go_at_once(run) else []
    if not stages:
        return None
    if stages[0].name != StageName.RESIZE:
        # Building a chord talks to the result backend, and may wait for it: a worker does that.
        return signature("processing.tasks.dispatch", immutable=True, app=publisher)
    return canvas(stages) if take(run, stages) else None


def _send(run: Run, message: Signature) -> None:
    try:
        if breaker.is_open():
            _leave_to_the_sweep(run.id)
            return
        with spans.announcement(run):
            publish(message)
    except Exception:
        breaker.open()
        logger.warning("Run %s is left to the next sweep.", run.id, exc_info=True)
        _leave_to_the_sweep(run.id)
    finally:
        _unsent.release()


def _leave_to_the_sweep(run_id: UUID) -> None:
    try:
        transitions.withdraw(run_id, seconds=0)
    except Exception:
        logger.warning("Run %s is due again only later.", run_id, exc_info=True)
    finally:
        # It is this thread's own, and nobody else would close it.
        connection.close()
