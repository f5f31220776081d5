"""Mending what an audit found: making variants again, sending stuck runs on their way.

For a person who asked for it, never on a schedule: where a store is merely not mounted every
variant is missing, and making all of them anew would be the wrong answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from processing import planning
from processing.errors import PartialReprocessImpossible
from processing.sweep import sweep
from storage import objects, transitions
from storage.audit import Report
from storage.errors import ObjectMissing
from storage.models import Image, Original, Run, Variant
from storage.statuses import RunStatus, StageName

T = TypeVar("T")

# Keys and ids that are looked up in one statement; databases limit the values of one.
BATCH = 500


@dataclass
class Derivations:
    """Images whose broken variants can be made again, by stage, and those where they cannot."""

    stages: dict[UUID, set[StageName]] = field(default_factory=dict)
    impossible: list[UUID] = field(default_factory=list)


def derivations(report: Report) -> Derivations:
    """Return what would be made again for the broken variants of a report; changes nothing.

    Reads the originals concerned, and raises StorageUnavailable where that is not possible.
    """
    found = Derivations()
    for keys in _batches(report.broken_variants):
        for variant in Variant.objects.select_related("stage").filter(key__in=keys, live=True):
            found.stages.setdefault(variant.image_id, set()).add(StageName(variant.stage.name))
    for ids in _batches(list(found.stages)):
        for image in Image.objects.select_related("original").filter(id__in=ids):
            if not _is_sound(image.original):
                del found.stages[image.id]
                found.impossible.append(image.id)
    return found


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _is_sound(original: Original) -> bool:
    """Read an original: a run on a damaged one would fail, and its image with it."""
    try:
        found = objects.read_digest(objects.ORIGINALS, original.key)
    except ObjectMissing:
        return False
    return found == objects.Digest(original.sha256, original.bytes)


def derive(derivations: Derivations) -> list[Run]:
    """Start a run of the stages that made each broken variant, with the presets as they are now.

    What is broken stays listed until the new variants are there. An image that is being
    processed is left alone: the run that is under way may replace what is broken.
    """
    runs = (_derive(image_id, stages) for image_id, stages in derivations.stages.items())
    return [run for run in runs if run is not None]


def _derive(image_id: UUID, stages: set[StageName]) -> Run | None:
    image = Image.objects.present().filter(id=image_id).first()
    if image is None or image.is_active:
        return None
    # Single stages can be done again only of an image that is ready.
    wanted = frozenset(stages) if image.status == RunStatus.READY else None
    try:
        return planning.reprocess(image_id, wanted, bulk=True)
    except PartialReprocessImpossible:
        # Somebody else was first, a moment ago.
        return None


def dispatch_again(report: Report) -> int:
    """Make stuck runs due, and sweep; return how many runs were stuck and are due now."""
    due = sum(transitions.postpone(UUID(run_id), seconds=0) for run_id in report.stuck_runs)
    sweep()
    return due
