"""Is every queue served, and do the workers' clocks agree?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from celery import current_app
from django.db import DatabaseError

from config.doctor import clocks
from config.doctor.findings import Finding, failed, ok, reason, warning
from processing.broker import broker_connection
from processing.queues import queue_names
from processing.remote_control import WALL_CLOCK
from storage import pauses

# All workers are asked at once, and the slowest has this long.
ANSWER_SECONDS = 1.0

Answers = Mapping[str, Any]


def check_workers() -> Iterator[Finding]:
    """Yield the queues that nobody serves, then each worker's clock."""
    try:
        served = _ask("active_queues")
        yield from _check_queues(served)
        if served:
            yield from _check_clocks()
    except Exception as error:
        yield failed("workers", reason(error), "see what the broker says")


def _ask(command: str) -> Answers:
    """Return what each worker answers, by its name."""
    with broker_connection(ANSWER_SECONDS) as connection:
        answers = current_app.control.broadcast(
            command, reply=True, timeout=ANSWER_SECONDS, connection=connection
        )
    return {worker: answer for each in answers or [] for worker, answer in each.items()}


def _check_queues(served: Answers) -> Iterator[Finding]:
    workers = Counter(queue["name"] for queues in served.values() for queue in queues)
    paused = _paused()
    for name in sorted(paused):
        yield warning(f"queue {name}", "it is paused", f"manage.py resume_queue {name}")
    names = [name for name in queue_names() if name not in paused]
    for name in names:
        if not workers[name]:
            remedy = f"start a worker: manage.py worker {name}"
            yield failed(f"queue {name}", "no worker serves it", remedy)
    if all(workers[name] for name in names):
        yield ok("queues", f"{len(names)} queues are served by {len(served)} workers")


def _paused() -> set[str]:
    """Return the queues that are paused: none where the database cannot say, as it says itself."""
    try:
        return pauses.paused()
    except DatabaseError:
        return set()


def _check_clocks() -> Iterator[Finding]:
    asked_at = datetime.now(UTC)
    answers = _ask(WALL_CLOCK)
    answered_at = datetime.now(UTC)
    for worker, answer in sorted(answers.items()):
        # A worker of an older release does not know the question.
        if "now" in answer:
            told = datetime.fromtimestamp(answer["now"], UTC)
            off = clocks.skew(told, asked_at=asked_at, answered_at=answered_at)
            yield clocks.judge(f"clock of {worker}", off)
