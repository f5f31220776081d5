from typing import Any

from django.core.management.base import BaseCommand

from processing import planning
from storage.models import Image
from storage.statuses import ACTIVE_RUN


class Command(BaseCommand):
    help = (
        "Begins every run anew that is not over, as after a restore: what its stages left in "
        "scratch is in no backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        active = Image.objects.present().filter(status__in=ACTIVE_RUN).order_by("id")
        ids = list(active.values_list("id", flat=True))
        for image_id in ids:
            planning.reprocess(image_id)
        self.stdout.write(f"runs begun anew: {len(ids)}")
