from django.conf import settings
from django.db import models


class QueuePause(models.Model):
    """A queue that nobody is to work on; workers look here, so it outlives brokers and restarts."""

    queue = models.CharField(max_length=64, primary_key=True)
    paused_at = models.DateTimeField(auto_now_add=True)
    # Without a constraint: an older release deletes people and knows nothing of this.
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )

    def __str__(self) -> str:
        return self.queue
