from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

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
