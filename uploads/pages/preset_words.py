"""Presets in the words of people, in the form where they are chosen and in the list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from processing.imaging.quality import NAMED_SCORES
from storage.models import Preset
from storage.models.presets import FORMATS, Fit
from storage.models.variants import VariantKind
from uploads.staleness import VariantCounts

Words = Mapping[str, Any]

KINDS: Words = {
    "resize": gettext_lazy("The whole picture, resized"),
    "thumbnail": gettext_lazy("A thumbnail"),
}
FITS: Words = {
    "inside": gettext_lazy("inside: the whole picture"),
    "cover": gettext_lazy("cut to exactly this shape, around the focal point"),
}
QUALITIES: Words = {
    "high": gettext_lazy("high"),
    "good": gettext_lazy("good"),
    "small": gettext_lazy("small"),
}
EFFORTS: Words = {
    "balanced": gettext_lazy("balanced: close to the quality, at little cost"),
    "exact": gettext_lazy("exact: as close as it gets, several times the work"),
    "fixed": gettext_lazy("fixed: one setting for all pictures, the least work"),
}
EFFORTS_IN_SHORT: Words = {
    "balanced": gettext_lazy("balanced effort"),
    "exact": gettext_lazy("exact effort"),
    "fixed": gettext_lazy("fixed setting"),
}
GAMUTS: Words = {
    "srgb": gettext_lazy("sRGB, for every screen"),
    "display-p3": gettext_lazy("Display P3, where the picture has such colours"),
}
POSITIONS: Words = {
    "top-left": gettext_lazy("top left"),
    "top-center": gettext_lazy("top centre"),
    "top-right": gettext_lazy("top right"),
    "center-left": gettext_lazy("centre left"),
    "center": gettext_lazy("centre"),
    "center-right": gettext_lazy("centre right"),
    "bottom-left": gettext_lazy("bottom left"),
    "bottom-center": gettext_lazy("bottom centre"),
    "bottom-right": gettext_lazy("bottom right"),
}


@dataclass(frozen=True)
class PresetRow:
    """A preset as the list shows it."""

    preset: Preset
    settings: Sequence[str]
    shown: int
    stale: int


def rows(presets: Iterable[Preset], counts: VariantCounts) -> list[PresetRow]:
    return [
        PresetRow(
            preset,
            settings_in_words(preset),
            shown=counts.shown[preset.name],
            stale=counts.stale[preset.name],
        )
        for preset in presets
    ]


def settings_in_words(preset: Preset) -> list[str]:
    """Return all that makes up a preset, the most important first."""
    words = [
        size_in_words(preset),
        ", ".join(FORMATS.get(name, name) for name in preset.formats),
        quality_in_words(preset.quality),
        str(EFFORTS_IN_SHORT.get(preset.effort, preset.effort)),
    ]
    if preset.gamut == "display-p3":
        words.append(_("Display P3"))
    return [*words, overlay_in_words(preset)] if preset.overlay else words


def size_in_words(preset: Preset) -> str:
    sides = {"width": preset.width, "height": preset.height}
    if preset.height is None:
        return _("at most %(width)d px wide") % sides
    if preset.kind == VariantKind.THUMBNAIL and preset.fit == Fit.COVER:
        return _("cut to %(width)d × %(height)d px") % sides  # noqa: RUF001
    return _("at most %(width)d × %(height)d px") % sides  # noqa: RUF001


def quality_in_words(quality: str) -> str:
    if quality not in NAMED_SCORES:
        return _("score %(score)s") % {"score": quality}
    return _("%(quality)s quality (score %(score)d)") % {
        "quality": QUALITIES[quality],
        "score": NAMED_SCORES[quality],
    }


def overlay_in_words(preset: Preset) -> str:
    """Return the overlay of a preset that has one."""
    share = {"name": preset.overlay, "percent": f"{100 * preset.overlay_scale:g}"}
    if preset.overlay_tile:
        words = _("%(name)s all over it, each %(percent)s %% of its width") % share
    else:
        place = POSITIONS.get(preset.overlay_position, preset.overlay_position)
        words = _("%(name)s %(place)s, %(percent)s %% of its width") % {**share, "place": place}
    if preset.overlay_minimum_width:
        words += " " + _("from %(width)d px on") % {"width": preset.overlay_minimum_width}
    return words
