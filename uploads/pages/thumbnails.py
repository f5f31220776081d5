"""The thumbnail of an image, in every format that it was cut in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from storage.models import Variant
from storage.models.variants import VariantKind
from uploads.addresses import variant_url

# Smallest first: a browser takes the first format that it knows.
MODERN_FORMATS = ("avif", "webp")


@dataclass(frozen=True)
class Source:
    media_type: str
    url: str


@dataclass(frozen=True)
class Thumbnail:
    """What an `<img>` and its `<source>`s need; width and height in pixels."""

    url: str
    width: int
    height: int
    sources: Sequence[Source]


def live_thumbnails() -> Prefetch[str]:
    """Return the prefetch that leaves an image's thumbnails in `image.thumbnails`."""
    live = Variant.objects.filter(live=True, kind=VariantKind.THUMBNAIL)
    return Prefetch("variants", queryset=live, to_attr="thumbnails")


def thumbnail(variants: Iterable[Variant]) -> Thumbnail | None:
    """Return the largest thumbnail among `variants`; None while none has been cut."""
    cut = [variant for variant in variants if variant.kind == VariantKind.THUMBNAIL]
    if not cut:
        return None
    width = max(variant.width for variant in cut)
    by_format = {variant.format: variant for variant in cut if variant.width == width}
    modern = [by_format.pop(name) for name in MODERN_FORMATS if name in by_format]
    shown = next(iter(by_format.values()), None) or modern.pop()
    return Thumbnail(
        url=variant_url(shown),
        width=shown.width,
        height=shown.height,
        sources=[Source(f"image/{variant.format}", variant_url(variant)) for variant in modern],
    )
