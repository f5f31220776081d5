"""What ended in the last hours, in pieces of equal length: for charts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q

from processing.planning import queue_of
from processing.queues import queue_names
from storage.models import Stage
from storage.statuses import StageName, StageStatus

HOURS = 6
PIECE = timedelta(minutes=10)
PIECES = timedelta(hours=HOURS) // PIECE
ENDED = (StageStatus.SUCCEEDED, StageStatus.FAILED)


@dataclass(frozen=True)
class Series:
    """How many succeeded and failed in each piece of time."""

    succeeded: Sequence[int]
    failed: Sequence[int]


@dataclass(frozen=True)
class History:
    """Stages that ended, by queue; `bounds` are the limits of the pieces, one more than these."""

    bounds: Sequence[datetime]
    by_queue: Mapping[str, Series]

    def of_queue(self, queue: str) -> Series:
        nothing = [0] * (len(self.bounds) - 1)
        return self.by_queue.get(queue, Series(nothing, nothing))

    def of_pictures(self) -> Series:
        """Return the pictures that became ready, and those that failed, at whichever stage."""
        published = [queue_of(StageName.PUBLISH, bulk=bulk) for bulk in (False, True)]
        return Series(
            succeeded=_added(self.of_queue(queue).succeeded for queue in published),
            failed=_added(self.of_queue(queue).failed for queue in queue_names()),
        )


def _added(rows: Iterable[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def history(now: datetime) -> History:
    """Return what ended in the last `HOURS`, up to the piece in which `now` lies; one query."""
    bounds = _bounds(now)
    columns = {
        f"piece_{number}": Count("id", filter=Q(finished_at__gte=begin, finished_at__lt=end))
        for number, (begin, end) in enumerate(pairwise(bounds))
    }
    # By queue, because that is what the index of ends begins with.
    ended = Stage.objects.filter(
        queue__in=queue_names(), finished_at__gte=bounds[0], status__in=ENDED
    )
    rows: Iterable[dict[str, Any]] = ended.values("queue", "status").annotate(**columns)  # type: ignore[assignment]
    found: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        found.setdefault(row["queue"], {})[row["status"]] = [row[name] for name in columns]
    return History(bounds, {queue: _series(by_status) for queue, by_status in found.items()})


def _series(by_status: Mapping[str, list[int]]) -> Series:
    nothing = [0] * PIECES
    return Series(
        succeeded=by_status.get(StageStatus.SUCCEEDED, nothing),
        failed=by_status.get(StageStatus.FAILED, nothing),
    )


def _bounds(now: datetime) -> list[datetime]:
    """Return limits that lie at full multiples of a piece, so that charts do not shift."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + ((now - midnight) // PIECE + 1) * PIECE
    return [end - number * PIECE for number in reversed(range(PIECES + 1))]
