from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.errors import OverlayRefused
from processing.overlays import remove_overlay
from storage.models import Overlay


class Command(BaseCommand):
    help = "Removes an overlay that no preset names; its file goes with the audit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        overlay = Overlay.objects.filter(name=options["name"]).first()
        if overlay is None:
            raise CommandError(f"There is no overlay {options['name']!r}.")
        try:
            remove_overlay(overlay)
        except OverlayRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{overlay.name} is removed.")
