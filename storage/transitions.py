"""All moves of runs, images and stages: the only module that writes a status.

Every move is a compare-and-set in the transaction that also writes its Event. Moves of one run
happen one after the other: each of them first locks the row of the run. A move that changed no
row is an answer (`None` or `False`), not an accident.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from storage import keys
from storage.clock import seconds_from_now
from storage.ids import new_id
from storage.models import Attempt, Event, FocalPointSource, Image, Run, Stage, Variant
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

# After its last header stage a run is announced again this soon, should its chord be lost.
CHORD_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Claim:
    """The right to work on a stage, until its lease ends; the token fences the commit."""

    token: UUID
    stage_id: UUID
    run_id: UUID
    image_id: UUID
    name: StageName
    part: str
    attempt: int

    @property
    def prefix(self) -> str:
        return keys.attempt_prefix(self.run_id, self.token)


@dataclass(frozen=True)
class Failure:
    """Why a stage did not succeed: a code for programs, a sentence for a person."""

    code: str
    detail: str


@dataclass(frozen=True)
class NewVariant:
    """A stored and verified variant that waits for its row; sizes in pixels and bytes."""

    preset: str
    kind: str
    width: int
    height: int
    format: str
    frames: int
    bytes: int
    quality: int
    sha256: str
    key: str
    score: float | None = None


@dataclass(frozen=True)
class StageResult:
    """What a step leaves behind: rows to write and fields of the image to set."""

    output: Mapping[str, Any] = field(default_factory=dict)
    variants: Sequence[NewVariant] = ()
    image_fields: Mapping[str, Any] = field(default_factory=dict)
    focal_point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Plan:
    """The stages of a new run, and the frozen presets they follow."""

    presets: Sequence[Mapping[str, Any]]
    stages: Sequence[tuple[StageName, str, str]]  # name, part, queue
    skipped: frozenset[StageName] = frozenset()
    bulk: bool = False


# --- Runs -------------------------------------------------------------------------------------


@transaction.atomic
def start_run(image_id: UUID, plan: Plan) -> Run | None:
    """Give an image a new generation, which supersedes an active one; None if it is deleted."""
    image = Image.objects.select_for_update().filter(id=image_id, deleted_at=None).first()
    if image is None:
        return None
    _supersede(image)
    if image.generation and not image.ready_at:
        Variant.objects.filter(image=image).update(live=False)
    number = image.generation + 1
    run = Run.objects.create(
        image=image, number=number, presets=list(plan.presets), bulk=plan.bulk, dispatch_at=Now()
    )
    Stage.objects.bulk_create(_planned(run, plan))
    _move_image(image.id, RunStatus.QUEUED, run.id, generation=number)
    return run


def _planned(run: Run, plan: Plan) -> Iterator[Stage]:
    for name, part, queue in plan.stages:
        skipped = name in plan.skipped
        status = StageStatus.SKIPPED if skipped else StageStatus.PENDING
        yield Stage(run=run, name=name, part=part, queue=queue, status=status)


def _supersede(image: Image) -> None:
    for run in Run.objects.select_for_update().filter(image=image, status__in=ACTIVE_RUN):
        _end_run(run, RunStatus.CANCELLED, image_too=False)


@transaction.atomic
def cancel(image_id: UUID) -> bool:
    """End the active run of an image at the wish of a person; False if there is none."""
    image = Image.objects.select_for_update().filter(id=image_id).first()
    run = Run.objects.select_for_update().filter(image=image, status__in=ACTIVE_RUN).first()
    return run is not None and _end_run(run, RunStatus.CANCELLED)


@transaction.atomic
def delete(image_id: UUID) -> bool:
    """Hide an image and end its run; the audit removes it after the grace period."""
    cancel(image_id)
    deleted = Image.objects.filter(id=image_id, deleted_at=None).update(
        deleted_at=Now(), updated_at=Now(), idempotency_key=None
    )
    if deleted:
        _record(image_id, None, EventKind.IMAGE, name="deleted", status="deleted")
    return bool(deleted)


@transaction.atomic
def announce(
    run_id: UUID, stage_ids: Sequence[UUID], *, expected: int, again_in_seconds: float
) -> bool:
    """Take a run out of the outbox until later; False if another dispatcher was first.

    `expected` is the number of dispatches that the caller saw: of two dispatchers one wins.
    `stage_ids` are the stages whose messages are about to be sent.
    """
    taken = Run.objects.filter(id=run_id, status__in=ACTIVE_RUN, dispatches=expected).update(
        dispatches=F("dispatches") + 1, dispatch_at=seconds_from_now(again_in_seconds)
    )
    if taken:
        waiting = Stage.objects.filter(id__in=stage_ids, status=StageStatus.PENDING)
        waiting.update(queued_at=Now())
    return bool(taken)


def postpone(run_id: UUID, *, seconds: float) -> bool:
    """Look at a run again later: its messages are still on their way."""
    return bool(
        Run.objects.filter(id=run_id, status__in=ACTIVE_RUN).update(
            dispatch_at=seconds_from_now(seconds)
        )
    )


# --- Stages -----------------------------------------------------------------------------------


def claim(stage_id: UUID, *, worker: str, lease_seconds: float, max_attempts: int) -> Claim | None:
    """Take a stage that is pending, due and has what it needs; the attempt counts from now.

    None when there is nothing to claim: a duplicate delivery, a superseded run, a back-off.
    """
    with _locked_run(stage_id) as run:
        if run is None or not _may_start(run, stage_id):
            return None
        token = new_id()
        taken = _stage(stage_id, StageStatus.RUNNING).filter(attempts__lt=max_attempts)
        changed = taken.filter(Q(available_at=None) | Q(available_at__lte=Now())).update(
            status=StageStatus.RUNNING,
            attempts=F("attempts") + 1,
            token=token,
            lease_expires_at=seconds_from_now(lease_seconds),
            started_at=Now(),
            finished_at=None,
        )
        return _begin_attempt(run, stage_id, token, worker) if changed else None


def _begin_attempt(run: Run, stage_id: UUID, token: UUID, worker: str) -> Claim:
    stage = Stage.objects.get(id=stage_id)
    # The number counts claims; `attempts` starts anew when a person sends the stage back.
    number = stage.history.count() + 1
    Attempt.objects.create(id=token, stage=stage, number=number, worker=worker, started_at=Now())
    if Run.objects.filter(id=run.id, status=RunStatus.QUEUED).update(status=RunStatus.PROCESSING):
        _move_image(run.image_id, RunStatus.PROCESSING, run.id)
    _record_stage(run, stage)
    name = StageName(stage.name)
    return Claim(token, stage.id, run.id, run.image_id, name, stage.part, stage.attempts)


def commit(claim: Claim, result: StageResult) -> bool:
    """Record the success of a stage; False when the claim was fenced off meanwhile.

    After False nothing was written, and the caller removes its own output.
    """
    with _locked_run(claim.stage_id) as run:
        if run is None or not _end_stage(claim, StageStatus.SUCCEEDED, output=dict(result.output)):
            return False
        _create_variants(run, claim, result.variants)
        _describe_image(run.image_id, result)
        _record_stage(run, _end_attempt(claim, AttemptOutcome.SUCCEEDED))
        _after_success(run, claim)
        return True


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
        _end_run(run, RunStatus.READY)
        return
    ready = run.stages.filter(status=StageStatus.PENDING, queued_at=None)
    if claim.name == StageName.RESIZE:
        ready.exclude(name=StageName.PUBLISH).update(queued_at=Now())
    elif _header_is_settled(run):
        ready.filter(name=StageName.PUBLISH).update(queued_at=Now())
        postpone(run.id, seconds=CHORD_GRACE_SECONDS)


def _show_variants(run: Run) -> None:
    """Put the variants of a run in the place of earlier ones of the same stages."""
    done = run.stages.filter(status=StageStatus.SUCCEEDED).values("name")
    older = Variant.objects.filter(image=run.image_id, live=True).exclude(run=run)
    older.filter(stage__name__in=done).update(live=False)
    Variant.objects.filter(run=run).update(live=True)


def fail(claim: Claim, failure: Failure) -> bool:
    """End a stage, and with it its run, for a reason that trying again cannot change."""
    with _locked_run(claim.stage_id) as run:
        if run is None or not _end_stage(claim, StageStatus.FAILED, **_error(failure)):
            return False
        _end_attempt(claim, AttemptOutcome.FAILED, failure)
        _fail_run(run, claim.stage_id)
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
    with _locked_run(claim.stage_id) as run:
        over = claim.attempt >= max_attempts
        target = StageStatus.FAILED if over else StageStatus.PENDING
        available = None if over else seconds_from_now(delay_seconds)
        held = Q(lease_expires_at__lt=Now()) if outcome == AttemptOutcome.EXPIRED else Q()
        fields = {**_error(failure), "available_at": available, "queued_at": None}
        if run is None or not _end_stage(
            claim, target, held, **(_error(failure) if over else fields)
        ):
            return False
        stage = _end_attempt(claim, outcome, failure)
        if over:
            _fail_run(run, stage.id)
        else:
            _record_stage(run, stage)
            postpone(run.id, seconds=delay_seconds)
        return True


def requeue(image_id: UUID, name: StageName) -> Run | None:
    """Send stages of an active run back to be done again; None if no run is active.

    What they stored is given up, and a worker that is at it now is fenced off.
    """
    with transaction.atomic():
        Image.objects.select_for_update().filter(id=image_id).first()
        run = Run.objects.select_for_update().filter(image=image_id, status__in=ACTIVE_RUN).first()
        if run is None:
            return None
        for stage in run.stages.filter(name__in=[name, StageName.PUBLISH]):
            _reset(run, stage)
        postpone(run.id, seconds=0)
        return run


def _reset(run: Run, stage: Stage) -> None:
    held = stage.token
    reset = _stage(stage.id, StageStatus.PENDING).update(
        status=StageStatus.PENDING,
        attempts=0,
        token=None,
        lease_expires_at=None,
        available_at=None,
        queued_at=None,
        finished_at=None,
    )
    if reset:
        Attempt.objects.filter(id=held, finished_at=None).update(
            finished_at=Now(), outcome=AttemptOutcome.REVOKED
        )
        stage.variants.all().delete()
        stage.refresh_from_db()
        _record_stage(run, stage)


# --- Pieces -----------------------------------------------------------------------------------


@contextmanager
def _locked_run(stage_id: UUID) -> Iterator[Run | None]:
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


def _stage(stage_id: UUID, target: StageStatus) -> Any:
    """Return the stage as a queryset, if it may be moved to `target`."""
    return Stage.objects.filter(id=stage_id, status__in=sources(STAGE_MOVES, target))


def _may_start(run: Run, stage_id: UUID) -> bool:
    stage = run.stages.get(id=stage_id)
    if stage.name == StageName.RESIZE:
        return True
    if stage.name == StageName.PUBLISH:
        return _header_is_settled(run)
    return not run.stages.filter(name=StageName.RESIZE).exclude(status__in=SETTLED_STAGE).exists()


def _header_is_settled(run: Run) -> bool:
    header = run.stages.exclude(name=StageName.PUBLISH)
    return not header.exclude(status__in=SETTLED_STAGE).exists()


def _end_stage(
    claim: Claim, target: StageStatus, condition: Q | None = None, **fields: Any
) -> bool:
    ended = {} if target == StageStatus.PENDING else {"finished_at": Now()}
    cleared = {} if target != StageStatus.SUCCEEDED else {"error_code": "", "error_detail": ""}
    held = _stage(claim.stage_id, target).filter(status=StageStatus.RUNNING, token=claim.token)
    return bool(
        held.filter(condition or Q()).update(
            status=target, token=None, lease_expires_at=None, **ended, **cleared, **fields
        )
    )


def _end_attempt(claim: Claim, outcome: AttemptOutcome, failure: Failure | None = None) -> Stage:
    Attempt.objects.filter(id=claim.token, finished_at=None).update(
        outcome=outcome, finished_at=Now(), **(_error(failure) if failure else {})
    )
    return Stage.objects.get(id=claim.stage_id)


def _error(failure: Failure) -> dict[str, Any]:
    return {"error_code": failure.code[:64], "error_detail": failure.detail}


def _fail_run(run: Run, stage_id: UUID) -> None:
    stage = Stage.objects.get(id=stage_id)
    _record_stage(run, stage)
    error = {"code": stage.error_code, "detail": stage.error_detail, "stage": str(stage)}
    _end_run(run, RunStatus.FAILED, error=error)


def _end_run(run: Run, target: RunStatus, *, image_too: bool = True, **data: Any) -> bool:
    """Give a run its one terminal state, and with it whatever of it is unfinished."""
    ended = Run.objects.filter(id=run.id, status__in=sources(RUN_MOVES, target)).update(
        status=target, finished_at=Now(), dispatch_at=None
    )
    if not ended:
        return False
    for stage in list(run.stages.filter(status__in=UNFINISHED_STAGE)):
        _cancel_stage(run, stage)
    if image_too:
        _move_image(run.image_id, target, run.id, **data)
    return True


def _cancel_stage(run: Run, stage: Stage) -> None:
    Attempt.objects.filter(id=stage.token, finished_at=None).update(
        finished_at=Now(), outcome=AttemptOutcome.REVOKED
    )
    _stage(stage.id, StageStatus.CANCELLED).update(
        status=StageStatus.CANCELLED, token=None, lease_expires_at=None, finished_at=Now()
    )
    stage.refresh_from_db()
    _record_stage(run, stage)


def _move_image(image_id: UUID, target: RunStatus, run_id: UUID, **data: Any) -> None:
    fields: dict[str, Any] = {"status": target, "updated_at": Now()}
    if target == RunStatus.READY:
        fields["ready_at"] = Now()
    if "generation" in data:
        fields["generation"] = data["generation"]
    movable = Image.objects.filter(id=image_id, status__in=sources(IMAGE_MOVES, target))
    if movable.update(**fields):
        terminal = target in TERMINAL_RUN
        _record(
            image_id,
            run_id,
            EventKind.IMAGE,
            name="image",
            status=target,
            terminal=terminal,
            data=data,
        )


def _record_stage(run: Run, stage: Stage) -> None:
    data = {"attempts": stage.attempts}
    if stage.error_code:
        data["error"] = {"code": stage.error_code, "detail": stage.error_detail}
    _record(
        run.image_id,
        run.id,
        EventKind.STAGE,
        name=stage.name,
        part=stage.part,
        status=stage.status,
        data=data,
    )


def _record(image_id: UUID, run_id: UUID | None, kind: EventKind, **fields: Any) -> None:
    Event.objects.create(image_id=image_id, run_id=run_id, kind=kind, **fields)
