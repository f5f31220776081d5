"""Announcing a run in the moment of its upload, as far as the broker plays along.

The row in the outbox stands: what is not announced here, the next sweep announces.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from uuid import UUID

from celery import signature

from processing.admission import may_go_at_once
from processing.dispatch import announceable, publish, take
from processing.pipeline import canvas
from processing.publisher import publisher
from storage import transitions
from storage.models import Run
from storage.statuses import StageName

logger = logging.getLogger(__name__)

# How long an uploader may wait for the broker, and how long it is then left alone.
NUDGE_SECONDS = 2.0
BREAKER_SECONDS = 10.0


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


def nudge(run_id: UUID) -> None:
    """Announce a run at once, if it may go and the broker answers in two seconds; never raises."""
    if breaker.is_open():
        return
    try:
        _nudge(run_id)
    except Exception:
        breaker.open()
        logger.warning("Run %s is left to the next sweep.", run_id, exc_info=True)
        _leave_to_the_sweep(run_id)


def _nudge(run_id: UUID) -> None:
    run = Run.objects.get(id=run_id)
    stages = announceable(run) if may_go_at_once(run) else []
    if not stages:
        return
    if stages[0].name != StageName.RESIZE:
        # Building a chord talks to the result backend, and may wait for it: a worker does that.
        message = signature("processing.tasks.dispatch", immutable=True, app=publisher)
    elif take(run, stages):
        message = canvas(stages)
    else:
        return
    _publishers.submit(publish, message).result(timeout=NUDGE_SECONDS)


def _leave_to_the_sweep(run_id: UUID) -> None:
    try:
        transitions.withdraw(run_id, seconds=0)
    except Exception:
        logger.warning("Run %s is due again only later.", run_id, exc_info=True)
