"""What the preset that somebody is editing makes of a picture, as its page shows it."""

import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from processing.box.errors import BoxError
from processing.errors import OverlayUnusable, PreviewRefused
from processing.imaging import Encoded, ImagingError
from processing.previews import preview
from storage.errors import StorageError
from storage.models import Image, Preset
from storage.models.images import ImageQuerySet
from storage.models.presets import FORMATS
from uploads.pages.preset_form import PresetForm
from uploads.pages.thumbnails import thumbnails
from uploads.pages.variant_table import saved
from uploads.permissions import visible_images
from uploads.preview_limits import TooManyPreviews, allowed
from uploads.reasons import reason

# One row of small pictures on a wide screen, two on a telephone.
CHOICES = 8
# About how wide one is in the grid of presets.css.
CHOICE_SIZES = "120px"

REFUSALS: Mapping[str, Any] = {
    "nothing_to_make": gettext_lazy(
        "Of this picture, %(width)d px wide, this preset makes nothing: a narrower preset has it "
        "at its own width already. Choose a wider picture."
    ),
    "too_large": gettext_lazy(
        "This picture is too large for a preview. Choose a smaller one; once the preset is saved, "
        "the workers take large ones too."
    ),
    "takes_too_long": gettext_lazy(
        "This takes longer than %(seconds)d seconds, so there is no preview. Choose a smaller "
        "picture, fewer formats or less effort."
    ),
}
BUSY: Mapping[str, Any] = {
    "yours": gettext_lazy("Another preview of yours is being made. This one follows."),
    "others": gettext_lazy("Others are making previews. Yours follows in a moment."),
    "too_often": gettext_lazy("Those were many previews in a minute. Wait a moment, then go on."),
}


@dataclass(frozen=True)
class Row:
    """One file of the preview; `published` is the size of the variant that is shown now."""

    format: str
    label: str
    file: Encoded
    source: str
    bytes: int
    saved: str
    published: int | None


@dataclass(frozen=True)
class Outcome:
    """What came of a preview: rows, or why there are none; `left_out` formats earned no place."""

    status: int = 200
    image: Image | None = None
    refusal: str = ""
    faults: Sequence[tuple[str, str]] = ()
    rows: Sequence[Row] = ()
    left_out: Sequence[str] = ()
    seconds: float = 0.0
    retry_after_seconds: int | None = None

    @property
    def smallest(self) -> str:
        """The format that most browsers would be sent."""
        return min(self.rows, key=lambda row: row.bytes).format if self.rows else ""

    @property
    def summary(self) -> str:
        if not self.rows:
            return self.refusal
        words = ngettext("%(count)d file made", "%(count)d files made", len(self.rows))
        return words % {"count": len(self.rows)}


def make(user: User, form: PresetForm, image: Image | None) -> Outcome:
    """Return what the settings in a form make of an image, or why nothing."""
    if not form.is_valid():
        refusal = _("Correct the settings first; then the preview follows.")
        return Outcome(400, image, refusal, faults=form.faults())
    if image is None:
        return Outcome(404, refusal=_("There is no such picture that is ready. Choose another."))
    try:
        with allowed(user):
            return _made(image, form.instance)
    except TooManyPreviews as error:
        words = str(BUSY[error.code])
        return Outcome(429, image, words, retry_after_seconds=error.retry_after_seconds)
    except PreviewRefused as error:
        facts = {"width": image.original.width, "seconds": settings.PREVIEW_SECONDS}
        return Outcome(422, image, str(REFUSALS[error.code]) % facts)
    except (ImagingError, OverlayUnusable) as error:
        return Outcome(422, image, reason(error.code, error.detail))
    except StorageError:
        return Outcome(503, image, _("The original cannot be read at the moment. Try again."))
    except BoxError:
        return Outcome(503, image, _("The preview could not be made. Try again in a moment."))


def _made(image: Image, preset: Preset) -> Outcome:
    begun = time.monotonic()
    files = preview(image, preset, seconds=settings.PREVIEW_SECONDS)
    published = _published(image, preset.name)
    made = {each.format for each in files}
    return Outcome(
        image=image,
        rows=[_row(image, each, published.get(each.format)) for each in files],
        left_out=[FORMATS[name] for name in preset.formats if name not in made],
        seconds=time.monotonic() - begun,
    )


def _row(image: Image, file: Encoded, published: int | None) -> Row:
    return Row(
        format=file.format,
        label=FORMATS[file.format],
        file=file,
        source=f"data:image/{file.format};base64,{b64encode(file.content).decode()}",
        bytes=len(file.content),
        saved=saved(len(file.content), image.original.bytes),
        published=published,
    )


def _published(image: Image, preset: str) -> dict[str, int]:
    return dict(image.variants.filter(live=True, preset=preset).values_list("format", "bytes"))


# --- Which picture ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A picture to choose for the preview."""

    image: Image
    picture: SafeString | None


def ready_images(user: User) -> ImageQuerySet:
    """Return the images that a person may see and that were ready at least once."""
    images = visible_images(user).filter(ready_at__isnull=False)
    return images.select_related("original")


def newest(user: User, *, width: int) -> Image | None:
    """Return the newest ready image that is so wide, or else the newest of all."""
    images = ready_images(user).order_by("-id")
    return images.filter(original__width__gte=width).first() or images.first()


def choices(images: ImageQuerySet, chosen: Image | None) -> list[Choice]:
    """Return the newest of the images to choose among, the chosen one first."""
    others = images.exclude(id=chosen.id) if chosen else images
    first = [chosen] if chosen else []
    shown = [*first, *others.order_by("-id")[: CHOICES - len(first)]]
    found = thumbnails(shown)
    return [
        Choice(image, found[image.id].markup(sizes=CHOICE_SIZES) if image.id in found else None)
        for image in shown
    ]
