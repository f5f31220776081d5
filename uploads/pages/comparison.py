"""What of an image can be laid beside what: its original, and its variants of the whole picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from storage.models import Image, Variant
from storage.models.variants import VariantKind
from uploads.addresses import original_url, variant_url
from uploads.pages.variant_table import saved
from uploads.picture import BY_SUPPORT

ORIGINAL = "original"
# What every browser of today decodes; TIFF and HEIC are for programs.
SHOWN_BY_BROWSERS = frozenset({"jpeg", "png", "webp", "avif", "gif", "bmp"})
# An original above this is loaded only when somebody asks for it, not with the page.
LOADED_UNASKED_BYTES = 8 * 1024**2


@dataclass(frozen=True)
class Side:
    """One of the files that can be compared; sizes in pixels."""

    name: str
    label: str
    url: str
    width: int
    height: int
    facts: str
    moves: bool


@dataclass(frozen=True)
class Comparison:
    """The files to choose from, and the two that stand there at first."""

    sides: Sequence[Side]
    left: str
    right: str
    note: str


def comparison(image: Image, variants: Iterable[Variant]) -> Comparison | None:
    """Return what can be compared of an image; None while there is no variant of all of it."""
    whole = sorted(
        (variant for variant in variants if variant.kind == VariantKind.RESIZE),
        key=lambda variant: (-variant.width, variant.preset, _support(variant)),
    )
    if not whole:
        return None
    shown = image.original.format in SHOWN_BY_BROWSERS
    widest = [variant for variant in whole if variant.width == whole[0].width]
    smallest = min(widest, key=lambda variant: variant.bytes)
    return Comparison(
        sides=[*([_original(image)] if shown else []), *(_side(image, each) for each in whole)],
        left=ORIGINAL if shown and _is_light(image) else _name(_other(whole, smallest)),
        right=_name(smallest),
        note="" if shown else _not_shown(image),
    )


def _support(variant: Variant) -> int:
    known = variant.format in BY_SUPPORT
    return BY_SUPPORT.index(variant.format) if known else len(BY_SUPPORT)


def _is_light(image: Image) -> bool:
    return image.original.bytes <= LOADED_UNASKED_BYTES


def _other(whole: Sequence[Variant], right: Variant) -> Variant:
    return next((variant for variant in whole if variant != right), right)


def _original(image: Image) -> Side:
    original = image.original
    facts = [
        original.format.upper(),
        _pixels(original.width, original.height),
        filesizeformat(original.bytes),
    ]
    return Side(
        name=ORIGINAL,
        label=_("Original, %(facts)s") % {"facts": f"{facts[0]}, {facts[2]}"},
        url=original_url(image.id),
        width=original.width,
        height=original.height,
        facts=_listed(facts),
        moves=original.frames > 1,
    )


def _side(image: Image, variant: Variant) -> Side:
    facts = [
        variant.format.upper(),
        _pixels(variant.width, variant.height),
        filesizeformat(variant.bytes),
        _saving(image, variant),
        _("quality %(quality)d") % {"quality": variant.quality},
        _score(variant),
    ]
    return Side(
        name=_name(variant),
        label=f"{variant.preset} {variant.format.upper()}, {filesizeformat(variant.bytes)}",
        url=variant_url(variant),
        width=variant.width,
        height=variant.height,
        facts=_listed(facts),
        moves=variant.frames > 1,
    )


def _name(variant: Variant) -> str:
    return f"{variant.preset}.{variant.format}"


def _pixels(width: int, height: int) -> str:
    return f"{width} \N{MULTIPLICATION SIGN} {height}"


def _saving(image: Image, variant: Variant) -> str:
    percent = saved(variant.bytes, image.original.bytes)
    if not percent or variant.bytes > image.original.bytes:
        return percent
    return _("saves %(percent)s") % {"percent": percent}


def _score(variant: Variant) -> str:
    if variant.score is None:
        return ""
    return _("score %(score)s") % {"score": number_format(variant.score, 1)}


def _listed(facts: Iterable[Any]) -> str:
    return " · ".join(str(fact) for fact in facts if fact)


def _not_shown(image: Image) -> str:
    return _(
        "Browsers do not show %(format)s, so the original is not among these: "
        "the largest variant stands in for it."
    ) % {"format": image.original.format.upper()}
