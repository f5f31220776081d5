"""A Celery application that sends messages and never waits for results.

Celery subscribes to the results of a chord while it builds it. In a process that only announces
work nobody reads them, and a Redis that is gone would cost it twenty seconds, in a finalizer too.
"""

from typing import Any

from celery import Celery
from celery.app.backends import by_url
from celery.result import AsyncResult
from django.conf import settings

# Which backend it is, the settings say.
_found: Any = by_url(settings.CELERY_RESULT_BACKEND)
_Backend, _address = _found


class SendingBackend(_Backend):  # type: ignore[misc, valid-type]
    """The configured result backend, in which chords are counted but nothing is listened to."""

    def on_task_call(self, producer: Any, task_id: str) -> None:
        return

    def add_pending_result(
        self, result: AsyncResult[Any], weak: bool = False, start_drainer: bool = True
    ) -> AsyncResult[Any]:
        return result

    def remove_pending_result(self, result: AsyncResult[Any]) -> AsyncResult[Any]:
        return result


def _publisher() -> Celery:
    name = f"{__name__}:{SendingBackend.__name__}"
    app = Celery("darkroom-publisher", backend=f"{name}+{_address}", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


publisher = _publisher()
