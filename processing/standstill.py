"""Runs that should be further than they are, and why nobody may be at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils.translation import gettext_lazy as _

from storage import audit
from storage.models import Run, Stage
from storage.statuses import ACTIVE_RUN, StageStatus

# Sweeps come every few seconds: what one should have done a minute ago, none does.
SWEEP_MISSED = timedelta(seconds=60)
# An admitted run is one of few: it should be through the queues long before.
LONG = timedelta(minutes=15)
MOST_SHOWN = 20


class Standstill(TextChoices):
    """Why a run is shown: what it lacks, from the gravest on."""

    LOST = "lost", _("its worker is lost, and no sweep has taken the stage back")
    UNSEEN = "unseen", _("no sweep has looked at it")
    SLOW = "slow", _("it has been under way for long")


@dataclass(frozen=True)
class StuckRun:
    run: Run
    reason: Standstill
    since: datetime


@dataclass(frozen=True)
class StuckRuns:
    """The oldest of them, and how many there are."""

    shown: Sequence[StuckRun]
    count: int


def stuck_runs(now: datetime) -> StuckRuns:
    """Return the runs that are stuck; those that stand in line are not, however long it is.

    Two queries, whatever is stuck.
    """
    lost = Stage.objects.filter(
        run=OuterRef("pk"),
        status=StageStatus.RUNNING,
        lease_expires_at__lt=now - SWEEP_MISSED,
    )
    unseen = audit.unseen(now - SWEEP_MISSED)
    # Before all else, so that thousands that stand in line cost nothing.
    begun = Q(admitted_at__isnull=False) | Q(dispatch_at=None)
    active = Run.objects.filter(begun, status__in=ACTIVE_RUN, image__deleted_at=None)
    found = active.annotate(lost=Exists(lost)).filter(
        Q(lost=True) | unseen | Q(admitted_at__lt=now - LONG)
    )
    oldest = found.select_related("image__owner", "image__original").order_by("id")[:MOST_SHOWN]
    return StuckRuns([_described(run, now) for run in oldest], found.count())


def _described(run: Run, now: datetime) -> StuckRun:
    since = run.admitted_at or run.created_at
    if getattr(run, "lost", False):
        return StuckRun(run, Standstill.LOST, since)
    seen = run.dispatch_at is not None and run.dispatch_at >= now - SWEEP_MISSED
    slow = run.admitted_at is not None and run.admitted_at < now - LONG
    return StuckRun(run, Standstill.SLOW if seen and slow else Standstill.UNSEEN, since)
