"""Counting what was done, so that it stays counted when images and their attempts are removed.

Each attempt is added to its tally exactly once, some time after its end: in the transition itself
all workers would wait for the same row.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from storage.models import Attempt, EventTally, StageTally

# Upper bounds in seconds; the objectives of a deployment should be among them.
DURATION_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
WAIT_BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
INFINITE = "+Inf"
# A fold holds its rows for some ten milliseconds; what is more waits for the next one.
ATTEMPTS_PER_FOLD = 2000

Kind = tuple[str, str, str, str]  # queue, stage, outcome, error code


@dataclass
class Sum:
    """What attempts of one kind add up to."""

    attempts: int = 0
    seconds: float = 0.0
    seconds_buckets: Counter[str] = field(default_factory=Counter)
    waits: int = 0
    wait_seconds: float = 0.0
    wait_buckets: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0
    bytes: int = 0

    def add(self, attempt: Attempt) -> None:
        if attempt.finished_at is None:
            raise ValueError(f"{attempt.id} is not over.")
        seconds = max(0.0, (attempt.finished_at - attempt.started_at).total_seconds())
        self.attempts += 1
        self.seconds += seconds
        self.seconds_buckets[_bucket(seconds, DURATION_BOUNDS)] += 1
        self.cpu_seconds += attempt.cpu_seconds or 0.0
        self.bytes += attempt.bytes
        if attempt.queued_at is not None:
            self._add_wait(max(0.0, (attempt.started_at - attempt.queued_at).total_seconds()))

    def _add_wait(self, seconds: float) -> None:
        self.waits += 1
        self.wait_seconds += seconds
        self.wait_buckets[_bucket(seconds, WAIT_BOUNDS)] += 1


def _bucket(seconds: float, bounds: tuple[float, ...]) -> str:
    position = bisect_left(bounds, seconds)
    return str(bounds[position]) if position < len(bounds) else INFINITE


def cumulative(
    buckets: Mapping[str, int], bounds: tuple[float, ...], total: int
) -> list[tuple[str, float]]:
    """Return Prometheus' form of a histogram: how many were at most as long as each bound."""
    so_far, pairs = 0, []
    for bound in map(str, bounds):
        so_far += buckets.get(bound, 0)
        pairs.append((bound, float(so_far)))
    return [*pairs, (INFINITE, float(total))]


def fold() -> int:
    """Add attempts that ended since the last fold to their tallies; return how many.

    Any number of processes may do this at the same time: each attempt is taken by one of them.
    """
    ended = Attempt.objects.filter(tallied=False, finished_at__isnull=False)
    if not ended.exists():
        return 0
    with transaction.atomic():
        taken = list(
            ended.select_for_update(skip_locked=True, of=("self",)).select_related("stage")[
                :ATTEMPTS_PER_FOLD
            ]
        )
        Attempt.objects.filter(id__in=[attempt.id for attempt in taken]).update(tallied=True)
        # In one order everywhere, so that two folds cannot wait for each other.
        for kind, total in sorted(_sums(taken).items()):
            _add(kind, total)
    return len(taken)


def _sums(attempts: Iterable[Attempt]) -> dict[Kind, Sum]:
    sums: dict[Kind, Sum] = {}
    for attempt in attempts:
        stage = attempt.stage
        kind = (stage.queue, stage.name, attempt.outcome, attempt.error_code)
        sums.setdefault(kind, Sum()).add(attempt)
    return sums


def _add(kind: Kind, total: Sum) -> None:
    queue, stage, outcome, error_code = kind
    StageTally.objects.get_or_create(
        queue=queue, stage=stage, outcome=outcome, error_code=error_code
    )
    tally = StageTally.objects.select_for_update().get(
        queue=queue, stage=stage, outcome=outcome, error_code=error_code
    )
    for name, amount in vars(total).items():
        setattr(tally, name, _plus(getattr(tally, name), amount))
    tally.save(update_fields=list(vars(total)))


def _plus(held: Any, amount: Any) -> Any:
    return dict(Counter(held) + amount) if isinstance(amount, Counter) else held + amount


def count(name: str, by: int = 1) -> None:
    """Count something that happened just now; by 0 only remembers when."""
    changed = EventTally.objects.filter(name=name).update(count=F("count") + by, last_at=Now())
    if not changed:
        EventTally.objects.get_or_create(name=name)
        EventTally.objects.filter(name=name).update(count=F("count") + by, last_at=Now())
