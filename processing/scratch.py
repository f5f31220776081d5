"""Removing the intermediates of runs that are over."""

import logging
from uuid import UUID

from django.db.models.functions import Now

from storage import objects
from storage.errors import StorageError
from storage.models import Run
from storage.statuses import TERMINAL_RUN

logger = logging.getLogger(__name__)

RUNS_PER_SWEEP = 200


def clear_scratch(run_id: UUID) -> None:
    """Remove the intermediates of a run and note that it is done; raises StorageUnavailable."""
    run = Run.objects.get(id=run_id)
    objects.remove_prefix(objects.SCRATCH, run.prefix)
    Run.objects.filter(id=run_id).update(scratch_cleared_at=Now())


def clear_ended_runs() -> int:
    """Clear what ended runs have left; return how many were cleared."""
    ended = Run.objects.filter(status__in=TERMINAL_RUN, scratch_cleared_at=None)
    cleared = 0
    for run_id in ended.values_list("id", flat=True)[:RUNS_PER_SWEEP]:
        try:
            clear_scratch(run_id)
            cleared += 1
        except StorageError:
            logger.warning("Scratch of run %s could not be cleared.", run_id, exc_info=True)
    return cleared
