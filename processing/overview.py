"""What an operator wants to see of a deployment, all at once, however many are watching.

Every web process keeps its own: it asks the database for all of this at most once in
`REMEMBERED_SECONDS`, for the history and the advice at most once in `TREND_SECONDS`, and whoever
comes in between, or while it asks, gets what is known. So one process asks half a time a second,
two together once, and each further one half a time more: nothing grows with those who watch. What
somebody has just changed is asked for anew in the process that changed it; the others tell it some
seconds later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from processing import periodic, scaling, sizing
from processing.backlog import QueueFigures, figures_of
from processing.failures import FailureKind, failed_stages, failure_kinds
from processing.history import History, history
from processing.remembering import Remembered
from processing.sizing import Advice
from processing.standstill import StuckRuns, stuck_runs
from processing.workforce import Workforce, inquiry
from storage import pauses
from storage.models import EventTally, QueuePause, Stage, StageTally

REMEMBERED_SECONDS = 2.0
TREND_SECONDS = 30.0
MOST_FAILED = 20


@dataclass(frozen=True)
class Trend:
    """What changes slowly and costs more: ends of stages over hours, and advice from them.

    `processes` are those advised by queue; none of either while nothing has been measured.
    """

    history: History
    advice: Advice | None
    processes: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """Everything at one moment; `workforce` is None while the broker does not say who works."""

    taken_at: datetime
    queues: Sequence[QueueFigures]
    pauses: Mapping[str, QueuePause]
    workforce: Workforce | None
    failures: Sequence[FailureKind]
    failed: Sequence[Stage]
    stuck: StuckRuns
    last_sweep_at: datetime | None
    sweeps_are_on: bool
    trend: Trend


def overview() -> Overview:
    """Return what is known as of a moment ago; the broker is never waited for longer than that."""
    return overviews.get()


def forget() -> None:
    """Have the next look see what has just been changed."""
    trends.forget()
    overviews.forget()


def _take() -> Overview:
    now = timezone.now()
    workforce = inquiry.latest()
    sweeps = EventTally.objects.filter(name="sweeps").first()
    return Overview(
        taken_at=now,
        queues=figures_of(workforce.workers if workforce else None),
        pauses=pauses.rows(),
        workforce=workforce,
        failures=failure_kinds(),
        failed=_latest_failed(),
        stuck=stuck_runs(now),
        last_sweep_at=sweeps.last_at if sweeps else None,
        sweeps_are_on=periodic.running().filter(task=periodic.ESSENTIAL).exists(),
        trend=trends.get(),
    )


def _latest_failed() -> list[Stage]:
    stages = failed_stages().select_related("run__image__owner", "run__image__original")
    return list(stages.order_by("-finished_at")[:MOST_FAILED])


def _take_trend() -> Trend:
    known = scaling.measured(StageTally.objects.all())
    advice = sizing.advise(scaling.stations(known, scaling.arrivals())) if known else None
    return Trend(
        history=history(timezone.now()),
        advice=advice,
        processes=scaling.advised(advice) if advice else {},
    )


trends = Remembered(_take_trend, seconds=TREND_SECONDS)
overviews = Remembered(_take, seconds=REMEMBERED_SECONDS)
