from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from storage import keys
from storage.ids import new_id
from storage.statuses import ACTIVE_RUN, RunStatus

# A perceptual hash of 16 hex digits is looked up by parts.
BANDS = 4
BAND_DIGITS = 4

FRACTION = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class FocalPointSource(models.TextChoices):
    AUTOMATIC = "automatic", _("automatic")
    MANUAL = "manual", _("manual")


class Original(models.Model):
    """One stored object per content; `users` counts the images that rest on it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=16)
    width = models.PositiveIntegerField(help_text="pixels, upright")
    height = models.PositiveIntegerField(help_text="pixels, upright")
    frames = models.PositiveIntegerField(default=1)
    has_alpha = models.BooleanField(default=False)
    # What decoding will take. Unknown in rows that were written by code that did not ask.
    mode = models.CharField(
        max_length=16, blank=True, default="", db_default="", help_text="layout of the pixels"
    )
    decoder_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="memory for decoding, beside the pixels"
    )
    users = models.PositiveIntegerField(default=0)
    unused_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["unused_since"], name="original_unused")]

    def __str__(self) -> str:
        return f"{self.format} {self.width}x{self.height} {self.sha256[:12]}"

    @property
    def key(self) -> str:
        return keys.original(self.sha256, self.id)


class Tag(models.Model):
    name = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.name


class ImageQuerySet(models.QuerySet["Image"]):
    def present(self) -> "ImageQuerySet":
        """Leave out what its owner has deleted and the audit has yet to remove."""
        return self.filter(deleted_at=None)


class Image(models.Model):
    """A picture that was accepted; its status is the status of its latest run."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="images"
    )
    original = models.ForeignKey(Original, on_delete=models.PROTECT, related_name="images")
    filename = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    alt_text = models.TextField(blank=True, max_length=2000)
    tags = models.ManyToManyField(Tag, blank=True, related_name="images")
    status = models.CharField(
        max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED, db_index=True
    )
    generation = models.PositiveIntegerField(default=0, help_text="number of the latest run")
    focal_x = models.FloatField(default=0.5, validators=FRACTION)
    focal_y = models.FloatField(default=0.5, validators=FRACTION)
    focal_source = models.CharField(
        max_length=16, choices=FocalPointSource.choices, default=FocalPointSource.AUTOMATIC
    )
    thumbhash = models.CharField(max_length=64, blank=True, help_text="base64")
    dominant_colors = models.JSONField(default=list, blank=True)
    perceptual_hash = models.CharField(max_length=16, blank=True, db_index=True)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], name="image_idempotency_key"
            ),
            models.CheckConstraint(
                condition=models.Q(focal_x__range=(0, 1), focal_y__range=(0, 1)),
                name="image_focal_point_is_a_fraction",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="image_owner_newest"),
            models.Index(fields=["owner", "created_at"], name="image_owner_created"),
            models.Index(fields=["deleted_at"], name="image_deleted"),
            *(
                models.Index(
                    Substr("perceptual_hash", 1 + band * BAND_DIGITS, BAND_DIGITS),
                    name=f"image_hash_band_{band}",
                )
                for band in range(BANDS)
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.filename or str(self.id)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_RUN

    @property
    def dominant_color(self) -> str:
        return self.dominant_colors[0] if self.dominant_colors else ""
