from django.apps import AppConfig


class DeploymentConfig(AppConfig):
    """Of the deployment: its system checks and its process commands."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415 - registering is importing
