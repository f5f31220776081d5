"""Narrowing the list of images down."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, TextChoices
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from storage.likeness import has_near_duplicate
from storage.models import Image, Stage
from storage.models.images import ImageQuerySet
from storage.statuses import RunStatus, StageStatus
from uploads.searching import search

LOOKUPS = {
    "status": "status",
    "owner": "owner__username",
    "format": "original__format",
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
}


class Orientation(TextChoices):
    LANDSCAPE = "landscape", _("landscape")
    PORTRAIT = "portrait", _("portrait")
    SQUARE = "square", _("square")


HIGH = F("original__height")
ORIENTATIONS = {
    Orientation.LANDSCAPE: Q(original__width__gt=HIGH),
    Orientation.PORTRAIT: Q(original__width__lt=HIGH),
    Orientation.SQUARE: Q(original__width=HIGH),
}


def narrow(images: ImageQuerySet, filters: Mapping[str, Any]) -> ImageQuerySet:
    """Return the images that meet every filter that was given."""
    given = {LOOKUPS[name]: value for name, value in filters.items() if name in LOOKUPS}
    found = images.filter(**given)
    if "tag" in filters:
        found = found.filter(_tagged(filters["tag"]))
    if "missing_alt_text" in filters:
        missing = Q(alt_text="")
        found = found.filter(missing if filters["missing_alt_text"] else ~missing)
    if "orientation" in filters:
        found = found.filter(ORIENTATIONS[filters["orientation"]])
    if "failed_stage" in filters:
        # The index of the status leads to the few images whose stages are to be looked at.
        found = found.filter(_failed_in(filters["failed_stage"]), status=RunStatus.FAILED)
    if "near_duplicates" in filters:
        found = found.exclude(perceptual_hash="").filter(has_near_duplicate(images))
    return search(_uploaded(found, filters), filters.get("q", ""))


def _uploaded(images: ImageQuerySet, filters: Mapping[str, Any]) -> ImageQuerySet:
    """Return the images of whole days: both the first and the last one are meant."""
    if first := filters.get("uploaded_from"):
        images = images.filter(created_at__gte=_beginning(first))
    if last := filters.get("uploaded_to"):
        images = images.filter(created_at__lt=_beginning(last) + timedelta(days=1))
    return images


def _beginning(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


def _tagged(name: str) -> Exists:
    """Return the condition that an image has a tag, without a row for each of its tags."""
    links = Image.tags.through.objects.filter(image_id=OuterRef("id"))
    return Exists(links.filter(tag__name=name))


def _failed_in(name: str) -> Exists:
    """Return the condition that a stage of an image's latest run has failed."""
    latest = Stage.objects.filter(run__image=OuterRef("id"), run__number=OuterRef("generation"))
    return Exists(latest.filter(name=name, status=StageStatus.FAILED))
