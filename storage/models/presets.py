import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from storage.models.overlays import Overlay
from storage.models.variants import VariantKind


class Fit(models.TextChoices):
    INSIDE = "inside"
    COVER = "cover"


class Effort(models.TextChoices):
    """How closely each picture is brought to the quality that its preset asks for."""

    BALANCED = "balanced"
    EXACT = "exact"
    FIXED = "fixed"


class Gamut(models.TextChoices):
    """Which colours WebP and AVIF may hold; everything else is sRGB."""

    SRGB = "srgb", "sRGB"
    DISPLAY_P3 = "display-p3", "Display P3"


class OverlayPosition(models.TextChoices):
    """Where on a variant its overlay stands."""

    TOP_LEFT = "top-left"
    TOP_CENTER = "top-center"
    TOP_RIGHT = "top-right"
    CENTER_LEFT = "center-left"
    CENTER = "center"
    CENTER_RIGHT = "center-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_CENTER = "bottom-center"
    BOTTOM_RIGHT = "bottom-right"


# What variants may be encoded as, most compatible first, and which of them hold wide gamuts.
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WebP", "avif": "AVIF"}
WIDE_GAMUT_FORMATS = frozenset({"webp", "avif"})
QUALITY_WORDS = ("high", "good", "small")
# Scores of their own: below, artefacts outweigh what is saved; above, nobody sees a gain.
LOWEST_SCORE, HIGHEST_SCORE = 30, 95
SCORE = re.compile(r"\d{1,3}(\.\d)?", re.ASCII)
# libjpeg writes no longer side.
LONGEST_SIDE = 65_500
# Each is an encoding of the whole picture; a search ends by itself after a handful.
MOST_PROBES = 20
# What an encoder's setting may be.
ENCODER_QUALITY = [MinValueValidator(1), MaxValueValidator(100)]
# A hundredth is the least that can be seen; half of the shorter side leaves no room.
SHARE = [MinValueValidator(0.01), MaxValueValidator(1.0)]
MARGIN = [MinValueValidator(0.0), MaxValueValidator(0.45)]


class Preset(models.Model):
    """What to make of every picture: a size, a way to fit it, formats and a quality target."""

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_]*$", "Use a-z, 0-9 and _ only.")],
    )
    kind = models.CharField(max_length=16, choices=VariantKind.choices)
    width = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    height = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    fit = models.CharField(max_length=16, choices=Fit.choices, default=Fit.INSIDE)
    formats = models.JSONField(help_text='such as ["jpeg", "webp", "avif"]')
    quality = models.CharField(
        max_length=16, default="good", help_text="high, good, small or a SSIMULACRA2 score"
    )
    # These have defaults in the database too: rows are also written by code that lacks them.
    effort = models.CharField(
        max_length=16, choices=Effort.choices, default=Effort.BALANCED, db_default=Effort.BALANCED
    )
    quality_floor = models.PositiveSmallIntegerField(
        default=10, db_default=10, validators=ENCODER_QUALITY, help_text="the encoder's setting"
    )
    quality_ceiling = models.PositiveSmallIntegerField(
        default=95, db_default=95, validators=ENCODER_QUALITY, help_text="the encoder's setting"
    )
    max_probes = models.PositiveSmallIntegerField(
        default=4,
        db_default=4,
        validators=[MinValueValidator(1)],
        help_text="encodings of one file at most",
    )
    gamut = models.CharField(
        max_length=16, choices=Gamut.choices, default=Gamut.SRGB, db_default=Gamut.SRGB
    )
    overlay = models.ForeignKey(
        Overlay, on_delete=models.PROTECT, related_name="presets", null=True, blank=True
    )
    overlay_position = models.CharField(
        max_length=16,
        choices=OverlayPosition.choices,
        default=OverlayPosition.BOTTOM_RIGHT,
        db_default=OverlayPosition.BOTTOM_RIGHT,
    )
    overlay_margin = models.FloatField(
        default=0.03, db_default=0.03, validators=MARGIN, help_text="share of the shorter side"
    )
    overlay_opacity = models.FloatField(default=1.0, db_default=1.0, validators=SHARE)
    overlay_scale = models.FloatField(
        default=0.2, db_default=0.2, validators=SHARE, help_text="share of the variant's width"
    )
    overlay_tile = models.BooleanField(
        default=False, db_default=False, help_text="repeated over the whole variant"
    )
    overlay_minimum_width = models.PositiveIntegerField(
        default=0, db_default=0, help_text="pixels; narrower variants carry no overlay"
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["kind", "width", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Bring formats and quality into their one form; refuse what makes no sense together.

        For whoever edits presets, in the pages, the API or the administration.
        """
        self.formats = _ordered(self.formats)
        self.quality = _plain(self.quality)
        faults: dict[str, Any] = {}
        for field, message in _faults(self):
            faults.setdefault(field, []).append(message)
        if faults:
            raise ValidationError(faults)


def _ordered(formats: Any) -> Any:
    """Return known formats once each, in their order, so that equal presets have equal hashes."""
    if not _are_formats(formats):
        return formats
    return [name for name in FORMATS if name in formats]


def _plain(quality: str) -> str:
    return quality.strip().lower().removesuffix(".0")


def _faults(preset: Preset) -> Iterator[tuple[str, Any]]:
    """Yield the field and the words of all that is wrong, beside what fields see by themselves."""
    if preset.formats and not _are_formats(preset.formats):
        yield "formats", _("Choose among jpeg, png, webp and avif.")
    if not _is_quality(preset.quality):
        yield "quality", _("Give high, good or small, or a score from 30 to 95 such as 80.")
    for side in ("width", "height"):
        if (getattr(preset, side) or 0) > LONGEST_SIDE:
            yield side, _("No format holds a longer side than 65,500 pixels: give less.")
    if (preset.max_probes or 0) > MOST_PROBES:
        yield "max_probes", _("Give at most 20: each encodes the whole picture.")
    if (preset.quality_floor or 0) > (preset.quality_ceiling or 100):
        yield "quality_floor", _("The floor is above the ceiling: lower it, or raise the ceiling.")
    yield from _shape_faults(preset)
    if preset.gamut == Gamut.DISPLAY_P3 and WIDE_GAMUT_FORMATS.isdisjoint(preset.formats or ()):
        yield "gamut", _("Only WebP and AVIF hold Display P3: add one of them, or choose sRGB.")


def _are_formats(formats: Any) -> bool:
    return isinstance(formats, list) and all(
        isinstance(each, str) and each in FORMATS for each in formats
    )


def _is_quality(quality: str) -> bool:
    if quality in QUALITY_WORDS:
        return True
    return bool(SCORE.fullmatch(quality)) and LOWEST_SCORE <= float(quality) <= HIGHEST_SCORE


def _shape_faults(preset: Preset) -> Iterator[tuple[str, Any]]:
    if preset.fit != Fit.COVER:
        return
    if preset.kind == VariantKind.RESIZE:
        yield "fit", _("Only thumbnails are cut: choose “inside”, or make this a thumbnail.")
    elif preset.height is None:
        yield "height", _("A cut needs a height as well: give one, or choose “inside”.")
