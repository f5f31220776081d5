"""The small picture of an image that a card shows, in every format that there is of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from storage.models import Image, Variant
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

    def markup(self, *, sizes: str, lazy: bool = False) -> SafeString:
        """Return a `<picture>` without words: what it shows is said beside it.

        `sizes` is how wide it is about to be shown, as `<img sizes>` takes it.
        """
        sources = format_html_join(
            "",
            '<source type="{}" srcset="{}" sizes="{}">',
            ((source.media_type, source.srcset, sizes) for source in self.sources),
        )
        return format_html(
            '<picture>{}<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt=""'
            ' decoding="async"{}></picture>',
            *(sources, self.url, self.srcset, sizes, self.width, self.height),
            mark_safe(' loading="lazy"') if lazy else "",
        )


class Small(NamedTuple):
    """What a thumbnail needs to know of a variant: a page has hundreds, and builds no models."""

    image_id: UUID
    kind: str
    format: str
    width: int
    height: int
    key: str


def thumbnails(images: Iterable[Image]) -> dict[UUID, Thumbnail]:
    """Return the thumbnails of images by their ids, where there are any, in one query.

    That is the whole picture in its small widths; until there are any, its largest cut.
    """
    is_small = Q(kind=VariantKind.THUMBNAIL) | Q(kind=VariantKind.RESIZE, width__lte=MAX_WIDTH)
    live = Variant.objects.filter(is_small, live=True, image__in=[image.pk for image in images])
    by_image: dict[UUID, list[Small]] = defaultdict(list)
    for columns in live.order_by("width").values_list(*Small._fields):
        variant = Small(*columns)
        by_image[variant.image_id].append(variant)
    return {image_id: _picture(_shown(small)) for image_id, small in by_image.items()}


def _shown(small: Sequence[Small]) -> list[Small]:
    whole = [variant for variant in small if variant.kind == VariantKind.RESIZE]
    return whole or [variant for variant in small if variant.width == small[-1].width]


def _picture(variants: Sequence[Small]) -> Thumbnail:
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
