"""The variants of an image, by preset, and what each of them saves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from storage.models import Image, Variant
from uploads.addresses import variant_url


@dataclass(frozen=True)
class Row:
    variant: Variant
    url: str
    # With the name of the site in it, for use elsewhere.
    address: str
    saved: str


@dataclass(frozen=True)
class Group:
    preset: str
    rows: Sequence[Row]


def variant_groups(image: Image, variants: Iterable[Variant], *, site: str) -> list[Group]:
    """Return the variants by preset: resized ones before thumbnails, small before large."""
    ordered = sorted(variants, key=lambda v: (v.kind, v.width, v.preset, v.format))
    return [
        Group(preset, [_row(image, variant, site) for variant in group])
        for preset, group in groupby(ordered, key=lambda v: v.preset)
    ]


def _row(image: Image, variant: Variant, site: str) -> Row:
    url = variant_url(variant)
    return Row(variant, url, urljoin(site, url), saved(variant.bytes, image.original.bytes))


def saved(variant_bytes: int, original_bytes: int) -> str:
    """Say how much smaller than the original a variant is, in per cent of its bytes."""
    if not original_bytes:
        return ""
    percent = 100 * (1 - variant_bytes / original_bytes)
    if percent < 0:
        return _("%(percent)d %% more") % {"percent": round(-percent)}
    # Nothing saves all of it: 99.7 % is not 100 %.
    return _("%(percent)s %%") % {"percent": f"{percent:.1f}" if percent >= 99 else round(percent)}
