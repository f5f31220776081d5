"""What the page of one image shows of it."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from storage.models import Attempt, Image, Stage, Variant
from storage.models.variants import VariantKind
from storage.statuses import RunStatus, StageStatus
from uploads.addresses import original_url
from uploads.pages.comparison import comparison
from uploads.pages.crop_previews import crop_previews
from uploads.pages.embedding import embedding
from uploads.pages.history import history
from uploads.pages.timeline import timeline
from uploads.pages.variant_table import variant_groups
from uploads.picture import picture_html
from uploads.reasons import reason, reasons

# The page's columns, of which darkroom.css knows the other half.
SIDE_PIXELS = 480
MARGIN_PIXELS = 48
# The mark's radius is this part of the longer side: about 12 px on a common screen.
MARK_FRACTION = 64


def image_context(image: Image, *, site: str) -> dict[str, Any]:
    """Return the template context of an image, in five queries; addresses begin with `site`."""
    stages = list(Stage.objects.filter(run__image=image, run__number=image.generation))
    attempts = Attempt.objects.filter(stage__in=stages).order_by("started_at", "id")
    variants = list(image.variants.filter(live=True))
    return {
        "image": image,
        "original_url": original_url(image.id),
        "tags": sorted(tag.name for tag in image.tags.all()),
        "focal": _mark(image),
        # In full, whatever the language writes for a decimal point.
        "focal_point": {"x": repr(image.focal_x), "y": repr(image.focal_y)},
        "reasons": reasons().items(),
        "failure": failure(image, stages),
        "timeline": timeline(stages, now=timezone.now(), attempts=attempts),
        "comparison": comparison(image, variants),
        "crops": crop_previews(image, variants),
        "groups": variant_groups(image, variants, site=site),
        "preview": picture_html(variants, alt_text=image.alt_text, sizes=_preview_sizes(variants)),
        "history": history(image),
        "embedding": embedding(image, variants, site=site),
    }


def failure(image: Image, stages: Sequence[Stage]) -> str:
    """Return why an image has failed, in words; nothing while it has not."""
    if image.status != RunStatus.FAILED:
        return ""
    failed = [stage for stage in stages if stage.status == StageStatus.FAILED]
    told = (reason(stage.error_code, stage.error_detail) for stage in failed)
    return next(filter(None, told), "")


def _mark(image: Image) -> dict[str, int]:
    """Return where the preview marks the focal point, in pixels of the original."""
    width, height = image.original.width, image.original.height
    return {
        "left": round(image.focal_x * width),
        "top": round(image.focal_y * height),
        "radius": max(1, round(max(width, height) / MARK_FRACTION)),
    }


def _preview_sizes(variants: Sequence[Variant]) -> str:
    """Return `sizes` for the page's columns; a picture is not stretched beyond its pixels."""
    widths = [variant.width for variant in variants if variant.kind == VariantKind.RESIZE]
    most = max(widths, default=0)
    wide = f"(min-width: 1024px) min({most}px, 100vw - {SIDE_PIXELS}px)"
    return f"{wide}, min({most}px, 100vw - {MARGIN_PIXELS}px)"
