"""Moves of one stage: claim, commit, fail, and the ways back to the queue."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from storage.clock import seconds_from_now
from storage.ids import new_id
from storage.models import Attempt, FocalPointSource, Image, Run, Stage, Variant
from storage.statuses import AttemptOutcome, RunStatus, StageName, StageStatus
from storage.transitions.moves import (
    end_attempt,
    end_run,
    end_stage,
    error_fields,
    fail_run,
    header_is_settled,
    locked_run,
    may_start,
    movable_stage,
    move_image,
    record_stage,
)
from storage.transitions.runs import postpone
from storage.transitions.values import Claim, Failure, NewVariant, StageResult

# After its last header stage a run is announced again this soon, should its chord be lost.
CHORD_GRACE_SECONDS = 5


def claim(stage_id: UUID, *, worker: str, lease_seconds: float, max_attempts: int) -> Claim | None:
    """Take a stage that is pending, due and has what it needs; the attempt counts from now.

    None when there is nothing to claim: a duplicate delivery, a superseded run, a back-off, or
    attempts that are used up.
    """
    with locked_run(stage_id) as run:
        if run is None or not may_start(run, stage_id):
            return None
        if _fail_spent(run, stage_id, max_attempts):
            return None
        token = new_id()
        taken = movable_stage(stage_id, StageStatus.RUNNING)
        changed = taken.filter(Q(available_at=None) | Q(available_at__lte=Now())).update(
            status=StageStatus.RUNNING,
            attempts=F("attempts") + 1,
            token=token,
            lease_expires_at=seconds_from_now(lease_seconds),
            started_at=Now(),
            finished_at=None,
        )
        return _begin_attempt(run, stage_id, token, worker) if changed else None


def _fail_spent(run: Run, stage_id: UUID, max_attempts: int) -> bool:
    """End a stage that waits for an attempt which a limit, lowered since, no longer allows.

    Its row tells the error of its last attempt. Left pending, nobody could ever claim it.
    """
    spent = Stage.objects.filter(
        id=stage_id, status=StageStatus.PENDING, attempts__gte=max_attempts
    ).update(status=StageStatus.FAILED, finished_at=Now())
    if spent:
        fail_run(run, stage_id)
    return bool(spent)


def _begin_attempt(run: Run, stage_id: UUID, token: UUID, worker: str) -> Claim:
    stage = Stage.objects.get(id=stage_id)
    # The number counts claims; `attempts` starts anew when a person sends the stage back.
    number = stage.history.count() + 1
    Attempt.objects.create(
        id=token,
        stage=stage,
        number=number,
        worker=worker,
        queued_at=stage.queued_at,
        started_at=Now(),
    )
    if Run.objects.filter(id=run.id, status=RunStatus.QUEUED).update(status=RunStatus.PROCESSING):
        move_image(run.image_id, RunStatus.PROCESSING, run.id)
    record_stage(run, stage)
    return Claim(
        token=token,
        stage_id=stage.id,
        run_id=run.id,
        image_id=run.image_id,
        name=StageName(stage.name),
        part=stage.part,
        attempt=stage.attempts,
        queue=stage.queue,
        queued_at=stage.queued_at,
        started_at=stage.started_at,
        request_id=run.request_id,
        traceparent=run.traceparent,
    )


def commit(claim: Claim, result: StageResult) -> bool:
    """Record the success of a stage; False when the claim was fenced off meanwhile.

    After False nothing was written, and the caller removes its own output.
    """
    with locked_run(claim.stage_id) as run:
        if run is None or not end_stage(claim, StageStatus.SUCCEEDED, output=dict(result.output)):
            return False
        _create_variants(run, claim, result.variants)
        _describe_image(run.image_id, result)
        record_stage(run, end_attempt(claim, AttemptOutcome.SUCCEEDED, result))
        _after_success(run, claim)
        return True


def is_committed(claim: Claim) -> bool:
    """Say whether the commit of a claim went through: rows may rest on what it stored."""
    return Attempt.objects.filter(id=claim.token, outcome=AttemptOutcome.SUCCEEDED).exists()


def _describe_image(image_id: UUID, result: StageResult) -> None:
    Image.objects.filter(id=image_id).update(**result.image_fields, updated_at=Now())
    if result.focal_point:
        # A person who chose one while the stage was running is not overruled.
        x, y = result.focal_point
        automatic = Image.objects.filter(id=image_id, focal_source=FocalPointSource.AUTOMATIC)
        automatic.update(focal_x=x, focal_y=y)


def _create_variants(run: Run, claim: Claim, variants: Iterable[NewVariant]) -> None:
    live = run.image.ready_at is None
    Variant.objects.bulk_create(
        Variant(image_id=run.image_id, run=run, stage_id=claim.stage_id, live=live, **vars(variant))
        for variant in variants
    )


def _after_success(run: Run, claim: Claim) -> None:
    if claim.name == StageName.PUBLISH:
        _show_variants(run)
        end_run(run, RunStatus.READY)
        return
    ready = run.stages.filter(status=StageStatus.PENDING, queued_at=None)
    if claim.name == StageName.RESIZE:
        ready.exclude(name=StageName.PUBLISH).update(queued_at=Now(), announced_at=Now())
    elif header_is_settled(run):
        ready.filter(name=StageName.PUBLISH).update(queued_at=Now(), announced_at=Now())
        postpone(run.id, seconds=CHORD_GRACE_SECONDS)


def _show_variants(run: Run) -> None:
    """Put the variants of a run in the place of earlier ones of the same stages."""
    done = run.stages.filter(status=StageStatus.SUCCEEDED).values("name")
    older = Variant.objects.filter(image=run.image_id, live=True).exclude(run=run)
    older.filter(stage__name__in=done).update(live=False)
    Variant.objects.filter(run=run).update(live=True)


def fail(claim: Claim, failure: Failure) -> bool:
    """End a stage, and with it its run, for a reason that trying again cannot change."""
    with locked_run(claim.stage_id) as run:
        if run is None or not end_stage(claim, StageStatus.FAILED, **error_fields(failure)):
            return False
        end_attempt(claim, AttemptOutcome.FAILED, failure)
        fail_run(run, claim.stage_id)
        return True


def retry_later(claim: Claim, failure: Failure, *, delay_seconds: float, max_attempts: int) -> bool:
    """Send a stage back for a transient reason; after the last attempt it fails."""
    return _send_back(claim, AttemptOutcome.RETRIED, failure, delay_seconds, max_attempts)


def expire(claim: Claim, failure: Failure, *, delay_seconds: float, max_attempts: int) -> bool:
    """Take a stage back from a worker whose lease has ended."""
    return _send_back(claim, AttemptOutcome.EXPIRED, failure, delay_seconds, max_attempts)


def _send_back(
    claim: Claim, outcome: AttemptOutcome, failure: Failure, delay_seconds: float, max_attempts: int
) -> bool:
    with locked_run(claim.stage_id) as run:
        over = claim.attempt >= max_attempts
        target = StageStatus.FAILED if over else StageStatus.PENDING
        available = None if over else seconds_from_now(delay_seconds)
        held = Q(lease_expires_at__lt=Now()) if outcome == AttemptOutcome.EXPIRED else Q()
        fields = {**error_fields(failure), "available_at": available, "queued_at": None}
        if run is None or not end_stage(
            claim, target, held, **(error_fields(failure) if over else fields)
        ):
            return False
        stage = end_attempt(claim, outcome, failure)
        if over:
            fail_run(run, stage.id)
        else:
            record_stage(run, stage)
            postpone(run.id, seconds=delay_seconds)
        return True
