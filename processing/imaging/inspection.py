"""Learn what a file holds from its header, before anything is decoded."""

from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from processing.imaging.containers import count_apng_frames, count_gif_frames, is_complete
from processing.imaging.content import Content, map_content
from processing.imaging.decoders import decoder_bytes
from processing.imaging.errors import (
    TooManyFrames,
    TooManyPixels,
    TruncatedImage,
    blaming_the_image,
)
from processing.imaging.limits import Limits
from processing.imaging.opening import open_image
from processing.imaging.orientation import orientation_of, upright_size
from processing.imaging.signatures import recognise

# Formats whose further images are frames in time. A second image in a TIFF or a JPEG is another
# page, a stereo view or a gain map: only the first is a picture to publish.
ANIMATED_FORMATS = frozenset({"gif", "webp", "png", "avif"})


@dataclass(frozen=True, slots=True)
class Header:
    """What a file declares; width and height in pixels, as seen upright.

    `mode` is Pillow's for the stored pixels; `decoder_bytes` is what decoding takes beside them.
    """

    format: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    animated: bool
    orientation: int
    mode: str
    decoder_bytes: int


def inspect(file: BinaryIO, limits: Limits) -> Header:
    """Return the header of a file without decoding a pixel; raises an ImagingError to refuse it."""
    return inspect_content(map_content(file, limits), limits)


def inspect_content(content: Content, limits: Limits) -> Header:
    """Return the header of a whole file, or raise the ImagingError that refuses it."""
    kind = recognise(content, heic=limits.heic)
    if kind == "gif":
        # Before anything else walks it: a GIF can hold millions of frames of a few bytes each.
        _check_frames(count_gif_frames(content, at_most=limits.max_frames + 1), limits)
    if not is_complete(kind, content):
        raise TruncatedImage
    with blaming_the_image(), open_image(content, kind, limits) as image:
        header = _header_of(image, kind, content, limits)
    _check(header, limits)
    return header


def _header_of(image: Image.Image, kind: str, content: Content, limits: Limits) -> Header:
    orientation = orientation_of(image, content)
    size = upright_size(image.size, 1 if kind == "tiff" else orientation)
    frames = _count_frames(image, kind, content, limits)
    return Header(
        format=kind,
        width=size.width,
        height=size.height,
        frames=frames,
        has_alpha=image.has_transparency_data,
        animated=frames > 1,
        orientation=orientation,
        mode=image.mode,
        decoder_bytes=decoder_bytes(image, kind, content),
    )


def _count_frames(image: Image.Image, kind: str, content: Content, limits: Limits) -> int:
    if kind not in ANIMATED_FORMATS:
        return 1
    if kind == "gif":
        return max(1, count_gif_frames(content, at_most=limits.max_frames))
    declared: int = getattr(image, "n_frames", 1)
    shown = declared - 1 if has_hidden_default(image) else declared
    return min(shown, count_apng_frames(content)) if kind == "png" else shown


def has_hidden_default(image: Image.Image) -> bool:
    """Return whether an APNG's first image is only a stand-in that its animation does not show."""
    return bool(getattr(image, "default_image", False)) and getattr(image, "n_frames", 1) > 1


def _check(header: Header, limits: Limits) -> None:
    if max(header.width, header.height) > limits.max_side:
        raise TooManyPixels(
            f"The picture is {header.width} x {header.height}: "
            f"no side may be longer than {limits.max_side} pixels."
        )
    _check_frames(header.frames, limits)
    _check_area(header, limits)


def _check_frames(frames: int, limits: Limits) -> None:
    if frames > limits.max_frames:
        raise TooManyFrames(f"The animation has more than {limits.max_frames} frames: shorten it.")


def _check_area(header: Header, limits: Limits) -> None:
    area = header.width * header.height
    most = limits.max_pixels
    if header.format == "heic":
        most = min(most, limits.max_heic_pixels)
    if area > most:
        megapixels = most // 1_000_000
        raise TooManyPixels(f"The picture has more than {megapixels} megapixels: make it smaller.")
    if header.animated and area * header.frames > limits.max_animation_pixels:
        raise TooManyPixels(
            f"The animation has {header.frames} frames of {header.width} x {header.height}: "
            "shorten it or make it smaller."
        )
