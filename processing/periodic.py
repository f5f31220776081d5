"""What the scheduler sends, and when: rows that `migrate` seeds and that people change."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django_celery_beat.models import IntervalSchedule, PeriodicTask

# Without it nothing that was lost is found again, and runs that wait in line do not move.
ESSENTIAL = "processing.tasks.dispatch"


def has_tables() -> bool:
    """Say whether migrations have come that far: some may have been asked for by name."""
    return PeriodicTask._meta.db_table in connection.introspection.table_names()


def seed() -> list[str]:
    """Add what the settings name and the database lacks; return the names of what was added.

    Whatever a row says, and also one that people have renamed, stays as it is.
    """
    return [name for name, entry in settings.CELERY_BEAT_SCHEDULE.items() if _add(name, entry)]


def _add(name: str, entry: Mapping[str, Any]) -> bool:
    if PeriodicTask.objects.filter(Q(name=name) | Q(task=entry["task"])).exists():
        return False
    values = {
        "task": entry["task"],
        "interval": _interval(entry["schedule"]),
        "expire_seconds": entry.get("options", {}).get("expires"),
    }
    # Two that migrate at once: the second one finds the row of the first.
    return bool(PeriodicTask.objects.get_or_create(name=name, defaults=values)[1])


def _interval(length: timedelta) -> IntervalSchedule:
    """Return the row of an interval; nothing forbids several, so that one will do."""
    whole_days = not length.seconds
    values = {
        "every": length.days if whole_days else round(length.total_seconds()),
        "period": IntervalSchedule.DAYS if whole_days else IntervalSchedule.SECONDS,
    }
    found = IntervalSchedule.objects.filter(**values).first()
    return found or IntervalSchedule.objects.create(**values)


def running() -> QuerySet[PeriodicTask]:
    """Return the rows that are sent again and again as of now."""
    rows: QuerySet[PeriodicTask] = PeriodicTask.objects.filter(
        Q(expires=None) | Q(expires__gt=Now()),
        Q(start_time=None) | Q(start_time__lte=Now()),
        enabled=True,
        one_off=False,
    )
    return rows


def switched_on() -> dict[str, bool]:
    """Say of each task of the settings, by its short name, whether a running row sends it."""
    sent = set(running().values_list("task", flat=True))
    tasks = (entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())
    return {task.rpartition(".")[2]: task in sent for task in tasks}
