"""Moves of a whole run: its beginning, its announcements, its end at a person's wish."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from storage import log_context, traces
from storage.clock import seconds_from_now
from storage.models import Event, Image, Run, Stage, Variant
from storage.models.events import Act, EventKind
from storage.statuses import (
    ACTIVE_RUN,
    RunStatus,
    StageName,
    StageStatus,
)
from storage.transitions.moves import (
    end_run,
    movable_stage,
    move_image,
    record_stage,
    revoke,
)
from storage.transitions.values import Plan

logger = logging.getLogger(__name__)


@transaction.atomic
def start_run(image_id: UUID, plan: Plan) -> Run | None:
    """Give an image a new generation, which supersedes an active one; None if it is deleted."""
    image = Image.objects.select_for_update().filter(id=image_id, deleted_at=None).first()
    if image is None:
        return None
    _supersede(image)
    if image.generation and not image.ready_at:
        Variant.objects.filter(image=image).update(live=False)
    run = _begin(image, plan)
    Stage.objects.bulk_create(_planned(run, plan))
    move_image(image.id, RunStatus.QUEUED, run.id, generation=run.number)
    transaction.on_commit(lambda: _tell(run))
    return run


def _begin(image: Image, plan: Plan) -> Run:
    """Write the row of a run, and in it the span that all its work belongs to."""
    run = Run(
        image=image,
        number=image.generation + 1,
        presets=list(plan.presets),
        bulk=plan.bulk,
        owner_id=image.owner_id,
        lane=plan.lane,
        dispatch_at=Now(),
        request_id=log_context.request_id(),
    )
    about = {"darkroom.run": str(run.id), "darkroom.image": str(image.id)}
    with traces.span("begin run", about={**about, "darkroom.run_number": run.number}):
        run.traceparent = traces.traceparent()
        run.save(force_insert=True)
    return run


def _tell(run: Run) -> None:
    # Of interest beside the id of a request; an import of thousands would drown in it.
    level = logging.INFO if run.request_id else logging.DEBUG
    with log_context.bound(run=str(run.id), image=str(run.image_id)):
        logger.log(level, "Run %s of image %s begins.", run.number, run.image_id)


def _planned(run: Run, plan: Plan) -> Iterator[Stage]:
    for name, part, queue in plan.stages:
        skipped = name in plan.skipped
        status = StageStatus.SKIPPED if skipped else StageStatus.PENDING
        yield Stage(run=run, name=name, part=part, queue=queue, status=status)


def _supersede(image: Image) -> None:
    for run in Run.objects.select_for_update().filter(image=image, status__in=ACTIVE_RUN):
        end_run(run, RunStatus.CANCELLED, image_too=False)


@transaction.atomic
def cancel(image_id: UUID) -> bool:
    """End the active run of an image at the wish of a person; False if there is none."""
    image = Image.objects.select_for_update().filter(id=image_id).first()
    run = Run.objects.select_for_update().filter(image=image, status__in=ACTIVE_RUN).first()
    return run is not None and end_run(run, RunStatus.CANCELLED)


def note(image_ids: Iterable[UUID], act: Act, *, by: str, **data: Any) -> None:
    """Record what a person did with images; whoever follows their runs is not told."""
    event = partial(Event, kind=EventKind.IMAGE, name=act, status=act, data={"by": by, **data})
    Event.objects.bulk_create([event(image_id=image_id) for image_id in image_ids])


@transaction.atomic
def announce(
    run_id: UUID, stage_ids: Sequence[UUID], *, expected: int, again_in_seconds: float
) -> bool:
    """Admit a run and take it out of the outbox until later; False if another was first.

    `expected` is the number of dispatches that the caller saw: of two dispatchers one wins.
    `stage_ids` are the stages whose messages are about to be sent.
    """
    taken = Run.objects.filter(id=run_id, status__in=ACTIVE_RUN, dispatches=expected).update(
        dispatches=F("dispatches") + 1,
        admitted_at=Coalesce("admitted_at", Now()),
        dispatch_at=seconds_from_now(again_in_seconds),
    )
    if taken:
        waiting = Stage.objects.filter(id__in=stage_ids, status=StageStatus.PENDING)
        waiting.update(queued_at=Coalesce("queued_at", Now()), announced_at=Now())
    return bool(taken)


def postpone(run_id: UUID, *, seconds: float) -> bool:
    """Look at a run again later: its messages are still on their way."""
    return bool(
        Run.objects.filter(id=run_id, status__in=ACTIVE_RUN).update(
            dispatch_at=seconds_from_now(seconds)
        )
    )


@transaction.atomic
def withdraw(run_id: UUID, *, seconds: float) -> bool:
    """Take an announcement back that the broker did not take, and look at the run again later."""
    Stage.objects.filter(run_id=run_id, status=StageStatus.PENDING).update(queued_at=None)
    return postpone(run_id, seconds=seconds)


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
    reset = movable_stage(stage.id, StageStatus.PENDING).update(
        status=StageStatus.PENDING,
        attempts=0,
        token=None,
        lease_expires_at=None,
        available_at=None,
        queued_at=None,
        finished_at=None,
    )
    if reset:
        revoke(stage)
        stage.variants.all().delete()
        stage.refresh_from_db()
        record_stage(run, stage)
