"""What is compared: each subject turns a photograph into the default set.

A peer (another library or tool) is one more function in `SUBJECTS` that returns `Output`s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from benchmarks.photographs import LIMITS, Effort, default_specs
from processing.imaging import (
    Encoded,
    Picture,
    Size,
    VariantSpec,
    cut,
    encode,
    encoders,
    find_focal_point,
    inspect,
    plan_sizes,
    render,
    source_for_thumbnails,
    thumbnail_size,
)
from processing.imaging.pictures import flattened_on_white


@dataclass(frozen=True, slots=True)
class Output:
    """One rendition of a photograph and the files made of it."""

    preset: str
    picture: Picture
    files: Sequence[Encoded]


Subject = Callable[[bytes, str], list[Output]]


def darkroom(effort: Effort) -> Subject:
    """Return Darkroom's imaging at one effort."""

    def run(content: bytes, quality: str) -> list[Output]:
        specs = default_specs(effort, quality)
        return [
            Output(spec.name, picture, encode(picture, spec))
            for spec, picture in renditions(content, specs)
        ]

    return run


SUBJECTS: dict[str, Subject] = {
    "Darkroom fixed": darkroom("fixed"),
    "Darkroom balanced": darkroom("balanced"),
    "Darkroom exact": darkroom("exact"),
}


def codec_floor(content: bytes, outputs: Sequence[Output]) -> None:
    """Decode, resize and encode once at settings known beforehand: what no search can undercut."""
    wanted = {output.preset: output.files for output in outputs}
    for spec, picture in renditions(content, default_specs("fixed")):
        frame = picture.first_frame()
        for file in wanted[spec.name]:
            _encode_at(frame, file)


def renditions(content: bytes, specs: Sequence[VariantSpec]) -> list[tuple[VariantSpec, Picture]]:
    """Return each preset's picture, from one decode."""
    header = inspect(BytesIO(content), LIMITS)
    original = Size(header.width, header.height)
    planned = plan_sizes(original, specs)
    pictures = dict(render(BytesIO(content), list(planned.values()), LIMITS))
    made = [(spec, pictures[planned[spec.name]]) for spec in specs if spec.name in planned]
    thumbnails = [spec for spec in specs if spec.kind == "thumbnail"]
    source = pictures[planned[source_for_thumbnails(original, planned, thumbnails)]]
    focal = find_focal_point(source.first_frame())
    cuts = [(spec, cut(source, thumbnail_size(source.size, spec), focal)) for spec in thumbnails]
    return made + cuts


def _encode_at(image: Image.Image, file: Encoded) -> Encoded:
    if file.format == "jpeg":
        return encoders.jpeg(flattened_on_white(image), quality=file.quality, full_color=False)
    if file.format == "webp":
        return encoders.webp(image, quality=file.quality)
    return encoders.avif(image, quality=file.quality, full_color=False)
