"""The codec floor: one decode, the resizes and the published encodes, at settings known before.

The only place that calls the encoders themselves: whatever they do inside, the floor is that.
"""

from pathlib import Path

from PIL import Image

from benchmarks.jobs import Job, Made, Setting
from benchmarks.photographs import default_specs, renditions
from processing.imaging import Encoded, FocalPoint, encoders
from processing.imaging.pictures import flattened_on_white

LOSSLESS = 100


def make(job: Job) -> list[Made]:
    """Encode each published file once; the thumbnails are cut where they were, without a search."""
    formats = tuple(job.options["formats"].split())
    content = Path(job.photograph).read_bytes()
    pictures, _ = renditions(content, default_specs("fixed"), FocalPoint(*job.focal))
    by_preset = {spec.name: picture.first_frame() for spec, picture in pictures}
    return [
        Made(each.preset, each.format, encode_at(by_preset[each.preset], each, formats).content)
        for each in job.settings
        if each.preset in by_preset
    ]


def encode_at(image: Image.Image, setting: Setting, formats: tuple[str, ...]) -> Encoded:
    """Encode an image once as Darkroom did for the file of this setting."""
    quality, full_color = setting.quality, setting.full_color
    if setting.format == "jpeg":
        return encoders.jpeg(flattened_on_white(image), quality=quality, full_color=full_color)
    if setting.format == "png":
        return encoders.png(image)
    if setting.format == "avif":
        return encoders.avif(image, quality=quality, full_color=full_color)
    if setting.graphic and quality == LOSSLESS:
        return encoders.lossless_webp(image)
    smallest = "avif" not in formats
    method = encoders.WEBP_METHOD_WHERE_SMALLEST if smallest else encoders.WEBP_METHOD
    return encoders.webp(image, quality=quality, method=method)
