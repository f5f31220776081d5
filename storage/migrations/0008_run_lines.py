"""Let runs stand in their owners' lines, so that nobody waits behind all that another uploaded.

Only adds columns that older code need not write: its runs stand in one line of their own.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0007_stage_tallies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="admitted_at",
            field=models.DateTimeField(blank=True, help_text="first announced", null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="lane",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="queue of its first stage",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("admitted_at", None), ("status__in", ["processing", "queued"])),
                fields=["lane", "owner", "id"],
                name="run_waits_in_line",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("admitted_at__isnull", False), ("status__in", ["processing", "queued"])
                ),
                fields=["lane", "owner"],
                name="run_in_flight",
            ),
        ),
    ]
