from django.db import models

from storage.ids import new_id
from storage.models.images import Image
from storage.models.runs import Run, Stage


class VariantKind(models.TextChoices):
    RESIZE = "resize"
    THUMBNAIL = "thumbnail"


class Variant(models.Model):
    """One stored and verified file made of an image.

    Only `live` variants are shown: those of the latest published run of each stage, or, while an
    image has never been ready, those of its first run as they come.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="variants")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="variants")
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="variants")
    preset = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=VariantKind.choices)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=16)
    frames = models.PositiveIntegerField(default=1)
    bytes = models.PositiveBigIntegerField()
    quality = models.PositiveSmallIntegerField()
    score = models.FloatField(null=True, blank=True, help_text="SSIMULACRA2")
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=255, unique=True)
    live = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "width", "format"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "preset", "format"], name="variant_unique_per_run"
            ),
        ]
        indexes = [models.Index(fields=["image", "live"], name="variant_live")]

    def __str__(self) -> str:
        return f"{self.preset} {self.width}x{self.height} {self.format}"
