"""The queues of this deployment, in the order of their table."""

from django.conf import settings


def queue_names() -> list[str]:
    return [queue.name for queue in settings.CELERY_TASK_QUEUES]
