from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from storage.models.variants import VariantKind


class Fit(models.TextChoices):
    INSIDE = "inside"
    COVER = "cover"


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
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["kind", "width", "name"]

    def __str__(self) -> str:
        return self.name
