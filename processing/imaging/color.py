"""Colour management: whatever a file's profile says, the result is sRGB, or Display P3."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from processing.imaging.profiles import DISPLAY_P3_PROFILE
from processing.imaging.sizes import DISPLAY_P3, SRGB

# A conversion that moves no colour of a coarse grid further than this is the identity but for
# rounding. Skipping it keeps such pixels exact, and most photographs carry such a profile.
INVISIBLE_STEP = 2

# Eight-bit colours of sRGB go to Display P3 and back within this; those of the least wide gamuts
# in use, clipped on the way, come back 30 and more steps off.
LEAST_CLIPPING = 10

_SPACE_OF_MODE = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an L, LA, RGB or RGBA image in sRGB.

    The image may be in any working mode; alpha is kept as it is. A profile that is broken or
    meant for another kind of pixels is ignored, as browsers do: the pixels are then taken as
    sRGB, and CMYK ones are converted by formula.
    """
    return to_gamut(image, profile, SRGB)


def to_gamut(image: Image.Image, profile: bytes | None, gamut: str) -> Image.Image:
    """Return an L, LA, RGB or RGBA image in a gamut; otherwise like `to_srgb`.

    Grey is the same in both gamuts, as they share white and curve.
    """
    if image.mode in ("LA", "RGBA"):
        return _around_alpha(image, profile, gamut)
    converter = _converter(image.mode, profile, gamut)
    if converter is not None:
        return converter.apply(image)
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def widest_gamut(mode: str, profile: bytes | None) -> str:
    """Return the gamut that holds the colours of pixels: Display P3 where sRGB would clip them.

    Only of RGB and RGBA: presses and Lab reach beyond sRGB too, and are brought into it.
    """
    if mode not in ("RGB", "RGBA") or profile is None:
        return SRGB
    return DISPLAY_P3 if _reaches_beyond_srgb(profile) else SRGB


@lru_cache(maxsize=8)
def _reaches_beyond_srgb(profile: bytes) -> bool:
    if _converter("RGB", profile, SRGB) is None:
        return False
    wide = to_gamut(_color_grid(), profile, DISPLAY_P3)
    clipped = to_gamut(to_srgb(wide, DISPLAY_P3_PROFILE), None, DISPLAY_P3)
    return _largest_step(wide, clipped) >= LEAST_CLIPPING


def _around_alpha(image: Image.Image, profile: bytes | None, gamut: str) -> Image.Image:
    *colors, alpha = image.split()
    color = colors[0] if len(colors) == 1 else Image.merge("RGB", colors)
    converted = to_gamut(color, profile, gamut)
    return Image.merge(converted.mode + "A", (*converted.split(), alpha))


class _Converter:
    """A LittleCMS transform together with the mode its input must have."""

    def __init__(self, transform: ImageCms.ImageCmsTransform, input_mode: str) -> None:
        self.transform = transform
        self.input_mode = input_mode

    def apply(self, image: Image.Image) -> Image.Image:
        source = image if image.mode == self.input_mode else image.convert(self.input_mode)
        converted = ImageCms.applyTransform(source, self.transform)
        if converted is None:
            return source
        # Grey stays grey: its three equal channels hold no more than one.
        return converted.getchannel("G") if image.mode == "L" else converted


def _converter(mode: str, profile: bytes | None, gamut: str) -> _Converter | None:
    """Return what turns the mode into a gamut, or None if it is there or cannot be known."""
    if profile is None and mode == "RGB" and gamut != SRGB:
        profile = _srgb_profile()
    if profile is None and mode != "LAB":
        return None
    try:
        return _build(mode, profile, gamut)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError):
        return _build("LAB", None, gamut) if mode == "LAB" else None


# Frames of one animation share a profile, and so do the uploads of one camera.
@lru_cache(maxsize=8)
def _build(mode: str, profile: bytes | None, gamut: str) -> _Converter | None:
    source = _profile(profile)
    input_mode = "RGB" if mode == "L" and _space(source) == "RGB" else mode
    if _space(source) != _SPACE_OF_MODE[input_mode]:
        return None
    converter = _Converter(_transform(source, input_mode, gamut), input_mode)
    return None if _changes_nothing(converter) else converter


def _profile(content: bytes | None) -> ImageCms.ImageCmsProfile:
    if content is None:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return ImageCms.ImageCmsProfile(BytesIO(content))


def _space(profile: ImageCms.ImageCmsProfile) -> str:
    return profile.profile.xcolor_space.strip()


@lru_cache(maxsize=1)
def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _transform(
    source: ImageCms.ImageCmsProfile, input_mode: str, gamut: str
) -> ImageCms.ImageCmsTransform:
    wide = gamut == DISPLAY_P3
    return ImageCms.buildTransform(
        source,
        _profile(DISPLAY_P3_PROFILE) if wide else ImageCms.createProfile("sRGB"),
        input_mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _changes_nothing(converter: _Converter) -> bool:
    if converter.input_mode not in ("L", "RGB"):
        return False
    grid = _color_grid().convert(converter.input_mode)
    return _largest_step(grid, converter.apply(grid)) <= INVISIBLE_STEP


def _largest_step(before: Image.Image, after: Image.Image) -> int:
    """Return the largest difference of a channel of two images, 0-255."""
    pair = [np.asarray(image.convert("RGB"), dtype=np.int16) for image in (before, after)]
    return int(np.abs(pair[1] - pair[0]).max())


def _color_grid() -> Image.Image:
    """Return 729 colours spread evenly over the cube, as a 27 x 27 image."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1)
    return Image.fromarray(colors.reshape(27, 27, 3))
