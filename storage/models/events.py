from django.db import models
from django.utils.translation import gettext_lazy as _

from storage.models.images import Image
from storage.models.runs import Run


class EventKind(models.TextChoices):
    STAGE = "stage", _("stage")
    IMAGE = "image", _("image")


class Act(models.TextChoices):
    """What people do with an image; the name of an event that no run brought about."""

    EDIT = "edited", _("edited")
    REPROCESS = "reprocess", _("processed again")
    RETRY = "retry", _("tried again")
    CANCEL = "cancel", _("cancelled")


class Event(models.Model):
    """What happened, in order; written in the transaction of the move that it reports."""

    id = models.BigAutoField(primary_key=True)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="events")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events", null=True)
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    name = models.CharField(max_length=32, help_text="the stage, or what happened to the image")
    part = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16)
    terminal = models.BooleanField(default=False, help_text="ends the run: notify once")
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["image", "id"], name="event_in_order")]

    def __str__(self) -> str:
        return f"{self.name} {self.status}"
