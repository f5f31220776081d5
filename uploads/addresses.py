"""Where the bytes of variants and originals are found; never asks a store."""

from functools import lru_cache
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.urls import get_script_prefix, reverse

# A key for the sake of the path before it.
EXAMPLE = "x"


class Stored(Protocol):
    """What has an object: a variant, or the columns of one."""

    @property
    def key(self) -> str: ...


def variant_url(variant: Stored) -> str:
    """Return the address of a variant: at the CDN where there is one, else a path of ours."""
    if settings.VARIANTS_BASE_URL:
        return f"{settings.VARIANTS_BASE_URL.rstrip('/')}/{quote(variant.key)}"
    return _folder(get_script_prefix()) + quote(variant.key)


@lru_cache
def _folder(script_prefix: str) -> str:
    """Return what the paths of all variants begin with: a page of the library has hundreds."""
    return reverse("variant", args=[EXAMPLE]).removesuffix(EXAMPLE)


def original_url(image_id: UUID) -> str:
    """Return the path at which those who may see an image find its original."""
    return reverse("original", args=[image_id])
