"""Deleting an image, which hides it, and what may follow: its return, or its end."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from storage.clock import seconds_from_now
from storage.models import Event, Image
from storage.models.events import EventKind
from storage.transitions.moves import record
from storage.transitions.runs import cancel

DELETED = "deleted"
RESTORED = "restored"
# When an image was deleted that is being removed: no grace reaches back that far.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@transaction.atomic
def delete(image_id: UUID, *, by: str = "") -> bool:
    """Hide an image and end its run; the audit removes it after the grace period.

    `by` names who did it, for the history.
    """
    cancelled = cancel(image_id)
    deleted = Image.objects.filter(id=image_id, deleted_at=None).update(
        deleted_at=Now(), updated_at=Now(), idempotency_key=None
    )
    if deleted:
        data = {"by": by, "cancelled_run": cancelled}
        record(image_id, None, EventKind.IMAGE, name=DELETED, status=DELETED, data=data)
    return bool(deleted)


@transaction.atomic
def restore(image_id: UUID, *, grace_seconds: float, by: str = "") -> bool:
    """Show an image again that was deleted within the grace period; False if it was not.

    Its original is still there: until the image is removed it counts as one of its users. A run
    that the deletion cancelled stays cancelled; `was_cut_short` says whether there was one.
    """
    # The statement looks into another table: only under the lock it sees what was done meanwhile.
    Image.objects.select_for_update().filter(id=image_id).first()
    restored = Image.objects.filter(
        id=image_id,
        deleted_at__gt=seconds_from_now(-grace_seconds),
        original__users__gt=0,
    ).update(deleted_at=None, updated_at=Now())
    if restored:
        record(image_id, None, EventKind.IMAGE, name=RESTORED, status=RESTORED, data={"by": by})
    return bool(restored)


def was_cut_short(image_id: UUID) -> bool:
    """Say whether the latest deletion of an image ended a run of it."""
    latest = Event.objects.filter(image=image_id, kind=EventKind.IMAGE, name=DELETED)
    data = latest.order_by("-id").values_list("data", flat=True).first() or {}
    return bool(data.get("cancelled_run"))


def condemn(image_id: UUID, deleted_before: datetime) -> bool:
    """Make the deletion of an image final before its objects go; False if it was restored."""
    condemned = Image.objects.filter(id=image_id, deleted_at__lt=deleted_before)
    return bool(condemned.update(deleted_at=LONG_AGO))
