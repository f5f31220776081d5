"""Deciding what a run consists of: which presets apply, which stages are needed."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction

from processing import imaging, specifications
from processing.box.allowance import Allowance, for_rendering
from processing.errors import PartialReprocessImpossible
from processing.imaging import Header, Size, VariantSpec
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
    specs = enabled_specs()
    wanted = REPEATABLE if stages is None or not stages & REPEATABLE else stages & REPEATABLE
    return Plan(
        presets=[spec.to_json() for spec in specs],
        stages=_stages(original, specs, bulk=bulk),
        skipped=REPEATABLE - wanted,
        bulk=bulk,
    )


def _stages(
    original: Original, specs: Sequence[VariantSpec], *, bulk: bool
) -> list[tuple[StageName, str, str]]:
    parts = imaging.plan_sizes(Size(original.width, original.height), specs)
    large = bytes_needed(original, specs) > settings.RESIZE_MEMORY_BYTES
    named = [
        (StageName.RESIZE, ""),
        # What people look at first goes first.
        (StageName.THUMBNAIL, ""),
        (StageName.ANALYZE, ""),
        *((StageName.COMPRESS, part) for part in parts),
        (StageName.PUBLISH, ""),
    ]
    return [(name, part, queue_of(name, bulk=bulk, large=large)) for name, part in named]


def queue_of(name: StageName, *, bulk: bool, large: bool = False) -> str:
    """Return the queue of a stage, from the one table of routes.

    A large picture is one that needs more memory than ordinary workers may take.
    """
    queue: str = settings.CELERY_TASK_ROUTES[f"processing.tasks.{name}"]["queue"]
    if large:
        queue = settings.QUEUES_OF_LARGE_PICTURES.get(queue, queue)
    return f"{settings.BULK_QUEUE_PREFIX}{queue}" if bulk else queue


def memory_needed(header: Header, content_bytes: int) -> int:
    """Return the memory in bytes that resizing a file takes with the presets as they are now."""
    return _needed_bytes(header, content_bytes, enabled_specs())


def bytes_needed(original: Original, specs: Sequence[VariantSpec]) -> int:
    """Return the memory in bytes that resizing an original takes in a run of these presets."""
    return _needed_bytes(_header_of(original), original.bytes, specs)


def allowance(original: Original, specs: Sequence[VariantSpec], sizes: Sequence[Size]) -> Allowance:
    """Return what decoding an original may take in a run of these presets."""
    return for_rendering(
        bytes_needed(original, specs),
        sizes,
        frames=original.frames,
        cpu_seconds=settings.DECODE_CPU_SECONDS,
    )


def enabled_specs() -> list[VariantSpec]:
    """Return the presets that a run which begins now would freeze."""
    presets = Preset.objects.select_related("overlay").filter(enabled=True)
    return [specifications.of_preset(preset) for preset in presets]


def _needed_bytes(header: Header, content_bytes: int, specs: Sequence[VariantSpec]) -> int:
    sizes = imaging.rendition_sizes(Size(header.width, header.height), specs)
    largest = max(sizes.values(), key=lambda size: size.area)
    return imaging.needed_bytes(header, largest, content_bytes=content_bytes)


def _header_of(original: Original) -> Header:
    """Return what was recorded of a file's header; the worst where nothing was."""
    decoder_bytes = original.decoder_bytes
    if decoder_bytes is None:
        pixels = original.width * original.height
        decoder_bytes = imaging.most_decoder_bytes(original.format, pixels)
    return Header(
        format=original.format,
        width=original.width,
        height=original.height,
        frames=original.frames,
        has_alpha=original.has_alpha,
        animated=original.frames > 1,
        orientation=1,
        mode=original.mode or "RGB",
        decoder_bytes=decoder_bytes,
    )


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
