"""Doing the same to many images: what was done, and what was left out and why."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import TextChoices
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from processing import failures, planning
from storage import objects, transitions
from storage.errors import StorageUnavailable
from storage.models import Image, Tag
from storage.models.events import Act
from uploads import editing
from uploads.api.forms import MAX_TAGS
from uploads.permissions import deleted_images, editable_images

# Each image is a few statements of its own, while somebody waits.
MOST = 200

Link = Image.tags.through


class Action(TextChoices):
    TAG = "tag", _("add tags")
    UNTAG = "untag", _("remove tags")
    REPROCESS = "reprocess", _("reprocess")
    RETRY = "retry", _("retry failed")
    DELETE = "delete", _("delete")
    RESTORE = "restore", _("undo the deletion")


class LeftOut(TextChoices):
    """Why an image was left out."""

    GONE = "gone", _("not there, or not yours to change")
    NOT_FAILED = "not-failed", _("has not failed")
    TOO_MANY_TAGS = "too-many-tags", _("would have too many tags")
    ORIGINAL_MISSING = "original-missing", _("its original is missing")
    STORE_SILENT = "store-silent", _("the store does not answer")


@dataclass
class Outcome:
    """What became of the images of a bulk action; names of those that were left out, by reason."""

    action: Action
    done: list[UUID] = field(default_factory=list)
    left_out: dict[LeftOut, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: LeftOut, name: str) -> None:
        self.left_out.setdefault(reason, []).append(name)


def act(user: User, action: Action, ids: Sequence[UUID], tags: Collection[str] = ()) -> Outcome:
    """Do `action` to the images with these ids that a person may change; at most MOST of them."""
    outcome = Outcome(action)
    source = deleted_images(user) if action == Action.RESTORE else editable_images(user)
    found = {image.id: image for image in source.filter(id__in=ids).select_related("original")}
    for gone in [image_id for image_id in dict.fromkeys(ids) if image_id not in found]:
        outcome.leave_out(LeftOut.GONE, str(gone))
    images = [found[image_id] for image_id in dict.fromkeys(ids) if image_id in found]
    if action == Action.TAG:
        _tag(images, tags, outcome, by=user)
    elif action == Action.UNTAG:
        _untag(images, tags, outcome, by=user)
    else:
        _each(images, partial(ONE_BY_ONE[action], by=user), outcome)
    return outcome


def _tag(images: Sequence[Image], names: Collection[str], outcome: Outcome, *, by: User) -> None:
    with transaction.atomic():
        tags = [Tag.objects.get_or_create(name=name)[0] for name in names]
        had = _tags_of(images)
        for image in images:
            if len(had[image.id] | {tag.pk for tag in tags}) > MAX_TAGS:
                outcome.leave_out(LeftOut.TOO_MANY_TAGS, str(image))
            else:
                outcome.done.append(image.id)
        links = [
            Link(image_id=image_id, tag=tag)
            for image_id in outcome.done
            for tag in tags
            if tag.pk not in had[image_id]
        ]
        Link.objects.bulk_create(links, ignore_conflicts=True)
        _edited({link.image_id for link in links}, by=by)


def _tags_of(images: Iterable[Image]) -> dict[UUID, set[int]]:
    had: dict[UUID, set[int]] = {image.id: set() for image in images}
    links = Link.objects.filter(image__in=had).values_list("image_id", "tag_id")
    for image_id, tag_id in links:
        had[image_id].add(tag_id)
    return had


def _untag(images: Sequence[Image], names: Collection[str], outcome: Outcome, *, by: User) -> None:
    outcome.done.extend(image.id for image in images)
    with transaction.atomic():
        links = Link.objects.filter(image__in=outcome.done, tag__name__in=names)
        had = set(links.values_list("image_id", flat=True))
        links.delete()
        _edited(had, by=by)


def _edited(ids: Collection[UUID], *, by: User) -> None:
    Image.objects.filter(id__in=ids).update(updated_at=Now())
    transitions.note(ids, Act.EDIT, by=by.get_username(), fields=["tags"])


def _each(
    images: Iterable[Image], step: Callable[[Image], LeftOut | None], outcome: Outcome
) -> None:
    for image in images:
        reason = step(image)
        if reason is None:
            outcome.done.append(image.id)
        else:
            outcome.leave_out(reason, str(image))


# Each of these does it to one image for a person, or says why not.


def _reprocess(image: Image, *, by: User) -> LeftOut | None:
    return None if editing.reprocess(image.id, by=by, bulk=True) else LeftOut.GONE


def _retry(image: Image, *, by: User) -> LeftOut | None:
    retried = failures.retry_image(image.id, by=by.get_username())
    return None if retried else LeftOut.NOT_FAILED


def _delete(image: Image, *, by: User) -> LeftOut | None:
    return None if transitions.delete(image.id, by=by.get_username()) else LeftOut.GONE


def _restore(image: Image, *, by: User) -> LeftOut | None:
    try:
        if not objects.exists(objects.ORIGINALS, image.original.key):
            return LeftOut.ORIGINAL_MISSING
    except StorageUnavailable:
        return LeftOut.STORE_SILENT
    grace_seconds = settings.AUDIT_GRACE_SECONDS
    if not transitions.restore(image.id, grace_seconds=grace_seconds, by=by.get_username()):
        return LeftOut.GONE
    if transitions.was_cut_short(image.id):
        planning.reprocess(image.id)
    return None


ONE_BY_ONE = {
    Action.REPROCESS: _reprocess,
    Action.RETRY: _retry,
    Action.DELETE: _delete,
    Action.RESTORE: _restore,
}
