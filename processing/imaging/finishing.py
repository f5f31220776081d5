"""From a rendition to the files of one preset: its gamut, its cut, its overlay, its formats."""

from collections.abc import Callable

from processing.imaging.cropping import FocalPoint, cut
from processing.imaging.encoders import Encoded
from processing.imaging.encoding import encode
from processing.imaging.gamuts import in_srgb
from processing.imaging.pictures import Picture
from processing.imaging.sizes import VariantSpec, thumbnail_size

# Lays the preset's overlay over a picture, or returns it as it is where it carries none.
Lay = Callable[[Picture], Picture]


def finish_resized(
    rendition: Picture, spec: VariantSpec, lay: Lay, *, original_bytes: int
) -> list[Encoded]:
    """Return the files of a resize preset; raises what `encode` and `lay` raise."""
    # Another preset of the same size may have asked for a wider gamut.
    picture = rendition if spec.keeps_wide_gamut else in_srgb(rendition)
    return encode(lay(picture), spec, original_bytes=original_bytes)


def finish_thumbnail(
    rendition: Picture, spec: VariantSpec, focal: FocalPoint, lay: Lay
) -> list[Encoded]:
    """Return the files of a thumbnail preset; raises what `encode` and `lay` raise."""
    picture = in_srgb(rendition)
    return encode(lay(cut(picture, thumbnail_size(picture.size, spec), focal)), spec)
