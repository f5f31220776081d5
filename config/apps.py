from django.apps import AppConfig
from django.conf import settings

from config import tracing


class DeploymentConfig(AppConfig):
    """Of the deployment: its system checks and its process commands."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415 - registering is importing

        # Without what makes them a system check says what to install.
        if settings.TRACES and tracing.available():
            tracing.begin()
