"""Loads whatever decoding may need, because a child that is shut in can load nothing.

Libraries import parts of themselves when they are first used, so each format is used once.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, cast

from PIL import ExifTags, Image, ImageCms

from processing import imaging
from processing.imaging import Limits, Size, heic
from processing.imaging.profiles import DISPLAY_P3_PROFILE

SIDE_PIXELS = 16
_HALF = Size(SIDE_PIXELS // 2, SIDE_PIXELS // 2)


def warm_up() -> None:
    """Load the parsers that are used, no others, and see each of them at work."""
    if heic.available():
        heic.register()
    for sample in _samples():
        _use(sample)


def _use(sample: BinaryIO) -> None:
    imaging.inspect(sample, Limits())
    sizes = [Size(SIDE_PIXELS, SIDE_PIXELS), _HALF]
    for _, picture in imaging.render(sample, sizes, Limits(), wide=[_HALF]):
        imaging.write(picture, BytesIO())


def _samples() -> Iterator[BinaryIO]:
    """Yield a small file of each format, still and animated, with all that files carry."""
    color = Image.radial_gradient("L").resize((SIDE_PIXELS, SIDE_PIXELS)).convert("RGB")
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield _saved(color, "JPEG", icc_profile=DISPLAY_P3_PROFILE, exif=turned)
    yield _saved(color, "JPEG", progressive=True, icc_profile=srgb, xmp=b"<x/>")
    yield _saved(color.convert("CMYK"), "JPEG")
    yield _saved(color.convert("LA"), "PNG", exif=turned)
    yield _saved(color.convert("I;16"), "PNG")
    yield _saved(color, "TIFF", compression="tiff_lzw", exif=turned)
    yield _saved(color.convert("F"), "TIFF")
    yield _saved(color, "BMP")
    yield _saved(color, "AVIF", speed=10, icc_profile=DISPLAY_P3_PROFILE, exif=turned)
    for name in ("GIF", "PNG", "WEBP"):
        yield _saved(color.convert("P"), name, save_all=True, append_images=[_other(color)])


def _other(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90)


def _saved(image: Image.Image, name: str, **options: Any) -> BinaryIO:
    file = BytesIO()
    image.save(file, name, **options)
    return cast(BinaryIO, file)
