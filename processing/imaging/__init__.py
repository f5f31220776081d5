"""Pure imaging: bytes in, bytes out. Pillow, NumPy and the standard library, nothing else."""

from processing.imaging.cropping import FocalPoint, crop_box, cut, find_focal_point
from processing.imaging.decoders import most_decoder_bytes
from processing.imaging.encoders import Encoded
from processing.imaging.encoding import FORMATS, encode
from processing.imaging.errors import (
    EmptyFile,
    ImagingError,
    NotAnImage,
    TooManyBytes,
    TooManyFrames,
    TooManyPixels,
    TruncatedImage,
    UndecodableImage,
    UnsupportedFormat,
)
from processing.imaging.fingerprint import dominant_colors, perceptual_hash
from processing.imaging.finishing import finish_resized, finish_thumbnail
from processing.imaging.gamuts import in_srgb
from processing.imaging.inspection import Header, inspect
from processing.imaging.intermediates import extension, read, write
from processing.imaging.limits import Limits
from processing.imaging.memory import needed_bytes
from processing.imaging.overlay_specs import OverlaySpec
from processing.imaging.overlays import (
    carries_overlay,
    inspect_overlay,
    overlaid,
    read_overlay,
)
from processing.imaging.pictures import Picture
from processing.imaging.placeholder import thumbhash
from processing.imaging.rendering import render
from processing.imaging.sizes import (
    Size,
    VariantSpec,
    plan_sizes,
    rendition_sizes,
    source_for_thumbnails,
    thumbnail_size,
)

__all__ = [
    "FORMATS",
    "EmptyFile",
    "Encoded",
    "FocalPoint",
    "Header",
    "ImagingError",
    "Limits",
    "NotAnImage",
    "OverlaySpec",
    "Picture",
    "Size",
    "TooManyBytes",
    "TooManyFrames",
    "TooManyPixels",
    "TruncatedImage",
    "UndecodableImage",
    "UnsupportedFormat",
    "VariantSpec",
    "carries_overlay",
    "crop_box",
    "cut",
    "dominant_colors",
    "encode",
    "extension",
    "find_focal_point",
    "finish_resized",
    "finish_thumbnail",
    "in_srgb",
    "inspect",
    "inspect_overlay",
    "most_decoder_bytes",
    "needed_bytes",
    "overlaid",
    "perceptual_hash",
    "plan_sizes",
    "read",
    "read_overlay",
    "render",
    "rendition_sizes",
    "source_for_thumbnails",
    "thumbhash",
    "thumbnail_size",
    "write",
]
