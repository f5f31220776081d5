"""A Celery application that sends messages and never asks for results.

Celery subscribes to the results of a chord while it builds the chain around it. In a process that
only announces work, a Redis that is gone would then cost twenty seconds, in a finalizer too.
"""

from celery import Celery
from celery.backends.base import DisabledBackend


class SilentBackend(DisabledBackend):
    """Knows no results, and lets chords be built: the worker that sends them has a real one."""

    def ensure_chords_allowed(self) -> None:
        return


def _publisher() -> Celery:
    app = Celery(
        "darkroom-publisher", backend="processing.publisher:SilentBackend", set_as_current=False
    )
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


publisher = _publisher()
