"""Narrowing the list of images down."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from storage.models import Image
from storage.models.images import ImageQuerySet

# Each word is a scan of several columns.
MAX_WORDS = 8

LOOKUPS = {
    "status": "status",
    "owner": "owner__username",
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
}


def narrow(images: ImageQuerySet, filters: Mapping[str, Any]) -> ImageQuerySet:
    """Return the images that meet every filter that was given."""
    given = {LOOKUPS[name]: value for name, value in filters.items() if name in LOOKUPS}
    images = images.filter(**given)
    if "tag" in filters:
        images = images.filter(_tagged(name=filters["tag"]))
    if "missing_alt_text" in filters:
        missing = Q(alt_text="")
        images = images.filter(missing if filters["missing_alt_text"] else ~missing)
    return search(images, filters.get("q", ""))


def search(images: ImageQuerySet, query: str) -> ImageQuerySet:
    """Return the images in which every word of `query` occurs somewhere."""
    for word in query.split()[:MAX_WORDS]:
        images = images.filter(
            Q(title__icontains=word)
            | Q(filename__icontains=word)
            | Q(alt_text__icontains=word)
            | Q(_tagged(name__icontains=word))
        )
    return images


def _tagged(**condition: str) -> Exists:
    """Return the condition that an image has such a tag, without a row for each of its tags."""
    links = Image.tags.through.objects.filter(image_id=OuterRef("id"))
    return Exists(links.filter(**{f"tag__{name}": value for name, value in condition.items()}))
