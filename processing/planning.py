"""Deciding what a run consists of: which presets apply, which stages are needed."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction

from processing import imaging, specifications
from processing.errors import PartialReprocessImpossible
from processing.imaging import Size, VariantSpec
from processing.nudging import nudge
from storage import transitions
from storage.models import Image, Original, Preset, Run
from storage.statuses import RunStatus, StageName
from storage.transitions import Plan

# What a person may ask to have done again; resize and publish come with each of them.
REPEATABLE = frozenset({StageName.COMPRESS, StageName.THUMBNAIL, StageName.ANALYZE})


def plan(
    original: Original, *, stages: frozenset[StageName] | None = None, bulk: bool = False
) -> Plan:
    """Return the stages of a new run; with `stages`, the other repeatable ones are skipped."""
    presets = Preset.objects.select_related("overlay").filter(enabled=True)
    specs = [specifications.of_preset(preset) for preset in presets]
    wanted = REPEATABLE if stages is None or not stages & REPEATABLE else stages & REPEATABLE
    return Plan(
        presets=[spec.to_json() for spec in specs],
        stages=_stages(Size(original.width, original.height), specs, bulk=bulk),
        skipped=REPEATABLE - wanted,
        bulk=bulk,
    )


def _stages(
    original: Size, specs: Sequence[VariantSpec], *, bulk: bool
) -> list[tuple[StageName, str, str]]:
    parts = imaging.plan_sizes(original, specs)
    named = [
        (StageName.RESIZE, ""),
        # What people look at first goes first.
        (StageName.THUMBNAIL, ""),
        (StageName.ANALYZE, ""),
        *((StageName.COMPRESS, part) for part in parts),
        (StageName.PUBLISH, ""),
    ]
    return [(name, part, queue_of(name, bulk=bulk)) for name, part in named]


def queue_of(name: StageName, *, bulk: bool) -> str:
    """Return the queue of a stage, from the one table of routes."""
    queue: str = settings.CELERY_TASK_ROUTES[f"processing.tasks.{name}"]["queue"]
    return f"{settings.BULK_QUEUE_PREFIX}{queue}" if bulk else queue


def reprocess(
    image_id: UUID, stages: frozenset[StageName] | None = None, *, bulk: bool = False
) -> Run | None:
    """Start a new run of an image, which supersedes an active one; None if it was deleted.

    Raises PartialReprocessImpossible when `stages` are given and the image is not ready.
    """
    with transaction.atomic():
        image = Image.objects.present().select_related("original").filter(id=image_id).first()
        if image is None:
            return None
        if stages is not None and not _everything(stages) and image.status != RunStatus.READY:
            raise PartialReprocessImpossible(
                f"The image is {image.status}: single stages can be done again once it is ready."
            )
        run = transitions.start_run(image_id, plan(image.original, stages=stages, bulk=bulk))
        if run is not None:
            transaction.on_commit(lambda: nudge(run.id))
        return run


def _everything(stages: frozenset[StageName]) -> bool:
    """Say whether a request for these stages comes to a whole run: all depend on resize."""
    return StageName.RESIZE in stages or stages >= REPEATABLE


def recut(image_id: UUID) -> Run | None:
    """Cut the thumbnails anew after a change of the focal point.

    An active run does it before it is published; a ready image gets a small run of its own; a
    failed or cancelled one will use the point when it is next processed.
    """
    requeued = transitions.requeue(image_id, StageName.THUMBNAIL)
    if requeued is not None:
        nudge(requeued.id)
        return requeued
    try:
        return reprocess(image_id, frozenset({StageName.THUMBNAIL}))
    except PartialReprocessImpossible:
        return None
