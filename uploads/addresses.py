"""Where the bytes of variants and originals are found; never asks a store."""

from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from storage.models import Variant


def variant_url(variant: Variant) -> str:
    """Return the address of a variant: at the CDN where there is one, else a path of ours."""
    if settings.VARIANTS_BASE_URL:
        return f"{settings.VARIANTS_BASE_URL.rstrip('/')}/{quote(variant.key)}"
    return reverse("variant", args=[variant.key])


def original_url(image_id: UUID) -> str:
    """Return the path at which those who may see an image find its original."""
    return reverse("original", args=[image_id])
