"""Where the bytes of variants and originals are found; never asks a store."""

from functools import lru_cache
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.urls import get_script_prefix, reverse

# Arguments for the sake of the path around them.
NO_KEY = "no-variant"
NO_IMAGE = str(UUID(int=0))


class Stored(Protocol):
    """What has an object: a variant, or the columns of one."""

    @property
    def key(self) -> str: ...


def variant_url(variant: Stored) -> str:
    """Return the address of a variant: at the CDN where there is one, else a path of ours."""
    if settings.VARIANTS_BASE_URL:
        return f"{settings.VARIANTS_BASE_URL.rstrip('/')}/{quote(variant.key)}"
    before, after = _around("variant", NO_KEY, get_script_prefix())
    return f"{before}{quote(variant.key)}{after}"


def page_url(image_id: UUID) -> str:
    """Return the path of the page of an image."""
    before, after = _around("image", NO_IMAGE, get_script_prefix())
    return f"{before}{image_id}{after}"


@lru_cache
def _around(name: str, example: str, script_prefix: str) -> tuple[str, str]:
    """Return what stands before and behind the argument of a path.

    A page of the library has hundreds of paths, and `reverse` takes fifty times as long for each.
    """
    before, _, after = reverse(name, args=[example]).partition(example)
    return before, after


def original_url(image_id: UUID) -> str:
    """Return the path at which those who may see an image find its original."""
    return reverse("original", args=[image_id])
