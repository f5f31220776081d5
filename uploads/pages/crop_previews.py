"""Previews of the crops that presets make of an image, around its focal point."""

from collections.abc import Iterable
from dataclasses import dataclass

from processing.crops import Crop, planned_crops
from processing.imaging import FocalPoint, Size
from storage.models import Image, Variant
from storage.models.variants import VariantKind
from uploads.addresses import variant_url
from uploads.picture import BY_SUPPORT


@dataclass(frozen=True)
class CropPreview:
    """A crop as an `<svg>` shows it: the box in a picture of the size of the source."""

    preset: str
    url: str
    source: Size
    size: Size
    view_box: str


def crop_previews(image: Image, variants: Iterable[Variant]) -> list[CropPreview]:
    """Return one preview per cropping preset, in one query; none while there is no picture."""
    whole = [variant for variant in variants if variant.kind == VariantKind.RESIZE]
    if not whole:
        return []
    focal = FocalPoint(image.focal_x, image.focal_y)
    return [_preview(crop, focal, whole) for crop in planned_crops(image.original)]


def _preview(crop: Crop, focal: FocalPoint, whole: Iterable[Variant]) -> CropPreview:
    left, top, right, bottom = crop.box(focal)
    return CropPreview(
        preset=crop.preset,
        url=variant_url(_picture_for(crop, whole)),
        source=crop.source,
        size=crop.size,
        view_box=f"{left} {top} {right - left} {bottom - top}",
    )


def _picture_for(crop: Crop, whole: Iterable[Variant]) -> Variant:
    """Return the most compatible file of the smallest variant as large as the source."""
    return min(whole, key=lambda each: (*_unsuitability(each, crop.source), _support(each)))


def _unsuitability(variant: Variant, source: Size) -> tuple[bool, int]:
    return variant.width < source.width, abs(variant.width - source.width)


def _support(variant: Variant) -> int:
    known = variant.format in BY_SUPPORT
    return BY_SUPPORT.index(variant.format) if known else len(BY_SUPPORT)
