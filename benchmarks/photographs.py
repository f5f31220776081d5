"""The photographs of a benchmark and what is to be made of each."""

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal

from processing.imaging import ImagingError, Limits, VariantSpec, inspect, render
from processing.imaging.graphics import is_graphic
from processing.imaging.sizes import Size, fit_inside

LIMITS = Limits()
FORMATS = ("jpeg", "webp", "avif")
WIDTHS = (320, 640, 960, 1280, 1920, 2560)
SQUARES = (150, 300)

Effort = Literal["balanced", "exact", "fixed"]


def found() -> list[Path]:
    """Return the photographs of the folder CORPUS, or of its folder photos/, by name."""
    root = Path(os.environ["CORPUS"])
    folder = root / "photos" if (root / "photos").is_dir() else root
    return [path for path in sorted(folder.iterdir()) if _is_photograph(path)]


def _is_photograph(path: Path) -> bool:
    content = BytesIO(path.read_bytes())
    try:
        header = inspect(content, LIMITS)
        if header.animated:
            return False
        small = fit_inside(Size(header.width, header.height), 320, 320)
        _, picture = next(iter(render(content, [small], LIMITS)))
    except ImagingError:
        return False
    return not is_graphic(picture.first_frame())


def default_specs(effort: Effort, quality: str = "good") -> list[VariantSpec]:
    """Return the presets that every installation starts with, at one effort."""
    resizes = [
        VariantSpec(f"w{width}", "resize", width, None, "inside", FORMATS, quality)
        for width in WIDTHS
    ]
    squares = [
        VariantSpec(f"square{side}", "thumbnail", side, side, "cover", FORMATS, quality)
        for side in SQUARES
    ]
    return [replace(spec, effort=effort) for spec in (*resizes, *squares)]
