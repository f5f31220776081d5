"""The photographs of a benchmark, the sizes they get and how Darkroom renders them."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from benchmarks.jobs import Wanted
from processing.imaging import (
    FocalPoint,
    ImagingError,
    Limits,
    Picture,
    Size,
    VariantSpec,
    cut,
    find_focal_point,
    inspect,
    plan_sizes,
    render,
    source_for_thumbnails,
    thumbnail_size,
)
from processing.imaging.graphics import is_graphic
from processing.imaging.sizes import fit_inside

LIMITS = Limits()
FORMATS = ("jpeg", "webp", "avif")
WIDTHS = (320, 640, 960, 1280, 1920, 2560)
SQUARES = (150, 300)

Effort = Literal["balanced", "exact", "fixed"]


def as_effort(text: str) -> Effort:
    """Return a word as an effort; raises KeyError for any other."""
    efforts: dict[str, Effort] = {effort: effort for effort in get_args(Effort)}
    return efforts[text]


def found(root: Path, count: int | None = None) -> list[Path]:
    """Return the photographs of a folder, or of its folder photos/, by name.

    With a count, that many, evenly spread. Graphics, animations and other files are left out.
    """
    folder = folder_of(root)
    paths = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_photograph(path)]
    if count is None or count >= len(paths):
        return paths
    return [paths[index * len(paths) // count] for index in range(count)]


def folder_of(root: Path) -> Path:
    """Return the folder of a collection that holds its photographs."""
    return root / "photos" if (root / "photos").is_dir() else root


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


def default_specs(
    effort: Effort, quality: str = "good", formats: tuple[str, ...] = FORMATS
) -> list[VariantSpec]:
    """Return the presets that every installation starts with, at one effort."""
    resizes = [
        VariantSpec(f"w{width}", "resize", width, None, "inside", formats, quality)
        for width in WIDTHS
    ]
    squares = [
        VariantSpec(f"square{side}", "thumbnail", side, side, "cover", formats, quality)
        for side in SQUARES
    ]
    return [replace(spec, effort=effort) for spec in (*resizes, *squares)]


def wanted_of(path: Path, formats: tuple[str, ...]) -> tuple[Wanted, ...]:
    """Return the outputs that Darkroom would make of a photograph, for everyone to make."""
    header = inspect(BytesIO(path.read_bytes()), LIMITS)
    original = Size(header.width, header.height)
    specs = default_specs("fixed", formats=formats)
    sizes = dict(plan_sizes(original, specs))
    covers = {spec.name for spec in specs if spec.kind == "thumbnail"}
    sizes |= {spec.name: thumbnail_size(original, spec) for spec in specs if spec.name in covers}
    return tuple(
        Wanted(name, size.width, size.height, name in covers, formats)
        for name, size in sizes.items()
    )


def renditions(
    content: bytes, specs: Sequence[VariantSpec], focal: FocalPoint | None = None
) -> tuple[list[tuple[VariantSpec, Picture]], FocalPoint]:
    """Return each preset's picture, from one decode, and the point the thumbnails are cut around.

    The point is searched for unless it is given.
    """
    header = inspect(BytesIO(content), LIMITS)
    original = Size(header.width, header.height)
    planned = plan_sizes(original, specs)
    pictures = dict(render(BytesIO(content), list(planned.values()), LIMITS))
    made = [(spec, pictures[planned[spec.name]]) for spec in specs if spec.name in planned]
    thumbnails = [spec for spec in specs if spec.kind == "thumbnail"]
    source = pictures[planned[source_for_thumbnails(original, planned, thumbnails)]]
    focal = focal or find_focal_point(source.first_frame())
    cuts = [(spec, cut(source, thumbnail_size(source.size, spec), focal)) for spec in thumbnails]
    return made + cuts, focal
