from django.apps import AppConfig
from django.conf import settings

from processing.imaging import heic


class ProcessingConfig(AppConfig):
    name = "processing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Without the decoder a system check says what to install.
        if settings.HEIC and heic.available():
            heic.register()
