from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from storage.models.variants import VariantKind


class Fit(models.TextChoices):
    INSIDE = "inside"
    COVER = "cover"


class Effort(models.TextChoices):
    """How closely each picture is brought to the quality that its preset asks for."""

    BALANCED = "balanced"
    EXACT = "exact"
    FIXED = "fixed"


# What an encoder's setting may be.
ENCODER_QUALITY = [MinValueValidator(1), MaxValueValidator(100)]


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
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["kind", "width", "name"]

    def __str__(self) -> str:
        return self.name
