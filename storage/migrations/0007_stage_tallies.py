"""Count attempts so that they stay counted, with what each of them cost.

Only adds tables and columns, with defaults in the database: older code goes on writing its rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0006_preset_gamut"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventTally",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StageTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("queue", models.CharField(max_length=64)),
                ("stage", models.CharField(max_length=16)),
                ("outcome", models.CharField(max_length=16)),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("attempts", models.PositiveBigIntegerField(default=0)),
                ("seconds", models.FloatField(default=0.0, help_text="from claim to end")),
                (
                    "seconds_buckets",
                    models.JSONField(default=dict, help_text="attempts by upper bound"),
                ),
                (
                    "waits",
                    models.PositiveBigIntegerField(
                        default=0, help_text="attempts whose wait is known"
                    ),
                ),
                (
                    "wait_seconds",
                    models.FloatField(default=0.0, help_text="from announcement to claim"),
                ),
                (
                    "wait_buckets",
                    models.JSONField(default=dict, help_text="attempts by upper bound"),
                ),
                ("cpu_seconds", models.FloatField(default=0.0)),
                (
                    "bytes",
                    models.PositiveBigIntegerField(default=0, help_text="of the variants stored"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="attempt",
            name="bytes",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, help_text="of the variants stored"
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="cpu_seconds",
            field=models.FloatField(blank=True, help_text="of the worker's process", null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="queued_at",
            field=models.DateTimeField(blank=True, help_text="when it was announced", null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="tallied",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("tallied", False)),
                fields=["finished_at"],
                name="attempt_not_tallied",
            ),
        ),
        migrations.AddConstraint(
            model_name="stagetally",
            constraint=models.UniqueConstraint(
                fields=("queue", "stage", "outcome", "error_code"), name="stage_tally_of_a_kind"
            ),
        ),
    ]
