"""The pieces that every move is made of: the lock, the compare-and-set, the event."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from storage.models import Attempt, Event, Image, Run, Stage
from storage.models.events import EventKind
from storage.statuses import (
    ACTIVE_RUN,
    IMAGE_MOVES,
    RUN_MOVES,
    SETTLED_STAGE,
    STAGE_MOVES,
    TERMINAL_RUN,
    UNFINISHED_STAGE,
    AttemptOutcome,
    RunStatus,
    StageName,
    StageStatus,
    sources,
)
from storage.transitions.values import Claim, Failure, StageResult


@contextmanager
def locked_run(stage_id: UUID) -> Iterator[Run | None]:
    """Lock the image and the active run of a stage, in that order; None if it is over."""
    with transaction.atomic():
        found = Run.objects.filter(stages__id=stage_id).values_list("id", "image_id").first()
        if found is None:
            yield None
            return
        run_id, image_id = found
        Image.objects.select_for_update().filter(id=image_id).first()
        run = Run.objects.select_for_update(of=("self",)).select_related("image")
        yield run.filter(id=run_id, status__in=ACTIVE_RUN, image__deleted_at=None).first()


def movable_stage(stage_id: UUID, target: StageStatus) -> Any:
    """Return the stage as a queryset, if it may be moved to `target`."""
    return Stage.objects.filter(id=stage_id, status__in=sources(STAGE_MOVES, target))


def may_start(run: Run, stage_id: UUID) -> bool:
    stage = run.stages.get(id=stage_id)
    if stage.name == StageName.RESIZE:
        return True
    if stage.name == StageName.PUBLISH:
        return header_is_settled(run)
    return not run.stages.filter(name=StageName.RESIZE).exclude(status__in=SETTLED_STAGE).exists()


def header_is_settled(run: Run) -> bool:
    header = run.stages.exclude(name=StageName.PUBLISH)
    return not header.exclude(status__in=SETTLED_STAGE).exists()


def end_stage(claim: Claim, target: StageStatus, condition: Q | None = None, **fields: Any) -> bool:
    ended = {} if target == StageStatus.PENDING else {"finished_at": Now()}
    cleared = {} if target != StageStatus.SUCCEEDED else {"error_code": "", "error_detail": ""}
    held = movable_stage(claim.stage_id, target).filter(
        status=StageStatus.RUNNING, token=claim.token
    )
    return bool(
        held.filter(condition or Q()).update(
            status=target, token=None, lease_expires_at=None, **ended, **cleared, **fields
        )
    )


def end_attempt(claim: Claim, outcome: AttemptOutcome, ending: StageResult | Failure) -> Stage:
    Attempt.objects.filter(id=claim.token, finished_at=None).update(
        outcome=outcome, finished_at=Now(), cpu_seconds=ending.cpu_seconds, **_fields_of(ending)
    )
    return Stage.objects.get(id=claim.stage_id)


def _fields_of(ending: StageResult | Failure) -> dict[str, Any]:
    return error_fields(ending) if isinstance(ending, Failure) else {"bytes": ending.bytes}


def error_fields(failure: Failure) -> dict[str, Any]:
    return {"error_code": failure.code[:64], "error_detail": failure.detail}


def fail_run(run: Run, stage_id: UUID) -> None:
    stage = Stage.objects.get(id=stage_id)
    record_stage(run, stage)
    error = {"code": stage.error_code, "detail": stage.error_detail, "stage": str(stage)}
    end_run(run, RunStatus.FAILED, error=error)


def end_run(run: Run, target: RunStatus, *, image_too: bool = True, **data: Any) -> bool:
    """Give a run its one terminal state, and with it whatever of it is unfinished."""
    ended = Run.objects.filter(id=run.id, status__in=sources(RUN_MOVES, target)).update(
        status=target, finished_at=Now(), dispatch_at=None
    )
    if not ended:
        return False
    for stage in list(run.stages.filter(status__in=UNFINISHED_STAGE)):
        _cancel_stage(run, stage)
    if image_too:
        move_image(run.image_id, target, run.id, **data)
    return True


def revoke(stage: Stage) -> None:
    """End the attempt that holds a stage, if one does; its commit will change nothing."""
    if stage.token is not None:
        Attempt.objects.filter(id=stage.token, finished_at=None).update(
            finished_at=Now(), outcome=AttemptOutcome.REVOKED
        )


def _cancel_stage(run: Run, stage: Stage) -> None:
    revoke(stage)
    movable_stage(stage.id, StageStatus.CANCELLED).update(
        status=StageStatus.CANCELLED, token=None, lease_expires_at=None, finished_at=Now()
    )
    stage.refresh_from_db()
    record_stage(run, stage)


def move_image(image_id: UUID, target: RunStatus, run_id: UUID, **data: Any) -> None:
    fields: dict[str, Any] = {"status": target, "updated_at": Now()}
    if target == RunStatus.READY:
        fields["ready_at"] = Now()
    if "generation" in data:
        fields["generation"] = data["generation"]
    movable = Image.objects.filter(id=image_id, status__in=sources(IMAGE_MOVES, target))
    if movable.update(**fields):
        terminal = target in TERMINAL_RUN
        record(
            image_id,
            run_id,
            EventKind.IMAGE,
            name="image",
            status=target,
            terminal=terminal,
            data=data,
        )


def record_stage(run: Run, stage: Stage) -> None:
    data: dict[str, Any] = {"attempts": stage.attempts}
    if stage.error_code:
        data["error"] = {"code": stage.error_code, "detail": stage.error_detail}
    record(
        run.image_id,
        run.id,
        EventKind.STAGE,
        name=stage.name,
        part=stage.part,
        status=stage.status,
        data=data,
    )


def record(image_id: UUID, run_id: UUID | None, kind: EventKind, **fields: Any) -> None:
    Event.objects.create(image_id=image_id, run_id=run_id, kind=kind, **fields)
