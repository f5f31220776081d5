"""The states an image, a run and a stage can be in, and the moves between them.

These tables are the life cycle: `transitions` refuses every move that is not listed here, and
ARCHITECTURE.md draws the same tables as a picture.
"""

from collections.abc import Mapping
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunStatus(models.TextChoices):
    """Of a run, and of the image whose latest run it is."""

    QUEUED = "queued", _("queued")
    PROCESSING = "processing", _("processing")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class StageName(models.TextChoices):
    RESIZE = "resize", _("resize")
    COMPRESS = "compress", _("compress")
    THUMBNAIL = "thumbnail", _("thumbnail")
    ANALYZE = "analyze", _("analyze")
    PUBLISH = "publish", _("publish")


_PLACES = {str(name): place for place, name in enumerate(StageName)}


def place_in_pipeline(name: str) -> int:
    """Return where a stage comes; those that only a newer release knows come last."""
    return _PLACES.get(name, len(_PLACES))


class StageStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("skipped")
    CANCELLED = "cancelled", _("cancelled")


class AttemptOutcome(models.TextChoices):
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    RETRIED = "retried", _("to be retried")
    EXPIRED = "expired", _("lease expired")
    REVOKED = "revoked", _("revoked")


RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.PROCESSING, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.PROCESSING: frozenset({RunStatus.READY, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.READY: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}

# An image follows its latest run, so a new run may queue it again from any state.
IMAGE_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    status: targets | {RunStatus.QUEUED} for status, targets in RUN_MOVES.items()
}

STAGE_MOVES: Mapping[StageStatus, frozenset[StageStatus]] = {
    StageStatus.PENDING: frozenset(
        {StageStatus.RUNNING, StageStatus.FAILED, StageStatus.CANCELLED}
    ),
    StageStatus.RUNNING: frozenset(
        {StageStatus.SUCCEEDED, StageStatus.PENDING, StageStatus.FAILED, StageStatus.CANCELLED}
    ),
    # A new focal point sends a finished thumbnail back while its run is still going on.
    StageStatus.SUCCEEDED: frozenset({StageStatus.PENDING}),
    StageStatus.FAILED: frozenset(),
    StageStatus.SKIPPED: frozenset(),
    StageStatus.CANCELLED: frozenset(),
}

ACTIVE_RUN = frozenset({RunStatus.QUEUED, RunStatus.PROCESSING})
TERMINAL_RUN = frozenset(RunStatus) - ACTIVE_RUN
UNFINISHED_STAGE = frozenset({StageStatus.PENDING, StageStatus.RUNNING})
SETTLED_STAGE = frozenset({StageStatus.SUCCEEDED, StageStatus.SKIPPED})

Status = TypeVar("Status", RunStatus, StageStatus)


def sources(moves: Mapping[Status, frozenset[Status]], target: Status) -> frozenset[Status]:
    """Return the states from which `target` may be reached."""
    return frozenset(source for source, targets in moves.items() if target in targets)
