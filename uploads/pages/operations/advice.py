"""How many processes to add where, for pictures to be ready in time."""

from collections.abc import Sequence
from dataclasses import dataclass

from processing.overview import Overview
from processing.scaling import ARRIVAL_MINUTES
from processing.sizing import READY_SECONDS, THUMBNAIL_SECONDS, Advice


@dataclass(frozen=True)
class Need:
    queue: str
    advised: int
    present: int
    missing: int


@dataclass(frozen=True)
class Objective:
    """What 95 of 100 pictures take at most with the advised processes, in seconds."""

    thumbnail: float
    thumbnail_wanted: float
    ready: float
    ready_wanted: float
    unreachable: Sequence[str]


@dataclass(frozen=True)
class Advised:
    """`needs` are the queues that lack processes; unknown while nobody says who works."""

    minutes: int
    is_measured: bool
    is_known: bool
    needs: Sequence[Need]
    objective: Objective | None


def advised(shown: Overview) -> Advised:
    """Compare the advice on each queue that is not paused with the processes that serve it."""
    trend = shown.trend
    needs = [
        _need(queue, advised, shown)
        for queue, advised in trend.processes.items()
        if queue not in shown.pauses
    ]
    return Advised(
        minutes=ARRIVAL_MINUTES,
        is_measured=trend.advice is not None,
        is_known=shown.workforce is not None,
        needs=[need for need in needs if need.missing > 0],
        objective=_objective(trend.advice) if trend.advice else None,
    )


def _need(queue: str, advised: int, shown: Overview) -> Need:
    present = shown.workforce.processes[queue] if shown.workforce else advised
    return Need(queue, advised, present, advised - present)


def _objective(advice: Advice) -> Objective:
    return Objective(
        thumbnail=advice.thumbnail_seconds,
        thumbnail_wanted=THUMBNAIL_SECONDS,
        ready=advice.ready_seconds,
        ready_wanted=READY_SECONDS,
        unreachable=[", ".join(path) for path in advice.unreachable],
    )
