"""The queues as a table: figures in words, bulk queues after those that people wait for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from processing.backlog import QueueFigures
from processing.overview import Overview
from processing.pausing import pausable
from storage.models import QueuePause
from uploads.pages.operations.durations import roughly

NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class Row:
    name: str
    waiting: int
    oldest: str
    running: int
    workers: str
    per_minute: str
    drained: str
    pause: QueuePause | None
    pausable: bool
    # Work waits, and nobody is there for it.
    deserted: bool


@dataclass(frozen=True)
class Group:
    title: str
    rows: Sequence[Row]


def groups(shown: Overview) -> list[Group]:
    """Return the queues in the order of their table, the twins for back-fills after all others."""
    rows = [_row(figures, shown.pauses.get(figures.name)) for figures in shown.queues]
    return [
        Group(_("Uploads"), [row for row in rows if not _is_bulk(row)]),
        Group(_("Back-fills"), [row for row in rows if _is_bulk(row)]),
    ]


def _is_bulk(row: Row) -> bool:
    return row.name.startswith(settings.BULK_QUEUE_PREFIX)


def _row(queue: QueueFigures, pause: QueuePause | None) -> Row:
    oldest = queue.oldest_waiting_seconds
    return Row(
        name=queue.name,
        waiting=queue.depth,
        oldest=NOTHING if oldest is None else roughly(oldest),
        running=queue.running,
        workers=_("unknown") if queue.workers is None else str(queue.workers),
        per_minute=f"{queue.throughput_per_minute:.1f}" if queue.throughput_per_minute else "0",
        drained=_drained(queue),
        pause=pause,
        pausable=queue.name in pausable(),
        deserted=is_deserted(queue),
    )


def is_deserted(queue: QueueFigures) -> bool:
    """Say whether work waits for workers that are not there, though nobody keeps them away."""
    return queue.workers == 0 and queue.depth > 0 and not queue.paused


def _drained(queue: QueueFigures) -> str:
    if not queue.depth:
        return NOTHING
    return _("stands still") if queue.drain_seconds is None else roughly(queue.drain_seconds)
