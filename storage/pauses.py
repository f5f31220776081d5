"""Which queues are paused: the only writer of these rows."""

from django.contrib.auth.models import User

from storage.models import QueuePause


def pause(queue: str, *, by: User | None = None) -> bool:
    """Pause a queue; False if it was paused already."""
    return QueuePause.objects.get_or_create(queue=queue, defaults={"paused_by": by})[1]


def resume(queue: str) -> bool:
    """End a pause; False if there was none."""
    return bool(QueuePause.objects.filter(queue=queue).delete()[0])


def rows() -> dict[str, QueuePause]:
    """Return who paused which queue, and when."""
    return {row.queue: row for row in QueuePause.objects.select_related("paused_by")}


def paused() -> set[str]:
    return set(QueuePause.objects.values_list("queue", flat=True))
