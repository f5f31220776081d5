from celery import current_app
from django.apps import AppConfig
from django.conf import settings

from processing.imaging import heic


class ProcessingConfig(AppConfig):
    name = "processing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from processing import pausing  # noqa: PLC0415 - it needs models

        pausing.install(current_app)
        # Without the decoder a system check says what to install.
        if settings.HEIC and heic.available():
            heic.register()
