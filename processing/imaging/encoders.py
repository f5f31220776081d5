"""One function for each codec, with every setting that was chosen and why.

All of them write bare pixels. sRGB is what a browser assumes where no profile stands, so a profile
would only cost bytes; WebP and AVIF take the one of a picture that is not sRGB.
"""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from processing.imaging.avif_loops import with_loop_count
from processing.imaging.containers import webp_durations_ms
from processing.imaging.pictures import Picture
from processing.imaging.streams import FrameStream

# Over 62 pictures at equal score, speed 6 was 23 % smaller than speed 9 for eleven times its time,
# and speed 5 saved 7 % more for another four times: docs/benchmarks.md has the front. Speed 9
# serves to find the setting, and for animations, whose frames add up.
AVIF_SPEED = 6
AVIF_DRAFT_SPEED = 9
# At equal score method 4 is 5 % smaller than method 2 for twice its time, and 6 another 3 % for
# twice again. That is spent only where WebP is the smallest format a browser will be offered.
WEBP_METHOD = 4
WEBP_METHOD_WHERE_SMALLEST = 6
# Lossy animations may hold hundreds of frames.
WEBP_ANIMATION_METHOD = 2
# Over four drawings and scans, lossless method 4 at effort 75 was within 1.5 % of the smallest
# tried, up to 13 % below method 2, and took about as long.
WEBP_LOSSLESS_METHOD = 4
WEBP_LOSSLESS_EFFORT = 75
# What a codec can address, in pixels per side.
LONGEST_SIDE = {"jpeg": 65_500, "png": 1_000_000, "webp": 16_383, "avif": 65_536}

LOSSLESS = 100


@dataclass(frozen=True, slots=True)
class Encoded:
    """One file to deliver; `quality` is the codec's own setting, 100 for lossless.

    `score` is on the SSIMULACRA2 scale, None where it was not measured.
    """

    format: str
    width: int
    height: int
    quality: int
    content: bytes
    frames: int
    score: float | None = None


def jpeg(image: Image.Image, *, quality: int, full_color: bool) -> Encoded:
    """Encode an L or RGB image as a progressive JPEG, its colour at full or half resolution."""
    content = _saved(
        image,
        "JPEG",
        quality=quality,
        progressive=True,
        optimize=True,
        subsampling="4:4:4" if full_color else "4:2:0",
    )
    return _encoded("jpeg", image, quality, content)


def png(image: Image.Image) -> Encoded:
    """Encode any image losslessly as a PNG, with a palette where its colours fit into one."""
    return _encoded("png", image, LOSSLESS, _saved(_with_palette(image), "PNG", optimize=True))


def webp(
    image: Image.Image,
    *,
    quality: int,
    method: int = WEBP_METHOD,
    icc_profile: bytes | None = None,
) -> Encoded:
    """Encode any image as a lossy WebP."""
    settings = {"quality": quality, "method": method, "icc_profile": icc_profile}
    return _encoded("webp", image, quality, _saved(image, "WEBP", **settings))


def lossless_webp(image: Image.Image, *, icc_profile: bytes | None = None) -> Encoded:
    """Encode any image as a lossless WebP."""
    content = _saved(
        image,
        "WEBP",
        lossless=True,
        quality=WEBP_LOSSLESS_EFFORT,
        method=WEBP_LOSSLESS_METHOD,
        icc_profile=icc_profile,
    )
    return _encoded("webp", image, LOSSLESS, content)


def quick_lossless_webp(image: Image.Image) -> Encoded:
    """Encode any image as a lossless WebP in a tenth of the time, and larger."""
    content = _saved(image, "WEBP", lossless=True, quality=0, method=0)
    return _encoded("webp", image, LOSSLESS, content)


def avif(
    image: Image.Image,
    *,
    quality: int,
    full_color: bool,
    speed: int = AVIF_SPEED,
    icc_profile: bytes | None = None,
) -> Encoded:
    """Encode any image as an AVIF, its colour at full or half resolution."""
    ready = image.convert("RGBA") if image.mode == "LA" else image
    settings = _avif_settings(ready.mode, full_color=full_color, speed=speed)
    content = _saved(ready, "AVIF", quality=quality, icc_profile=icc_profile, **settings)
    return _encoded("avif", image, quality, content)


def animated_webp(picture: Picture, *, quality: int) -> Encoded:
    """Encode an animation as a WebP, drawing one frame at a time."""
    content = _saved(
        FrameStream(picture.open_frames, picture.frame_count),
        "WEBP",
        save_all=True,
        quality=quality,
        method=WEBP_ANIMATION_METHOD,
        # Each frame lossy or lossless, whole or as a difference, whichever is smallest: up to
        # four times smaller for drawn animations, at up to three times the time.
        allow_mixed=True,
        minimize_size=True,
        duration=list(picture.durations_ms),
        loop=picture.loop,
        background=(0, 0, 0, 0),
        icc_profile=picture.icc_profile,
    )
    # The encoder joins frames that look the same, so the file may have fewer.
    frames = max(1, len(webp_durations_ms(content)))
    return Encoded("webp", picture.width, picture.height, quality, content, frames)


def animated_avif(picture: Picture, *, quality: int, full_color: bool) -> Encoded:
    """Encode an animation as an AVIF sequence, drawing one frame at a time."""
    stream = FrameStream(picture.open_frames, picture.frame_count)
    settings = _avif_settings(picture.mode, full_color=full_color, speed=AVIF_DRAFT_SPEED)
    settings["icc_profile"] = picture.icc_profile
    durations = list(picture.durations_ms)
    content = _saved(stream, "AVIF", save_all=True, quality=quality, duration=durations, **settings)
    content = with_loop_count(content, picture.loop)
    size = picture.size
    return Encoded("avif", size.width, size.height, quality, content, picture.frame_count)


def _avif_settings(mode: str, *, full_color: bool, speed: int) -> dict[str, object]:
    # One thread: workers are processes, one per core.
    settings: dict[str, object] = {"speed": speed, "max_threads": 1, "autotiling": True}
    if mode != "L":
        settings["subsampling"] = "4:4:4" if full_color else "4:2:0"
    return settings


def _with_palette(image: Image.Image) -> Image.Image:
    """Return an RGB image of at most 256 colours as a palette image; others as they are."""
    if image.mode != "RGB" or image.getcolors(256) is None:
        return image
    return image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _saved(image: Image.Image, codec: str, **settings: object) -> bytes:
    output = BytesIO()
    image.save(output, codec, **settings)
    return output.getvalue()


def _encoded(codec: str, image: Image.Image, quality: int, content: bytes) -> Encoded:
    return Encoded(codec, image.width, image.height, quality, content, 1)
