"""Where thumbnails will be cut, known before they are."""

from dataclasses import dataclass

from processing import imaging
from processing.imaging import FocalPoint, Size
from processing.planning import enabled_specs
from storage.models import Original


@dataclass(frozen=True)
class Crop:
    """What the thumbnail of a preset is cut from, and its size; in pixels."""

    preset: str
    source: Size
    size: Size

    def box(self, focal: FocalPoint) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) in pixels of the source."""
        return imaging.crop_box(self.source, self.size, focal)


def planned_crops(original: Original) -> list[Crop]:
    """Return the crops that the presets of now make of a picture; what keeps it whole is none."""
    specs = enabled_specs()
    thumbnails = [spec for spec in specs if spec.kind == "thumbnail"]
    whole = Size(original.width, original.height)
    sizes = imaging.rendition_sizes(whole, specs)
    source = sizes[imaging.source_for_thumbnails(whole, sizes, thumbnails)]
    return [
        Crop(spec.name, source, imaging.thumbnail_size(source, spec))
        for spec in thumbnails
        if spec.fit == "cover" and spec.height is not None
    ]
