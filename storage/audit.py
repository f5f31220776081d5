"""Comparing records and objects, both ways.

A dry run unless told otherwise. An object that nothing refers to is removed only when it is
older than the grace period: a stage that is running writes its objects before their rows. What
has to be made again is only found here: `processing.repair` makes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from storage import objects, originals, transitions
from storage.errors import ObjectMissing
from storage.models import Image, Original, Overlay, Run, Stage, Variant
from storage.objects import StoredObject
from storage.statuses import ACTIVE_RUN, TERMINAL_RUN, StageName, StageStatus

# Rows looked up at once for a batch of listed objects.
BATCH = 500


@dataclass
class Report:
    """What an audit found; keys are those of the object stores, ids those of the records."""

    missing_originals: list[str] = field(default_factory=list)
    missing_overlays: list[str] = field(default_factory=list)
    missing_variants: list[str] = field(default_factory=list)
    damaged_originals: list[str] = field(default_factory=list)
    damaged_overlays: list[str] = field(default_factory=list)
    damaged_variants: list[str] = field(default_factory=list)
    images_without_original: list[str] = field(default_factory=list)
    stuck_runs: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    unfinished_uploads: list[str] = field(default_factory=list)
    wrong_counts: list[str] = field(default_factory=list)
    expired_images: list[str] = field(default_factory=list)
    expired_variants: list[str] = field(default_factory=list)
    unused_originals: list[str] = field(default_factory=list)
    repaired: bool = False

    @property
    def damaged(self) -> list[str]:
        """Return the objects of every store whose content is not what was recorded."""
        originals = self.damaged_originals + self.damaged_overlays
        return [
            *(f"{objects.ORIGINALS}: {key}" for key in originals),
            *(f"{objects.VARIANTS}: {key}" for key in self.damaged_variants),
        ]

    @property
    def broken_variants(self) -> list[str]:
        """Return the keys of variants that are shown and cannot be served as recorded."""
        return self.missing_variants + self.damaged_variants

    @property
    def is_irreplaceable(self) -> bool:
        """Say whether something is lost that only a person can bring back."""
        return bool(
            self.missing_originals
            or self.missing_overlays
            or self.damaged_originals
            or self.damaged_overlays
        )

    @property
    def is_clean(self) -> bool:
        """Say whether nothing is wrong; what has merely expired is not wrong."""
        return not (
            self.is_irreplaceable
            or self.broken_variants
            or self.stuck_runs
            or self.orphans
            or self.unfinished_uploads
            or self.wrong_counts
        )


def audit(
    *, repair: bool = False, grace_seconds: float | None = None, read_content: bool = False
) -> Report:
    """Compare all records with all objects; with `repair`, remove what is superfluous.

    `read_content` also hashes every object. Never removes a row whose object is missing.
    """
    grace = settings.AUDIT_GRACE_SECONDS if grace_seconds is None else grace_seconds
    cutoff = timezone.now() - timedelta(seconds=grace)
    report = Report(repaired=repair)
    _expired_images(report, cutoff)
    _expired_variants(report, cutoff)
    _wrong_counts(report)
    _unused_originals(report, cutoff)
    _missing(report, read_content=read_content)
    _stuck_runs(report, cutoff)
    _orphans(report, cutoff)
    _unfinished_uploads(report, cutoff)
    return report


# --- Records that have had their time ---------------------------------------------------------


def _expired_images(report: Report, cutoff: datetime) -> None:
    """Find deleted images whose grace is over; remove their objects, then their rows."""
    for image in Image.objects.filter(deleted_at__lt=cutoff).iterator():
        report.expired_images.append(str(image.id))
        if report.repaired and transitions.condemn(image.id, cutoff):
            _remove_image(image)


def _remove_image(image: Image) -> None:
    for run in image.runs.all():
        objects.remove_prefix(objects.VARIANTS, run.prefix)
        objects.remove_prefix(objects.SCRATCH, run.prefix)
    with transaction.atomic():
        original_id = image.original_id
        image.delete()
        originals.release(original_id)


def _expired_variants(report: Report, cutoff: datetime) -> None:
    """Find variants that a later run has replaced and that no page shows any more."""
    replaced = Variant.objects.filter(
        live=False, run__status__in=TERMINAL_RUN, run__finished_at__lt=cutoff
    )
    for variant in replaced.iterator():
        report.expired_variants.append(variant.key)
        if report.repaired and Variant.objects.filter(id=variant.id, live=False).delete()[0]:
            objects.remove(objects.VARIANTS, [variant.key])


def _wrong_counts(report: Report) -> None:
    """Find originals whose counted users differ from a recount."""
    recounted = Original.objects.annotate(recount=Count("images"))
    for original in recounted.exclude(users=F("recount")).iterator():
        report.wrong_counts.append(original.sha256)
        if report.repaired:
            _recount(original.id)


@transaction.atomic
def _recount(original_id: UUID) -> None:
    original = Original.objects.select_for_update().get(id=original_id)
    count = original.images.count()
    unused_since = None if count else original.unused_since or Now()
    Original.objects.filter(id=original_id).update(users=count, unused_since=unused_since)


def _unused_originals(report: Report, cutoff: datetime) -> None:
    for original in Original.objects.filter(users=0, unused_since__lt=cutoff).iterator():
        report.unused_originals.append(original.sha256)
        if report.repaired and _remove_row(original.id, cutoff):
            objects.remove(objects.ORIGINALS, [original.key])


@transaction.atomic
def _remove_row(original_id: UUID, cutoff: datetime) -> bool:
    """Remove the row of an unused original unless an upload takes hold of it right now."""
    unused = Original.objects.select_for_update().filter(
        id=original_id, users=0, unused_since__lt=cutoff
    )
    return unused.first() is not None and bool(Original.objects.filter(id=original_id).delete()[0])


# --- Records without objects ------------------------------------------------------------------


def _missing(report: Report, *, read_content: bool) -> None:
    for original in Original.objects.iterator():
        fault = _fault(objects.ORIGINALS, original, read_content=read_content)
        if fault:
            getattr(report, f"{fault}_originals").append(original.key)
            present = original.images.filter(deleted_at=None).order_by("id")
            report.images_without_original.extend(str(image.id) for image in present)
    for overlay in Overlay.objects.iterator():
        fault = _fault(objects.ORIGINALS, overlay, read_content=read_content)
        if fault:
            getattr(report, f"{fault}_overlays").append(overlay.key)
    for variant in _shown_variants().iterator():
        fault = _fault(objects.VARIANTS, variant, read_content=read_content)
        if fault:
            getattr(report, f"{fault}_variants").append(variant.key)


def _shown_variants() -> QuerySet[Variant]:
    """Return what an address leads to; the rest awaits its removal, which asks for no object."""
    return Variant.objects.filter(live=True, image__deleted_at=None).exclude(
        run__status__in=ACTIVE_RUN
    )


def _fault(
    alias: str, row: Original | Overlay | Variant, *, read_content: bool
) -> Literal["missing", "damaged"] | None:
    expected = objects.Digest(row.sha256, row.bytes)
    try:
        size = objects.size(alias, row.key)
        digest = objects.read_digest(alias, row.key) if read_content else expected
    except ObjectMissing:
        return "missing"
    return None if size == expected.bytes and digest == expected else "damaged"


def _stuck_runs(report: Report, cutoff: datetime) -> None:
    """Find active runs that no sweep looks at, or that none has looked at for very long."""
    active = Run.objects.filter(unseen(cutoff), status__in=ACTIVE_RUN).order_by("id")
    report.stuck_runs.extend(str(run_id) for run_id in active.values_list("id", flat=True))


def unseen(cutoff: datetime) -> Q:
    """Return the condition of active runs that a sweep should have looked at before `cutoff`.

    Those that stand in line are due from their first moment on, and wait for their turn.
    """
    return Q(dispatch_at=None) | Q(dispatch_at__lt=cutoff, admitted_at__isnull=False)


# --- Objects without records ------------------------------------------------------------------


def _orphans(report: Report, cutoff: datetime) -> None:
    for alias in objects.ALIASES:
        old = (item for item in objects.walk(alias) if item.modified_at < cutoff)
        for batch in _batches(old):
            orphans = sorted({item.key for item in batch} - _referenced(alias, batch))
            report.orphans.extend(f"{alias}: {key}" for key in orphans)
            if report.repaired:
                objects.remove(alias, orphans)


def _unfinished_uploads(report: Report, cutoff: datetime) -> None:
    """Find what a killed process began to send to a bucket in parts: it is kept, and paid for."""
    for alias in objects.ALIASES:
        for upload in objects.unfinished_uploads(alias):
            if upload.began_at < cutoff:
                report.unfinished_uploads.append(f"{alias}: {upload.key}")
                if report.repaired:
                    objects.abort_upload(alias, upload)


def _batches(items: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    batch: list[StoredObject] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _referenced(alias: str, batch: list[StoredObject]) -> set[str]:
    """Return those keys of a batch that a row vouches for."""
    found = [item.key for item in batch]
    if alias == objects.ORIGINALS:
        return _originals_and_overlays(found)
    if alias == objects.VARIANTS:
        return set(Variant.objects.filter(key__in=found).values_list("key", flat=True))
    return _live_intermediates(found)


def _originals_and_overlays(found: list[str]) -> set[str]:
    hashes = {key.rpartition("/")[2].partition("-")[0] for key in found}
    originals = Original.objects.filter(sha256__in=hashes)
    overlays = Overlay.objects.filter(sha256__in=hashes)
    return {original.key for original in originals} | {overlay.key for overlay in overlays}


def _live_intermediates(found: list[str]) -> set[str]:
    """Return the intermediates that an active run may still read."""
    run_ids = {run_id for key in found if (run_id := _run_of(key))}
    outputs = Stage.objects.filter(
        run_id__in=run_ids,
        run__status__in=ACTIVE_RUN,
        name=StageName.RESIZE,
        status=StageStatus.SUCCEEDED,
    ).values_list("output", flat=True)
    return {entry["key"] for output in outputs for entry in output.get("parts", {}).values()}


def _run_of(key: str) -> UUID | None:
    try:
        return UUID(key.split("/")[1])
    except (IndexError, ValueError):
        return None
