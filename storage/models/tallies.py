from django.db import models


class StageTally(models.Model):
    """What came of the attempts of one kind: sums that only grow, and outlive the attempts."""

    queue = models.CharField(max_length=64)
    stage = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16)
    error_code = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0, help_text="from claim to end")
    seconds_buckets = models.JSONField(default=dict, help_text="attempts by upper bound")
    waits = models.PositiveBigIntegerField(default=0, help_text="attempts whose wait is known")
    wait_seconds = models.FloatField(default=0.0, help_text="from announcement to claim")
    wait_buckets = models.JSONField(default=dict, help_text="attempts by upper bound")
    cpu_seconds = models.FloatField(default=0.0)
    bytes = models.PositiveBigIntegerField(default=0, help_text="of the variants stored")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "stage", "outcome", "error_code"], name="stage_tally_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} {self.outcome}: {self.attempts}"


class EventTally(models.Model):
    """How often something happened that leaves no row of its own, and when it last did."""

    name = models.CharField(max_length=32, primary_key=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"
