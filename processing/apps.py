from typing import Any

from celery import current_app
from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate

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
        post_migrate.connect(_seed, sender=apps.get_app_config("django_celery_beat"))


def _seed(**kwargs: Any) -> None:
    from processing import periodic  # noqa: PLC0415 - it needs the models

    if periodic.has_tables():
        periodic.seed()
