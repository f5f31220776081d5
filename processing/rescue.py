"""The rescuer: takes back what a lost worker held, and removes what it left."""

import logging

from django.conf import settings
from django.db.models.functions import Now

from processing import spans
from processing.backoff import retry_delay
from processing.leftovers import remove_output
from storage import transitions
from storage.models import Stage
from storage.statuses import StageName, StageStatus
from storage.transitions import Claim, Failure

logger = logging.getLogger(__name__)

STAGES_PER_SWEEP = 500
LOST = Failure("worker_lost", "The worker that had this stage stopped before it was done.")


def rescue() -> int:
    """Take back every stage whose lease has ended, and remove what its worker left.

    Stages that only a newer release knows are left to it.
    """
    known = Stage.objects.filter(name__in=StageName.values)
    expired = known.filter(status=StageStatus.RUNNING, lease_expires_at__lt=Now())
    claims = [_claim_of(stage) for stage in expired.select_related("run")[:STAGES_PER_SWEEP]]
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
        queue=stage.queue,
        queued_at=stage.queued_at,
        started_at=stage.started_at,
        traceparent=stage.run.traceparent,
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
        remove_output(claim)
        spans.lost(claim)
    return taken
