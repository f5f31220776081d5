"""The `<picture>` element that an image is published with."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol, TypeVar
from urllib.parse import urljoin

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from storage.models import Variant
from storage.models.variants import VariantKind
from uploads.addresses import Stored, variant_url

# From the one that every browser shows to the one that only newer ones do.
BY_SUPPORT = ("jpeg", "png", "gif", "webp", "avif")
# What is shown where `srcset` is not understood, and what the page's layout is reserved by.
FALLBACK_WIDTH = 1280
DEFAULT_SIZES = "100vw"
NO_PLACEHOLDER = mark_safe("")


class Sized(Stored, Protocol):
    """A variant, or the columns of one that its place in a `srcset` rests on."""

    @property
    def format(self) -> str: ...

    @property
    def width(self) -> int: ...


Listed = TypeVar("Listed", bound=Sized)


def picture_html(
    variants: Iterable[Variant],
    *,
    alt_text: str,
    sizes: str = DEFAULT_SIZES,
    site: str = "",
    placeholder: SafeString = NO_PLACEHOLDER,
) -> SafeString:
    """Return a `<picture>` of the resize variants, or nothing where there is none.

    A browser takes the first source that it understands, so the smallest format stands first.
    With a `site` its addresses are whole; a `placeholder` is further attributes of the `<img>`.
    """
    formats = _resized(variants)
    if not formats:
        return mark_safe("")
    fallback = formats.pop(min(formats, key=BY_SUPPORT.index))
    smallest_first = sorted(formats.values(), key=_bytes_per_pixel)
    sources = format_html_join(
        "", "{}", ((_source(group, sizes, site),) for group in smallest_first)
    )
    img = _img(fallback, alt_text, sizes, site, placeholder)
    return format_html("<picture>{}{}</picture>", sources, img)


def fallback_variant(variants: Iterable[Variant]) -> Variant | None:
    """Return the variant that is shown where there is room for one address only."""
    formats = _resized(variants)
    return _shown(formats[min(formats, key=BY_SUPPORT.index)]) if formats else None


def _resized(variants: Iterable[Variant]) -> dict[str, list[Variant]]:
    """Return the resize variants by format, narrowest first."""
    return by_format(
        variant
        for variant in variants
        if variant.kind == VariantKind.RESIZE and variant.format in BY_SUPPORT
    )


def by_format(variants: Iterable[Listed]) -> dict[str, list[Listed]]:
    """Return variants by format, narrowest first."""
    ordered = sorted(variants, key=lambda variant: (variant.format, variant.width))
    return {name: list(group) for name, group in groupby(ordered, lambda variant: variant.format)}


def _bytes_per_pixel(group: Sequence[Variant]) -> float:
    pixels = sum(variant.width * variant.height for variant in group)
    return sum(variant.bytes for variant in group) / pixels


def _source(group: Sequence[Variant], sizes: str, site: str) -> SafeString:
    return format_html(
        '<source type="image/{}" srcset="{}" sizes="{}">',
        group[0].format,
        srcset(group, site),
        sizes,
    )


def _shown(group: Sequence[Variant]) -> Variant:
    return next((each for each in reversed(group) if each.width <= FALLBACK_WIDTH), group[0])


def _img(
    group: Sequence[Variant], alt_text: str, sizes: str, site: str, placeholder: SafeString
) -> SafeString:
    shown = _shown(group)
    return format_html(
        '<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}" loading="lazy"{}>',
        _address(shown, site),
        srcset(group, site),
        sizes,
        shown.width,
        shown.height,
        alt_text,
        placeholder,
    )


def srcset(group: Iterable[Sized], site: str = "") -> str:
    """Return the addresses of one format with their widths; whole ones with a `site`."""
    return ", ".join(f"{_address(variant, site)} {variant.width}w" for variant in group)


def _address(variant: Stored, site: str) -> str:
    path = variant_url(variant)
    return urljoin(site, path) if site else path
