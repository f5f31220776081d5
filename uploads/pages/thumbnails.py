"""The small picture of an image that a card shows, in every format that there is of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q

from storage.models import Variant
from storage.models.variants import VariantKind
from uploads.addresses import variant_url
from uploads.picture import by_format, srcset

# A card is some 300 px wide, and a fine screen has two or three pixels for each of them.
MAX_WIDTH = 800
# Smallest first: a browser takes the first format that it knows.
MODERN_FORMATS = ("avif", "webp")


@dataclass(frozen=True)
class Source:
    media_type: str
    srcset: str


@dataclass(frozen=True)
class Thumbnail:
    """What an `<img>` and its `<source>`s need; width and height in pixels."""

    url: str
    srcset: str
    width: int
    height: int
    sources: Sequence[Source]


def live_thumbnails() -> Prefetch[str]:
    """Return the prefetch that leaves an image's small variants in `image.thumbnails`."""
    small = Q(kind=VariantKind.THUMBNAIL) | Q(kind=VariantKind.RESIZE, width__lte=MAX_WIDTH)
    live = Variant.objects.filter(small, live=True).order_by("width")
    columns = live.only("image_id", "kind", "format", "width", "height", "key")
    return Prefetch("variants", queryset=columns, to_attr="thumbnails")


def thumbnail(variants: Iterable[Variant]) -> Thumbnail | None:
    """Return the whole picture in its small widths; until there are any, its largest cut.

    None while there is neither.
    """
    small = sorted(variants, key=lambda variant: variant.width)
    whole = [variant for variant in small if variant.kind == VariantKind.RESIZE]
    return _picture(whole or _largest(small))


def _largest(cuts: Sequence[Variant]) -> list[Variant]:
    return [variant for variant in cuts if variant.width == cuts[-1].width]


def _picture(variants: Sequence[Variant]) -> Thumbnail | None:
    if not variants:
        return None
    formats = by_format(variants)
    modern = [(name, formats.pop(name)) for name in MODERN_FORMATS if name in formats]
    shown = next(iter(formats.values()), None) or modern.pop()[1]
    return Thumbnail(
        url=variant_url(shown[0]),
        srcset=srcset(shown),
        width=shown[0].width,
        height=shown[0].height,
        sources=[Source(f"image/{name}", srcset(group)) for name, group in modern],
    )
