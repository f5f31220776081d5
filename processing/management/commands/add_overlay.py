from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.box.errors import BoxError
from processing.errors import OverlayRefused
from processing.imaging import ImagingError
from processing.overlays import add_overlay
from storage.errors import StorageError


class Command(BaseCommand):
    help = "Stores an image that presets may lay over their variants: a watermark, a logo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="a-z, 0-9 and _")
        parser.add_argument("file", type=Path, help="PNG, WebP or JPEG, best with transparency")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                overlay = add_overlay(options["name"], file)
        except ImagingError as error:
            raise CommandError(f"{path}: {error.detail}") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except (OverlayRefused, BoxError, StorageError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{overlay.name}: {overlay.width} x {overlay.height} pixels. "
            f"Put it on presets with manage.py set_overlay PRESET --overlay {overlay.name}"
        )
        if not overlay.has_alpha:
            self.stderr.write("It has no transparency and will hide what is under it.")
