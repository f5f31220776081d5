"""Who works: how many workers serve each queue, and with how many processes.

Workers are asked through the broker, which may be slow, frozen or away. So a thread asks, and
whoever wants to know takes its last answer.
"""

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from celery import current_app

from processing.broker import broker_connection

logger = logging.getLogger(__name__)

Answers = dict[str, Any]

# All workers are asked at once, and the slowest has this long.
ANSWER_SECONDS = 0.5
REMEMBERED_SECONDS = 5.0
# Where nothing is known yet: both questions, and a connection.
FIRST_ANSWER_SECONDS = 1.5


@dataclass(frozen=True)
class Workforce:
    """Workers and their processes by queue; each queue of a worker counts all its processes."""

    workers: Counter[str]
    processes: Counter[str]


def answers(*questions: str) -> list[Answers] | None:
    """Ask all workers what Celery's `inspect` can ask, by worker; None if the broker fails."""
    try:
        with broker_connection() as connection:
            inspect = current_app.control.inspect(timeout=ANSWER_SECONDS, connection=connection)
            return [getattr(inspect, question)() or {} for question in questions]
    except Exception:
        logger.debug("The workers cannot be asked.", exc_info=True)
        return None


def ask() -> Workforce | None:
    """Ask all workers, which takes a second, or some where the broker is slow; None if it fails."""
    answered = answers("active_queues", "stats")
    if answered is None:
        return None
    served, statistics = answered
    found = Workforce(Counter(), Counter())
    for worker, queues in served.items():
        pool = statistics.get(worker, {}).get("pool", {})
        for queue in queues:
            found.workers[queue["name"]] += 1
            found.processes[queue["name"]] += int(pool.get("max-concurrency", 1))
    return found


class Inquiry:
    """Asks in a thread of its own, one question at a time, and tells what was answered last."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workforce")
        self._lock = Lock()
        self._asked_at = float("-inf")
        self._asking: Future[Workforce | None] | None = None
        self._answer: Future[Workforce | None] | None = None

    def latest(self) -> Workforce | None:
        """Return who works as of some seconds ago; None if the broker does not say.

        Only while nothing was ever answered does it wait, `FIRST_ANSWER_SECONDS` at most.
        """
        with self._lock:
            asking = self._ask_if_it_is_time()
            answer = self._answer
        if answer is None:
            wait([asking], FIRST_ANSWER_SECONDS)
            answer = asking
        return answer.result() if answer.done() else None

    def _ask_if_it_is_time(self) -> Future[Workforce | None]:
        asking = self._asking
        if asking is not None and asking.done():
            self._answer = asking
        over = asking is None or asking.done()
        if asking is None or (over and monotonic() - self._asked_at >= REMEMBERED_SECONDS):
            asking = self._asking = self._thread.submit(ask)
            self._asked_at = monotonic()
        return asking


inquiry = Inquiry()
