"""What waits where: figures from the Stage rows, and what the broker says beside them."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from time import monotonic
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from processing.broker import broker_connection
from processing.queues import queue_names
from processing.workforce import answers
from storage import pauses
from storage.models import Stage
from storage.statuses import ACTIVE_RUN, StageStatus

logger = logging.getLogger(__name__)

THROUGHPUT_MINUTES = 5
# Asking all workers takes as long as the slowest may take; pages ask more often than that.
WORKERS_REMEMBERED_SECONDS = 5


@dataclass(frozen=True)
class QueueFigures:
    """How one queue is doing; durations in seconds, None where it cannot be known."""

    name: str
    depth: int
    oldest_waiting_seconds: float | None
    running: int
    workers: int | None
    throughput_per_minute: float
    drain_seconds: float | None
    paused: bool


class Messages:
    """Tells whether announced messages still wait in the broker, asking each queue once.

    A queue that is empty holds none of them, and a message that was overtaken by one sent later
    is lost: queues are first in, first out.
    """

    def __init__(self) -> None:
        self._depths: dict[str, int] = {}

    def are_on_their_way(self, stages: list[Stage]) -> bool:
        """Say whether the messages of these stages were sent and are still to be delivered."""
        announced = [stage for stage in stages if stage.queued_at is not None]
        return bool(announced) and all(self._waits(stage) for stage in announced)

    def _waits(self, stage: Stage) -> bool:
        return self._depth(stage.queue) > 0 and not _was_overtaken(stage)

    def _depth(self, queue: str) -> int:
        if queue not in self._depths:
            self._depths[queue] = message_count(queue)
        return self._depths[queue]


def _was_overtaken(stage: Stage) -> bool:
    """Say whether a stage whose every message is younger than this one's has been started.

    One that was only announced again may owe its start to an older message: it tells nothing.
    """
    sent_at = max(filter(None, (stage.queued_at, stage.announced_at)))
    later = Stage.objects.filter(queue=stage.queue, queued_at__gt=sent_at)
    return later.filter(started_at__gte=F("queued_at")).exists()


def message_count(queue: str) -> int:
    """Return the messages that wait in a queue of the broker; 0 if it cannot be asked."""
    try:
        with broker_connection() as connection:
            # Every transport's channel can declare; kombu's base class does not say so.
            channel: Any = connection.channel()
            return int(channel.queue_declare(queue, passive=True).message_count)
    except Exception:
        logger.debug("The depth of %s is not known.", queue, exc_info=True)
        return 0


def queue_figures() -> list[QueueFigures]:
    """Return the figures of every queue, in the order of the table of queues."""
    return figures_of(workers_by_queue())


def figures_of(workers: Counter[str] | None) -> list[QueueFigures]:
    """Return the figures of every queue with the workers that are known of; four queries."""
    names = queue_names()
    waiting = _by_queue(_waiting(), depth=Count("id"), oldest=Min("since"))
    running = _by_queue(Stage.objects.filter(status=StageStatus.RUNNING), running=Count("id"))
    since = Now() - timedelta(minutes=THROUGHPUT_MINUTES)
    finished = Q(finished_at__gte=since, status=StageStatus.SUCCEEDED)
    # By queue, because that is what the index of ends begins with.
    done = _by_queue(Stage.objects.filter(finished, queue__in=names), done=Count("id"))
    held = pauses.paused()
    return [
        _figures(
            name,
            waiting.get(name, {}),
            running.get(name, {}),
            done.get(name, {}),
            workers,
            paused=name in held,
        )
        for name in names
    ]


def _waiting() -> QuerySet[Stage]:
    """Return the stages that are announced, and the first ones of runs that stand in line."""
    in_line = Q(run__status__in=ACTIVE_RUN, run__admitted_at=None, queue=F("run__lane"))
    stages = Stage.objects.filter(Q(queued_at__isnull=False) | in_line, status=StageStatus.PENDING)
    return stages.annotate(since=Coalesce("queued_at", "run__created_at"))


def _by_queue(stages: QuerySet[Stage], **figures: Any) -> dict[str, dict[str, Any]]:
    rows = stages.values("queue").annotate(**figures)
    return {row["queue"]: dict(row) for row in rows}


def _figures(
    name: str,
    waiting: dict[str, Any],
    running: dict[str, Any],
    done: dict[str, Any],
    workers: Counter[str] | None,
    *,
    paused: bool,
) -> QueueFigures:
    depth = waiting.get("depth", 0)
    per_minute = done.get("done", 0) / THROUGHPUT_MINUTES
    oldest = waiting.get("oldest")
    return QueueFigures(
        name=name,
        depth=depth,
        oldest_waiting_seconds=(timezone.now() - oldest).total_seconds() if oldest else None,
        running=running.get("running", 0),
        workers=workers[name] if workers is not None else None,
        throughput_per_minute=round(per_minute, 2),
        drain_seconds=_drain_seconds(depth, per_minute),
        paused=paused,
    )


def _drain_seconds(depth: int, per_minute: float) -> float | None:
    """Return how long the queue takes to empty at its present pace; None if it stands still."""
    if depth == 0:
        return 0.0
    return round(depth / per_minute * 60, 1) if per_minute else None


def workers_by_queue() -> Counter[str] | None:
    """Return how many workers serve each queue; None if the broker does not answer."""
    return _remembered_workers(int(monotonic() / WORKERS_REMEMBERED_SECONDS))


@lru_cache(maxsize=1)
def _remembered_workers(period: int) -> Counter[str] | None:
    """Ask the workers, once in each period of `WORKERS_REMEMBERED_SECONDS`."""
    answered = answers("active_queues")
    if answered is None:
        return None
    (served,) = answered
    return Counter(queue["name"] for queues in served.values() for queue in queues)
