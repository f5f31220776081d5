from django.conf import settings
from django.db import models

from storage import keys
from storage.ids import new_id
from storage.models.images import Image
from storage.statuses import ACTIVE_RUN, AttemptOutcome, RunStatus, StageName, StageStatus


class Run(models.Model):
    """One generation of an image, planned with a frozen snapshot of the presets.

    The row is the outbox: `dispatch_at` says when its unfinished stages are to be announced
    (again) to the queues. Until it is admitted, it stands in its owner's line.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED, db_index=True
    )
    presets = models.JSONField(help_text="the specifications of the presets as they were")
    bulk = models.BooleanField(default=False, help_text="runs on the bulk queues")
    # Whose line it stands in; both are unknown in rows that were written by code without lines.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    lane = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="queue of its first stage"
    )
    # Here and not in messages, which may be lost and sent again.
    request_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="of the request that began it",
    )
    traceparent = models.CharField(
        max_length=55,
        blank=True,
        default="",
        db_default="",
        help_text="the span in which it began, as W3C Trace Context writes it",
    )
    admitted_at = models.DateTimeField(null=True, blank=True, help_text="first announced")
    dispatch_at = models.DateTimeField(null=True, blank=True)
    dispatches = models.PositiveIntegerField(default=0)
    scratch_cleared_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "number"], name="run_number_per_image"),
            models.UniqueConstraint(
                fields=["image"],
                condition=models.Q(status__in=sorted(ACTIVE_RUN)),
                name="run_one_active_per_image",
            ),
        ]
        indexes = [
            models.Index(fields=["dispatch_at"], name="run_outbox"),
            models.Index(
                fields=["lane", "owner", "id"],
                condition=models.Q(status__in=sorted(ACTIVE_RUN), admitted_at=None),
                name="run_waits_in_line",
            ),
            models.Index(
                fields=["lane", "owner"],
                condition=models.Q(status__in=sorted(ACTIVE_RUN), admitted_at__isnull=False),
                name="run_in_flight",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.image_id}"

    @property
    def prefix(self) -> str:
        return keys.run_prefix(self.id)


class Stage(models.Model):
    """One piece of a run's work; only `transitions` writes its status."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=16, choices=StageName.choices)
    part = models.CharField(max_length=64, blank=True, help_text="the preset, for compress")
    queue = models.CharField(max_length=64)
    status = models.CharField(
        max_length=16, choices=StageStatus.choices, default=StageStatus.PENDING
    )
    attempts = models.PositiveIntegerField(default=0)
    # The id of the attempt that holds the lease; a commit with another token changes nothing.
    token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(null=True, blank=True, help_text="back-off ends")
    # When its present wait began: announcing it again does not change that.
    queued_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text="when its message was last sent"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    output = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name", "part"], name="stage_once_per_run"),
        ]
        indexes = [
            models.Index(fields=["status", "lease_expires_at"], name="stage_lease"),
            models.Index(fields=["queue", "status", "queued_at"], name="stage_backlog"),
            models.Index(fields=["queue", "finished_at"], name="stage_throughput"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.part}".strip()


class Attempt(models.Model):
    """Who worked on a stage, when, and how it ended; its id is the fencing token."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="history")
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=255)
    queued_at = models.DateTimeField(null=True, blank=True, help_text="when it was announced")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=AttemptOutcome.choices, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    cpu_seconds = models.FloatField(null=True, blank=True, help_text="of the worker's process")
    # These have defaults in the database too: rows are also written by code that lacks them.
    bytes = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="of the variants stored"
    )
    tallied = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "number"], name="attempt_number_per_stage"),
        ]
        indexes = [
            models.Index(
                fields=["finished_at"],
                condition=models.Q(tallied=False),
                name="attempt_not_tallied",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} at {self.stage_id}"
