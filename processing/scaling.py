"""Advice on how many processes each queue needs, from what was measured.

How long stages take is in their tallies; how many come is in the runs of the last minutes. Bulk
queues have no objective: they are told what keeps pace with what comes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now

from processing import sizing
from processing.queueing import Load
from processing.queues import queue_names
from processing.sizing import Advice, Station
from storage.models import Stage, StageTally
from storage.statuses import AttemptOutcome, StageStatus
from storage.tallies import DURATION_BOUNDS

# Long enough to hold some uploads, short enough to follow a morning.
ARRIVAL_MINUTES = 15
# What a queue gets of which nothing is known yet.
FEWEST = 1


@dataclass(frozen=True)
class Measured:
    """What one queue's stages took, all that were ever done, and how many a picture has."""

    seconds: float
    slow_seconds: float
    variation: float
    per_picture: float


def measured(rows: Iterable[StageTally]) -> dict[str, Measured]:
    """Return what is known of each queue in which anything has succeeded."""
    by_queue: dict[str, list[StageTally]] = {}
    for row in rows:
        if row.outcome == AttemptOutcome.SUCCEEDED and row.attempts:
            by_queue.setdefault(row.queue, []).append(row)
    counts = {queue: sum(row.attempts for row in same) for queue, same in by_queue.items()}
    return {queue: _measured(same, _per_picture(queue, counts)) for queue, same in by_queue.items()}


def _measured(rows: Iterable[StageTally], per_picture: float) -> Measured:
    same = list(rows)
    buckets = Counter[str]()
    for row in same:
        buckets.update(row.seconds_buckets)
    mean = sum(row.seconds for row in same) / sum(row.attempts for row in same)
    return Measured(
        seconds=mean,
        slow_seconds=sizing.quantile(buckets, DURATION_BOUNDS, sizing.slow_share(per_picture)),
        variation=sizing.variation(buckets, DURATION_BOUNDS, mean),
        per_picture=per_picture,
    )


def _per_picture(queue: str, counts: Mapping[str, int]) -> float:
    """Return how many stages of a queue a picture has: several widths are one batch.

    Each picture is resized once and published once, but for partial runs and those under way.
    """
    prefix = settings.BULK_QUEUE_PREFIX if queue.startswith(settings.BULK_QUEUE_PREFIX) else ""
    resized = sum(counts.get(f"{prefix}{name}", 0) for name in ("resize", "resize-large"))
    pictures = max(resized, counts.get(f"{prefix}publish", 0))
    return max(1.0, counts[queue] / pictures) if pictures else 1.0


def arrivals() -> dict[str, float]:
    """Return the stages per second that came to each queue with the runs of the last minutes."""
    since = Now() - timedelta(minutes=ARRIVAL_MINUTES)
    came = Stage.objects.filter(run__created_at__gte=since).exclude(status=StageStatus.SKIPPED)
    rows = came.values("queue").annotate(stages=Count("id"))
    return {row["queue"]: row["stages"] / ARRIVAL_MINUTES / 60 for row in rows}


def arrivals_of(uploads_per_minute: float, known: Mapping[str, Measured]) -> dict[str, float]:
    """Return the stages per second that so many uploads would bring to the queues of people."""
    per_second = uploads_per_minute / 60
    queues = {name for path, _ in sizing.PATHS for name in path}
    return {queue: per_second * known[queue].per_picture for queue in queues & known.keys()}


def stations(known: Mapping[str, Measured], per_second: Mapping[str, float]) -> dict[str, Station]:
    return {
        queue: Station(
            Load(per_second.get(queue, 0.0), each.seconds, each.variation, each.per_picture),
            each.slow_seconds,
        )
        for queue, each in known.items()
    }


def advised(found: Advice) -> dict[str, int]:
    """Return the processes of every queue there is, in the order of the table of queues."""
    return {name: found.processes.get(name, FEWEST) for name in queue_names()}
