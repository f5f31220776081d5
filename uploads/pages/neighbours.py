"""The images before and after one in the library, within the filters that somebody came with."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from storage.models.images import ImageQuerySet
from uploads.api.filters import narrow
from uploads.pages.filter_form import LibraryForm


@dataclass(frozen=True)
class Neighbours:
    """Addresses; empty at either end of the library."""

    newer: str
    older: str
    back: str


def neighbours(images: ImageQuerySet, image_id: UUID, parameters: QueryDict) -> Neighbours:
    """Return where to go from an image among those that meet the filters, in two queries."""
    within = filters_of(parameters)
    found = narrow(images, _filters(parameters))
    newer = found.filter(id__gt=image_id).order_by("id").values_list("id", flat=True).first()
    older = found.filter(id__lt=image_id).order_by("-id").values_list("id", flat=True).first()
    return Neighbours(
        newer=_address(newer, within),
        older=_address(older, within),
        back=f"{reverse('library')}{within}",
    )


def filters_of(parameters: QueryDict) -> str:
    """Return the library's filters as the end of an address: `?tag=sea`, or nothing."""
    names = _filters(parameters)
    given = [(name, value) for name in names for value in parameters.getlist(name)]
    return f"?{urlencode(given)}" if given else ""


def _filters(parameters: QueryDict) -> dict[str, Any]:
    # Whose images are seen at all is decided before.
    return LibraryForm(parameters, with_owner=True).filters()


def _address(image_id: UUID | None, within: str) -> str:
    return f"{reverse('image', args=[image_id])}{within}" if image_id else ""
