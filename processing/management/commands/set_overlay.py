from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from storage.models import Overlay, Preset
from storage.models.presets import OverlayPosition

# Options that are columns of a preset, each behind the prefix `overlay_`.
PLACEMENT = ("position", "margin", "opacity", "scale", "tile", "minimum_width")


class Command(BaseCommand):
    help = "Puts an overlay on presets, changes how it lies, or takes it off; for coming runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("presets", nargs="+", metavar="PRESET")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--overlay", metavar="NAME", help="as it was given to add_overlay")
        which.add_argument("--none", action="store_true", help="take the overlay off")
        parser.add_argument("--position", choices=OverlayPosition.values)
        parser.add_argument("--margin", type=float, help="share of the variant's shorter side")
        parser.add_argument("--opacity", type=float, help="above 0, at most 1")
        parser.add_argument("--scale", type=float, help="share of the variant's width")
        tile = parser.add_mutually_exclusive_group()
        tile.add_argument("--tile", action="store_true", default=None, help="repeat it all over")
        tile.add_argument("--no-tile", action="store_false", dest="tile")
        parser.add_argument("--minimum-width", type=int, help="pixels; narrower ones carry none")

    def handle(self, *args: Any, **options: Any) -> None:
        changes = _changes(options)
        changed = [_changed(name, changes) for name in options["presets"]]
        for preset in changed:
            preset.save(update_fields=[*changes, "updated_at"])
            self.stdout.write(_told(preset))
        self.stdout.write(
            "Variants that exist stay as they are until their images are reprocessed."
        )


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {
        f"overlay_{name}": options[name] for name in PLACEMENT if options[name] is not None
    }
    if options["none"]:
        changes["overlay"] = None
    elif options["overlay"] is not None:
        changes["overlay"] = _overlay(options["overlay"])
    if not changes:
        raise CommandError("Say what to change: name an --overlay, or give --none.")
    return changes


def _overlay(name: str) -> Overlay:
    overlay = Overlay.objects.filter(name=name).first()
    if overlay is None:
        known = ", ".join(Overlay.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(
            f"There is no overlay {name!r} (there are: {known}). Add it: "
            f"manage.py add_overlay {name} FILE"
        )
    return overlay


def _changed(name: str, changes: dict[str, Any]) -> Preset:
    """Return a preset with its changes, not yet saved, so that all of them are checked first."""
    preset = Preset.objects.select_related("overlay").filter(name=name).first()
    if preset is None:
        known = ", ".join(Preset.objects.values_list("name", flat=True))
        raise CommandError(f"There is no preset {name!r}. Name one of {known}.")
    for field, value in changes.items():
        setattr(preset, field, value)
    if preset.overlay is None and "overlay" not in changes:
        raise CommandError(f"{name} has no overlay: name one with --overlay.")
    try:
        preset.clean_fields(exclude=_other_fields(changes))
    except ValidationError as error:
        raise CommandError(f"{name}: {_sentences(error)}") from error
    return preset


def _other_fields(changes: dict[str, Any]) -> set[str]:
    return {field.name for field in Preset._meta.concrete_fields} - set(changes)


def _sentences(error: ValidationError) -> str:
    return " ".join(
        f"{field.removeprefix('overlay_').replace('_', ' ')}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )


def _told(preset: Preset) -> str:
    if preset.overlay is None:
        return f"{preset.name}: no overlay"
    words = f"{preset.name}: {preset.overlay.name}, {preset.overlay_position}"
    widest = round(preset.overlay.width / preset.overlay_scale)
    if preset.width > widest:
        words += f" (never enlarged: beyond {widest} pixels its share shrinks)"
    return words
