"""The outbox and the rescuer: what brings every run to its end, whatever the queue loses.

Three moves, each safe to do at any time and from any number of processes: announce the runs that
are due, take back stages whose worker is gone, clear the scratch of runs that are over.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from celery.canvas import Signature
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from processing.backlog import Messages
from processing.backoff import retry_delay
from processing.pipeline import canvas
from processing.scratch import clear_ended_runs
from storage import objects, transitions
from storage.errors import StorageError
from storage.models import Run, Stage
from storage.statuses import ACTIVE_RUN, SETTLED_STAGE, StageName, StageStatus
from storage.transitions import Claim, Failure

logger = logging.getLogger(__name__)

RUNS_PER_SWEEP = 500
# How long an uploader may wait for the broker, and how long it is then left alone.
NUDGE_SECONDS = 2.0
BREAKER_SECONDS = 10.0
# After a failed publish a run is due again this soon.
BROKER_RETRY_SECONDS = 5

LOST = Failure("worker_lost", "The worker that had this stage stopped before it was done.")


@dataclass(frozen=True)
class Sweep:
    """What one sweep did, as counts."""

    announced: int
    rescued: int
    cleared: int


def sweep() -> Sweep:
    """Rescue, announce, clear."""
    rescued = rescue()
    return Sweep(announced=announce_due(), rescued=rescued, cleared=clear_ended_runs())


# --- Announcing -------------------------------------------------------------------------------


def announce_due() -> int:
    """Publish the canvases of all runs that are due; return how many."""
    due = Run.objects.filter(status__in=ACTIVE_RUN, dispatch_at__lte=Now()).order_by("dispatch_at")
    messages = Messages()
    announced = 0
    for run in due[:RUNS_PER_SWEEP]:
        stages = announceable(run)
        if not stages or messages.are_on_their_way(stages):
            transitions.postpone(run.id, seconds=settings.REDISPATCH_SECONDS)
        elif not _announce(run, stages):
            break
        else:
            announced += 1
    return announced


def announceable(run: Run) -> list[Stage]:
    """Return the stages whose messages may be sent now: pending, due, and not waiting for others.

    Those behind an unfinished resize count as long as it can be announced with them.
    """
    stages = list(run.stages.order_by("id"))
    due = set(run.stages.filter(_due()).values_list("id", flat=True))
    resize = [stage for stage in stages if stage.name == StageName.RESIZE]
    if any(stage.status not in SETTLED_STAGE and stage.id not in due for stage in resize):
        return []
    header = [stage for stage in stages if stage.name != StageName.PUBLISH]
    held = any(s.status not in SETTLED_STAGE and s.id not in due for s in header)
    return [s for s in stages if s.id in due and not (held and s.name == StageName.PUBLISH)]


def _due() -> Q:
    return Q(status=StageStatus.PENDING) & (Q(available_at=None) | Q(available_at__lte=Now()))


def _announce(run: Run, stages: list[Stage]) -> bool:
    """Take a run out of the outbox and publish it; False if the broker did not take it."""
    first = _first_to_run(stages)
    if not transitions.announce(
        run.id,
        [stage.id for stage in first],
        expected=run.dispatches,
        again_in_seconds=settings.REDISPATCH_SECONDS,
    ):
        return True
    try:
        _publish(canvas(stages))
    except Exception:
        logger.warning("The broker did not take run %s; it stays due.", run.id, exc_info=True)
        transitions.postpone(run.id, seconds=BROKER_RETRY_SECONDS)
        return False
    return True


def _first_to_run(stages: list[Stage]) -> list[Stage]:
    """Return the stages whose messages are sent at once; the others follow from them."""
    for name in (StageName.RESIZE, None, StageName.PUBLISH):
        chosen = [s for s in stages if s.name == name or (name is None and s.name in HEADER)]
        if chosen:
            return chosen
    return []


HEADER = frozenset({StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE})


def _publish(signature: Signature) -> None:
    signature.apply_async(retry=False)


# --- Nudging ----------------------------------------------------------------------------------


class Breaker:
    """Leaves a broker that did not answer alone for a while."""

    def __init__(self) -> None:
        self.closed_again_at = 0.0

    def is_open(self) -> bool:
        return monotonic() < self.closed_again_at

    def open(self) -> None:
        self.closed_again_at = monotonic() + BREAKER_SECONDS


breaker = Breaker()
_publishers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="nudge")


def nudge(run_id: UUID) -> None:
    """Announce a run at once, if the broker answers within two seconds; never raises.

    The row in the outbox stands: what is not announced here, the next sweep announces.
    """
    if breaker.is_open():
        return
    try:
        run = Run.objects.get(id=run_id)
        stages = announceable(run)
        if not stages or not _take(run, stages):
            return
        _publishers.submit(_publish, canvas(stages)).result(timeout=NUDGE_SECONDS)
    except Exception:
        breaker.open()
        logger.warning("Run %s is left to the next sweep.", run_id, exc_info=True)
        _leave_to_the_sweep(run_id)


def _take(run: Run, stages: list[Stage]) -> bool:
    return transitions.announce(
        run.id,
        [stage.id for stage in _first_to_run(stages)],
        expected=run.dispatches,
        again_in_seconds=settings.REDISPATCH_SECONDS,
    )


def _leave_to_the_sweep(run_id: UUID) -> None:
    try:
        transitions.postpone(run_id, seconds=0)
    except Exception:
        logger.warning("Run %s is due again only later.", run_id, exc_info=True)


# --- Rescuing ---------------------------------------------------------------------------------


def rescue() -> int:
    """Take back every stage whose lease has ended, and remove what its worker left."""
    expired = Stage.objects.filter(status=StageStatus.RUNNING, lease_expires_at__lt=Now())
    claims = [_claim_of(stage) for stage in expired.select_related("run")[:RUNS_PER_SWEEP]]
    return sum(_take_back(claim) for claim in claims)


def _claim_of(stage: Stage) -> Claim:
    """Return the claim that a worker held when it was lost."""
    if stage.token is None:
        raise ValueError(f"{stage.id} is running without a token.")
    return Claim(
        token=stage.token,
        stage_id=stage.id,
        run_id=stage.run_id,
        image_id=stage.run.image_id,
        name=StageName(stage.name),
        part=stage.part,
        attempt=stage.attempts,
    )


def _take_back(claim: Claim) -> bool:
    taken = transitions.expire(
        claim,
        LOST,
        delay_seconds=retry_delay(claim.attempt) if claim.attempt > 1 else 0,
        max_attempts=settings.MAX_ATTEMPTS,
    )
    if taken:
        logger.warning("%s of run %s was taken back: its worker is gone.", claim.name, claim.run_id)
        _remove_leftovers(claim)
    return taken


def _remove_leftovers(claim: Claim) -> None:
    for alias in (objects.VARIANTS, objects.SCRATCH):
        try:
            objects.remove_prefix(alias, claim.prefix)
        except StorageError:
            logger.warning("Output of %s is left to the audit.", claim, exc_info=True)
