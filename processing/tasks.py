"""One thin task per stage: claim it, do it, record how it went; all that is in `execution`.

A task never raises for a failed stage: the stage's row says how it ended, and a Celery failure
would take the chord's other tasks down with it.
"""

from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore

from processing import remote_control as remote_control  # registers by being imported
from processing.execution import execute
from processing.sweep import sweep
from storage import audit as records_and_objects
from storage.models import Stage
from storage.statuses import SETTLED_STAGE

AUDIT_LIMIT_SECONDS = 6 * 3600


@shared_task(bind=True, ignore_result=True)
def resize(self: Task[Any, Any], stage_id: str) -> None:
    """Do the first stage; the canvas goes on only behind one that is done."""
    execute(UUID(stage_id), worker=str(self.request.hostname))
    if not Stage.objects.filter(id=stage_id, status__in=SETTLED_STAGE).exists():
        raise Ignore


# The results of these three count the chord down, so they must not be ignored.
@shared_task(bind=True, ignore_result=False)
def compress(self: Task[Any, Any], stage_id: str) -> None:
    execute(UUID(stage_id), worker=str(self.request.hostname))


@shared_task(bind=True, ignore_result=False)
def thumbnail(self: Task[Any, Any], stage_id: str) -> None:
    execute(UUID(stage_id), worker=str(self.request.hostname))


@shared_task(bind=True, ignore_result=False)
def analyze(self: Task[Any, Any], stage_id: str) -> None:
    execute(UUID(stage_id), worker=str(self.request.hostname))


@shared_task(bind=True, ignore_result=True)
def publish(self: Task[Any, Any], stage_id: str) -> None:
    execute(UUID(stage_id), worker=str(self.request.hostname))


@shared_task(ignore_result=True)
def dispatch() -> None:
    """Announce what is due, take back what is lost; the scheduler sends this every few seconds."""
    sweep()


# Listing a large bucket takes hours, longer than any broker waits for an acknowledgement; an audit
# that is lost is made good by the next one.
@shared_task(
    ignore_result=True,
    acks_late=False,
    soft_time_limit=AUDIT_LIMIT_SECONDS,
    time_limit=AUDIT_LIMIT_SECONDS + 60,
)
def audit() -> None:
    """Compare records and objects, and remove what nothing refers to after the grace period."""
    records_and_objects.audit(repair=True)
