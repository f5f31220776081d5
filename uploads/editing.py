"""Changing what people say about an image; the pictures follow where they have to."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from processing import planning
from storage import transitions
from storage.models import FocalPointSource, Image, Tag
from storage.models.events import Act
from storage.statuses import StageName


@dataclass(frozen=True)
class FocalPoint:
    """What must stay in the picture when it is cut; fractions of width and height."""

    x: float
    y: float


@dataclass(frozen=True)
class Changes:
    """What to change; None leaves it as it is."""

    title: str | None = None
    alt_text: str | None = None
    tags: Collection[str] | None = None
    focal_point: FocalPoint | None = None
    # Back to the point that the next cutting of thumbnails finds by itself.
    automatic_focal_point: bool = False


def change(image_id: UUID, changes: Changes, *, by: User) -> bool:
    """Apply the changes of a person, and re-cut the thumbnails around a new focal point.

    False, and nothing changed, if the image was deleted meanwhile.
    """
    with transaction.atomic():
        image = Image.objects.present().select_for_update().filter(id=image_id).first()
        if image is None:
            return False
        moved = _moves(image, changes)
        edited = _edited(image, changes, moved=moved)
        Image.objects.filter(id=image_id).update(**_columns(changes), updated_at=Now())
        if changes.tags is not None:
            names = set(changes.tags)
            image.tags.set([Tag.objects.get_or_create(name=name)[0] for name in names])
        if edited:
            transitions.note([image_id], Act.EDIT, by=by.get_username(), fields=edited)
    if moved:
        planning.recut(image_id)
    return True


def reprocess(
    image_id: UUID,
    stages: Collection[StageName] | None = None,
    *,
    by: User,
    bulk: bool = False,
) -> bool:
    """Do stages again for a person, or all; False if the image was deleted meanwhile.

    With `bulk` it goes behind what others upload.
    """
    named = None if stages is None else frozenset(stages)
    if planning.reprocess(image_id, named, bulk=bulk) is None:
        return False
    transitions.note([image_id], Act.REPROCESS, by=by.get_username(), stages=list(stages or []))
    return True


def cancel(image_id: UUID, *, by: User) -> bool:
    """End the run of an image for a person; False if there is none."""
    if not transitions.cancel(image_id):
        return False
    transitions.note([image_id], Act.CANCEL, by=by.get_username())
    return True


def _edited(image: Image, changes: Changes, *, moved: bool) -> list[str]:
    """Return the names of what becomes different."""
    edited = [
        name
        for name, text in (("title", changes.title), ("alt_text", changes.alt_text))
        if text is not None and text != getattr(image, name)
    ]
    if changes.tags is not None and set(changes.tags) != {tag.name for tag in image.tags.all()}:
        edited.append("tags")
    return [*edited, "focal_point"] if moved else edited


def _moves(image: Image, changes: Changes) -> bool:
    if changes.automatic_focal_point:
        return image.focal_source != FocalPointSource.AUTOMATIC
    return changes.focal_point is not None and not _is_at(image, changes.focal_point)


def _is_at(image: Image, point: FocalPoint) -> bool:
    chosen = image.focal_source == FocalPointSource.MANUAL
    return chosen and (image.focal_x, image.focal_y) == (point.x, point.y)


def _columns(changes: Changes) -> dict[str, Any]:
    texts = {"title": changes.title, "alt_text": changes.alt_text}
    columns: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    if changes.focal_point is not None:
        columns["focal_x"] = changes.focal_point.x
        columns["focal_y"] = changes.focal_point.y
        columns["focal_source"] = FocalPointSource.MANUAL
    if changes.automatic_focal_point:
        columns["focal_source"] = FocalPointSource.AUTOMATIC
    return columns
