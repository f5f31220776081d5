"""Scores every file whole, against Darkroom's own rendition and against one common to all.

A file is shown as a browser would show it: an embedded profile is converted to sRGB, and
transparency is seen on white.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from benchmarks.jobs import MadeFile
from benchmarks.photographs import default_specs, renditions
from processing.imaging.pictures import flattened_on_white
from processing.imaging.quality_search import SMALLEST_SIDE
from processing.imaging.ssimulacra2 import Reference

SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Scored:
    """One file; a score that has no meaning is None: of tiny files, and of cuts of other people.

    `common_score` is against a direct LANCZOS resize of the fully decoded original, `own_score`
    against Darkroom's lossless rendition.
    """

    preset: str
    format: str
    width: int
    height: int
    bytes: int
    quality: int | None
    searched: bool
    common_score: float | None
    own_score: float | None


class Scorer:
    """Scores the files of one photograph; references are made once and used for all subjects."""

    def __init__(self, photograph: Path) -> None:
        self._content = photograph.read_bytes()
        self._common: dict[tuple[int, int], Reference] = {}
        self._own: dict[str, Reference] = {}
        self._original: Image.Image | None = None

    def scored(self, files: Iterable[MadeFile], *, own: bool) -> Iterator[Scored]:
        """Yield each file with its scores; `own` if Darkroom made it."""
        for file in files:
            content = file.path.read_bytes()
            image = shown(content)
            covers = file.preset.startswith("square")
            tiny = min(image.size) < SMALLEST_SIDE
            yield Scored(
                file.preset,
                file.format,
                image.width,
                image.height,
                len(content),
                file.quality,
                file.score is not None,
                None if covers or tiny else self._common_reference(image.size).score(image),
                self._own_reference(file.preset).score(image) if own and not tiny else None,
            )

    def _common_reference(self, size: tuple[int, int]) -> Reference:
        if size not in self._common:
            self._common[size] = Reference(directly_resized(self._decoded(), size))
        return self._common[size]

    def _decoded(self) -> Image.Image:
        if self._original is None:
            self._original = original(self._content)
        return self._original

    def _own_reference(self, preset: str) -> Reference:
        if not self._own:
            made, _ = renditions(self._content, default_specs("fixed"))
            self._own = {
                spec.name: Reference(flattened_on_white(picture.first_frame()))
                for spec, picture in made
                if min(picture.size) >= SMALLEST_SIDE
            }
        return self._own[preset]


def directly_resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return an image at a size by LANCZOS, with premultiplied alpha, on white."""
    if image.mode == "RGBA":
        image = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
        return flattened_on_white(image)
    return image.resize(size, Image.Resampling.LANCZOS)


def original(content: bytes) -> Image.Image:
    """Return a photograph decoded in full, upright and in sRGB."""
    with Image.open(BytesIO(content)) as image:
        return _in_srgb(ImageOps.exif_transpose(image))


def shown(content: bytes) -> Image.Image:
    """Return a file as it is seen: in sRGB and on white."""
    with Image.open(BytesIO(content)) as image:
        return flattened_on_white(_in_srgb(image))


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    alpha = "RGBA" if image.has_transparency_data else "RGB"
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image.convert(alpha)
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(BytesIO(profile)),
        SRGB,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB" if image.mode == "CMYK" else image.mode,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if converted is None:
        raise ValueError("a profile could not be applied")
    return converted
