"""The scheduler: its schedule stands in the database, where people change it while it runs."""

import logging
from datetime import datetime
from typing import Any

from django.db import Error
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from processing.periodic import ESSENTIAL

logger = logging.getLogger(__name__)


class TaskEntry(ModelEntry):  # type: ignore[misc]  # its package has no types
    """A periodic task of the database, of which the scheduler writes two columns and no other."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        super().__init__(model, app=app)
        # Written by a scheduler whose clock was ahead, it would hold this one up until then.
        self.last_run_at: datetime = min(self.last_run_at, self._default_now())

    def save(self) -> None:
        """Record the last run; the whole row would take back what a person has just changed."""
        PeriodicTask.objects.filter(pk=self.model.pk).update(
            last_run_at=self.model.last_run_at, total_run_count=self.model.total_run_count
        )


class DatabaseSchedule(DatabaseScheduler):  # type: ignore[misc]
    """Reads the schedule, and never writes the defaults over it as its base class does."""

    Entry = TaskEntry

    def setup_schedule(self) -> None:
        """Read what `migrate` has seeded and people have changed."""
        _ = self.schedule

    def all_as_schedule(self) -> dict[str, TaskEntry]:
        """Return the entries that are switched on; those known before, while nobody answers."""
        try:
            entries: dict[str, TaskEntry] = super().all_as_schedule()
        except Error:
            if self._schedule is None:
                raise
            logger.exception("The schedule could not be read; the one known before goes on.")
            # What has changed is read with the next look, not in five minutes.
            self._last_full_sync = datetime.min
            entries = self._schedule
        _complain_if_nothing_sweeps(entries)
        return entries


def _complain_if_nothing_sweeps(entries: dict[str, TaskEntry]) -> None:
    if not any(entry.task == ESSENTIAL for entry in entries.values()):
        logger.error(
            "No periodic task sends %s: what is lost is not found again. "
            "Switch it on in the administration, or add it again with manage.py migrate.",
            ESSENTIAL,
        )
