"""Which renditions a picture gets, and how large each may be."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, NamedTuple

from processing.imaging.overlay_specs import OverlaySpec

# A rendition at the original's own size is not worth its bytes if the preset below it is this near.
NEGLIGIBLE_GAIN = 1.02
# The source of the thumbnails where no resize preset is enabled.
FALLBACK_WIDTH = 1280


# The gamuts that a preset may ask for.
SRGB, DISPLAY_P3 = "srgb", "display-p3"
# Whoever shows these formats manages colours; JPEG and PNG also go where nobody does.
WIDE_GAMUT_FORMATS = frozenset({"webp", "avif"})


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One preset: how large, cut or not, in which formats and how good.

    `quality` is "high", "good" or "small", or a number as text on the SSIMULACRA2 scale. `effort`
    is how closely each picture is brought to it, within a floor and a ceiling of the encoders'
    settings and at most `max_probes` encodings of a file; "fixed" is one setting for all pictures.
    `overlay` is laid over the picture before it is encoded. With the `gamut` "display-p3", WebP
    and AVIF of a picture whose colours reach beyond sRGB keep them.
    """

    name: str
    kind: Literal["resize", "thumbnail"]
    width: int
    height: int | None
    fit: Literal["inside", "cover"]
    formats: tuple[str, ...]
    quality: str
    effort: Literal["balanced", "exact", "fixed"] = "balanced"
    quality_floor: int = 10
    quality_ceiling: int = 95
    max_probes: int = 4
    overlay: OverlaySpec | None = None
    gamut: Literal["srgb", "display-p3"] = "srgb"

    @property
    def keeps_wide_gamut(self) -> bool:
        """Whether any file of the preset may hold colours beyond sRGB."""
        wide = self.kind == "resize" and self.gamut == DISPLAY_P3
        return wide and not WIDE_GAMUT_FORMATS.isdisjoint(self.formats)

    @property
    def spec_hash(self) -> str:
        """Return 16 hex digits that change whenever the specification does."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Return the specification as a dict of JSON values.

        What came later is left out at its default, so that older workers can read the rest.
        """
        values = asdict(self) | {"formats": list(self.formats), "quality": str(self.quality)}
        return {name: value for name, value in values.items() if not _is_later(name, value)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "VariantSpec":
        """Return the specification that `to_json` described."""
        known = {name: value for name, value in values.items() if name in _FIELDS}
        known |= {"formats": tuple(values["formats"]), "quality": str(values["quality"])}
        if overlay := values.get("overlay"):
            known["overlay"] = OverlaySpec.from_json(overlay)
        return cls(**known)


_FIELDS = frozenset(field.name for field in fields(VariantSpec))
# What a specification had from the start has no default.
_LATER = {each.name: each.default for each in fields(VariantSpec) if each.default is not MISSING}


def _is_later(name: str, value: object) -> bool:
    """Return whether a value is the default of a field that older workers do not know."""
    return name in _LATER and _LATER[name] == value


def plan_sizes(original: Size, specs: Sequence[VariantSpec]) -> dict[str, Size]:
    """Return the size of each resize preset that applies, by name, narrowest first.

    Presets wider than the original collapse into one at the original's own size, and that one is
    dropped where it would hardly differ from the preset below it. Nothing is ever enlarged.
    """
    resizes = sorted((spec for spec in specs if spec.kind == "resize"), key=lambda spec: spec.width)
    smaller = [spec for spec in resizes if spec.width <= original.width]
    larger = [spec for spec in resizes if spec.width > original.width]
    planned = {spec.name: fit_inside(original, spec.width, spec.height) for spec in smaller}
    widest = max((size.width for size in planned.values()), default=0)
    if larger and original.width > widest * NEGLIGIBLE_GAIN:
        planned[larger[0].name] = fit_inside(original, original.width, larger[0].height)
    return planned


def rendition_sizes(original: Size, specs: Sequence[VariantSpec]) -> dict[str, Size]:
    """Return what `plan_sizes` does or, where that is nothing, one to cut thumbnails from."""
    width = min(original.width, FALLBACK_WIDTH)
    return plan_sizes(original, specs) or {"source": fit_inside(original, width, None)}


def fit_inside(original: Size, width: int, height: int | None) -> Size:
    """Return the largest size of the original's shape within the box, never above the original."""
    scale = min(1.0, width / original.width)
    if height is not None:
        scale = min(scale, height / original.height)
    return Size(max(1, round(original.width * scale)), max(1, round(original.height * scale)))


def thumbnail_size(original: Size, spec: VariantSpec) -> Size:
    """Return the size of a thumbnail: the preset's shape, shrunk until the original covers it."""
    if spec.fit == "inside" or spec.height is None:
        return fit_inside(original, spec.width, spec.height)
    scale = min(1.0, original.width / spec.width, original.height / spec.height)
    return Size(max(1, round(spec.width * scale)), max(1, round(spec.height * scale)))


def source_for_thumbnails(
    original: Size, planned: Mapping[str, Size], thumbnails: Sequence[VariantSpec]
) -> str:
    """Return the name of the smallest planned rendition that every thumbnail can be cut from.

    Where none is large enough the largest serves. Raises ValueError if nothing is planned.
    """
    needed = [thumbnail_size(original, spec) for spec in thumbnails]
    by_area = sorted(planned, key=lambda name: planned[name].area)
    if not by_area:
        raise ValueError("no rendition is planned to cut thumbnails from")
    return next((name for name in by_area if _covers(planned[name], needed)), by_area[-1])


def _covers(size: Size, needed: Sequence[Size]) -> bool:
    return all(size.width >= each.width and size.height >= each.height for each in needed)
