"""What the database knows about the work, as Prometheus metrics.

The database is the truth about every stage, whichever worker did it and however long ago that
worker was replaced; so these figures come from there at the time of asking, and every web process
tells the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from time import monotonic

from django.db import DatabaseError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from processing import periodic, scaling, sizing
from processing.backlog import QueueFigures, queue_figures
from storage import tallies
from storage.models import EventTally, StageTally
from storage.statuses import AttemptOutcome
from storage.tallies import DURATION_BOUNDS, WAIT_BOUNDS

# Several scrapers, and several pages of one, do not ask the database more often than this.
REMEMBERED_SECONDS = 3.0
REPAIRS = ("rescued", "announced", "cleared")
STAGE_LABELS = ("queue", "stage")


class DatabaseCollector(Collector):
    """Asks the database for all figures at once: nine queries, whatever its size."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked_at = float("-inf")
        self._metrics: list[Metric] = []

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering asks nothing."""
        return []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if monotonic() - self._asked_at > REMEMBERED_SECONDS:
                self._metrics = _ask()
                self._asked_at = monotonic()
            return self._metrics

    def forget(self) -> None:
        """Ask anew at the next scrape."""
        self._asked_at = float("-inf")


def _ask() -> list[Metric]:
    answers = GaugeMetricFamily("darkroom_database_up", "1 if the database answers")
    try:
        tallies.fold()
        rows = list(StageTally.objects.all())
        found = [*_of_stages(rows), *_of_queues(), _advised(rows), *_of_sweeps(), _switched_on()]
    except DatabaseError:
        answers.add_metric([], 0)
        return [answers]
    answers.add_metric([], 1)
    return [answers, *found]


# --- what was done ----------------------------------------------------------------------------


def _of_stages(rows: Sequence[StageTally]) -> Iterator[Metric]:
    yield _durations(rows)
    yield _waits(rows)
    yield _summed(
        "darkroom_stage_attempts",
        "Attempts that are over",
        (*STAGE_LABELS, "outcome"),
        rows,
        lambda row: row.attempts,
    )
    yield _summed(
        "darkroom_stage_failures",
        "Attempts that did not succeed, by the code of the reason",
        (*STAGE_LABELS, "outcome", "error_code"),
        [row for row in rows if row.error_code],
        lambda row: row.attempts,
    )
    yield _summed(
        "darkroom_stage_cpu_seconds",
        "CPU seconds of workers",
        STAGE_LABELS,
        rows,
        lambda row: row.cpu_seconds,
    )
    yield _summed(
        "darkroom_variant_bytes",
        "Bytes of the variants stored",
        STAGE_LABELS,
        [row for row in rows if row.bytes],
        lambda row: row.bytes,
    )
    yield _summed(
        "darkroom_lease_expiries",
        "Attempts whose worker was lost",
        STAGE_LABELS,
        [row for row in rows if row.outcome == AttemptOutcome.EXPIRED],
        lambda row: row.attempts,
    )


def _summed(
    name: str,
    help: str,
    labels: Sequence[str],
    rows: Iterable[StageTally],
    amount: Callable[[StageTally], float],
) -> Metric:
    """Return a counter whose values are the sums over rows of equal labels."""
    sums: dict[tuple[str, ...], float] = {}
    for row in rows:
        values = tuple(getattr(row, label) for label in labels)
        sums[values] = sums.get(values, 0) + amount(row)
    family = CounterMetricFamily(name, help, labels=_shown(labels))
    for values, total in sorted(sums.items()):
        family.add_metric(values, total)
    return family


def _shown(labels: Iterable[str]) -> list[str]:
    return ["code" if label == "error_code" else label for label in labels]


def _durations(rows: Sequence[StageTally]) -> Metric:
    family = HistogramMetricFamily(
        "darkroom_stage_duration_seconds",
        "From the claim of a stage to its end",
        labels=[*STAGE_LABELS, "outcome"],
    )
    for (queue, stage, outcome), same in _grouped(rows, "queue", "stage", "outcome"):
        buckets = _added(row.seconds_buckets for row in same)
        count = sum(row.attempts for row in same)
        pairs = tallies.cumulative(buckets, DURATION_BOUNDS, count)
        family.add_metric([queue, stage, outcome], pairs, sum(row.seconds for row in same))
    return family


def _waits(rows: Sequence[StageTally]) -> Metric:
    family = HistogramMetricFamily(
        "darkroom_stage_wait_seconds",
        "From the announcement of a stage to its claim",
        labels=["queue"],
    )
    for (queue,), same in _grouped(rows, "queue"):
        buckets = _added(row.wait_buckets for row in same)
        count = sum(row.waits for row in same)
        pairs = tallies.cumulative(buckets, WAIT_BOUNDS, count)
        family.add_metric([queue], pairs, sum(row.wait_seconds for row in same))
    return family


Group = tuple[tuple[str, ...], list[StageTally]]


def _grouped(rows: Iterable[StageTally], *names: str) -> list[Group]:
    groups: dict[tuple[str, ...], list[StageTally]] = {}
    for row in rows:
        groups.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
    return sorted(groups.items(), key=lambda group: group[0])


def _added(buckets: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in buckets:
        for bound, count in each.items():
            total[bound] = total.get(bound, 0) + count
    return total


# --- what waits -------------------------------------------------------------------------------


def _of_queues() -> Iterator[Metric]:
    figures = queue_figures()
    for name, help, value in QUEUE_GAUGES:
        family = GaugeMetricFamily(f"darkroom_queue_{name}", help, labels=["queue"])
        for queue in figures:
            known = value(queue)
            if known is not None:
                family.add_metric([queue.name], known)
        yield family


QueueValue = Callable[[QueueFigures], float | None]
QUEUE_GAUGES: tuple[tuple[str, str, QueueValue], ...] = (
    (
        "backlog_jobs",
        "Stages, announced or in line, that nobody has claimed",
        lambda queue: queue.depth,
    ),
    (
        "oldest_waiting_seconds",
        "Age of the oldest announcement that nobody has claimed",
        lambda queue: queue.oldest_waiting_seconds or 0.0,
    ),
    (
        "drain_seconds",
        "Backlog at the pace of the last minutes; missing where nothing moves",
        lambda queue: queue.drain_seconds,
    ),
    ("paused", "1 while an operator keeps workers from it", lambda queue: float(queue.paused)),
    ("running_jobs", "Stages that a worker holds", lambda queue: queue.running),
    (
        "workers",
        "Workers that serve the queue; missing while the broker is silent",
        lambda queue: queue.workers,
    ),
)


def _advised(rows: Sequence[StageTally]) -> Metric:
    family = GaugeMetricFamily(
        "darkroom_queue_workers_advised",
        "Worker processes that what comes in now needs to be done in time",
        labels=["queue"],
    )
    known = scaling.stations(scaling.measured(rows), scaling.arrivals())
    for queue, processes in scaling.advised(sizing.advise(known)).items():
        family.add_metric([queue], processes)
    return family


# --- what was repaired ------------------------------------------------------------------------


def _of_sweeps() -> Iterator[Metric]:
    counted = {row.name: row for row in EventTally.objects.all()}
    repairs = CounterMetricFamily(
        "darkroom_sweeper_repairs",
        "What sweeps took back from lost workers, announced, and cleared",
        labels=["kind"],
    )
    for kind in REPAIRS:
        repairs.add_metric([kind], counted[kind].count if kind in counted else 0)
    yield repairs
    sweeps = counted.get("sweeps")
    yield CounterMetricFamily(
        "darkroom_sweeps", "Sweeps that were done", value=sweeps.count if sweeps else 0
    )
    if sweeps and sweeps.last_at:
        yield GaugeMetricFamily(
            "darkroom_last_sweep_timestamp_seconds",
            "When the last sweep was done",
            value=sweeps.last_at.timestamp(),
        )


def _switched_on() -> Metric:
    family = GaugeMetricFamily(
        "darkroom_periodic_task_enabled",
        "1 if the scheduler is to send it; 0 if it was switched off or removed",
        labels=["task"],
    )
    for task, is_on in sorted(periodic.switched_on().items()):
        family.add_metric([task], is_on)
    return family
