"""Turn a file into pixels: one still, or a stream of frames."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image, ImageFile, PngImagePlugin

from processing.imaging.avif_loops import loop_count_of
from processing.imaging.codepoints import profile_of
from processing.imaging.errors import TruncatedImage, UndecodableImage, blaming_the_image
from processing.imaging.inspection import Header, has_hidden_default
from processing.imaging.limits import Limits
from processing.imaging.modes import to_working_mode
from processing.imaging.opening import open_image
from processing.imaging.orientation import upright_size
from processing.imaging.sizes import Size

# A frame that asks for less gets this long, as in every browser: old tools wrote 0 for "default".
SHORTEST_HONOURED_MS = 10
DEFAULT_FRAME_MS = 100

# Ask libjpeg for at least twice the width that is wanted: its cheap scaling then leaves enough
# for LANCZOS to work with.
DRAFT_MARGIN = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A whole file in memory with its header and the limits it was accepted under."""

    content: bytes
    header: Header
    limits: Limits
    implied_profile: bytes | None = None

    @property
    def turn(self) -> int:
        """The orientation that is still to be applied to decoded pixels."""
        # Pillow turns TIFFs upright while it loads them.
        return 1 if self.header.format == "tiff" else self.header.orientation

    @property
    def pixels(self) -> int:
        return self.header.width * self.header.height


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded image in a working mode, with its colour profile and time on screen."""

    image: Image.Image
    profile: bytes | None
    duration_ms: int


def decode_still(source: Source, largest: Size) -> Frame:
    """Return the picture, decoded at least DRAFT_MARGIN times as large as `largest` (upright).

    JPEGs are shrunk by libjpeg while they load. Raises ImagingError.
    """
    with blaming_the_image(pixels=source.pixels), _opened(source) as image:
        if has_hidden_default(image):
            image.seek(1)
        stored = upright_size(largest, source.turn)
        image.draft(None, (stored.width * DRAFT_MARGIN, stored.height * DRAFT_MARGIN))
        image.load()
        if source.header.format == "heic":
            _check_size(image, source.header)
        return _frame(image, source)


def _check_size(image: Image.Image, header: Header) -> None:
    """Raise where pixels turn out to be of another size than their container declares."""
    if image.size != (header.width, header.height):
        raise UndecodableImage


def decode_frames(source: Source) -> Iterator[Frame]:
    """Yield the frames of an animation one at a time, each whole and of the header's size.

    Raises ImagingError, also midway.
    """
    with _opened(source) as image:
        first = 1 if has_hidden_default(image) else 0
        for index in range(first, first + source.header.frames):
            frame = _frame_at(image, index, source)
            if frame is None:
                return
            yield frame


def loop_count(source: Source) -> int:
    """Return how often an animation plays in total, 0 for ever."""
    if source.header.format == "avif":
        return loop_count_of(source.content)
    with blaming_the_image(), _opened(source) as image:
        loop = image.info.get("loop")
        if source.header.format != "gif":
            return int(loop or 0)
        # A GIF counts repetitions after the first play, and plays once if it does not say.
        return 1 if loop is None else 0 if loop == 0 else int(loop) + 1


def _opened(source: Source) -> ImageFile.ImageFile:
    with blaming_the_image(pixels=source.pixels):
        return open_image(source.content, source.header.format, source.limits)


def _frame_at(image: ImageFile.ImageFile, index: int, source: Source) -> Frame | None:
    """Return one frame, or None where a file holds fewer than it declares."""
    with blaming_the_image(pixels=source.pixels):
        try:
            image.seek(index)
        except EOFError as error:
            if index == 0:
                raise TruncatedImage from error
            return None
        _load_frame(image)
        frame = _frame(image, source)
        return replace(frame, image=_on_canvas(frame.image, source.header))


def _load_frame(image: ImageFile.ImageFile) -> None:
    """Load the current frame, so that the next one may still go back to what was before it.

    Pillow 13 draws an APNG's frame over the very pixels that its disposal "previous" is to restore.
    """
    before = getattr(image, "_prev_im", None)
    if before is None or image.info.get("disposal") != PngImagePlugin.Disposal.OP_PREVIOUS:
        image.load()
        return
    kept = before.copy()
    image.load()
    image._prev_im = kept  # type: ignore[attr-defined]


def _frame(image: ImageFile.ImageFile, source: Source) -> Frame:
    duration = _honoured(image.info.get("duration", 0))
    profile = image.info.get("icc_profile") or _named_colors(image) or source.implied_profile
    return Frame(to_working_mode(image), profile, duration)


def _named_colors(image: Image.Image) -> bytes | None:
    """Return a profile for the code points that a HEIC decoder has found."""
    points = image.info.get("nclx_profile")
    if not points:
        return None
    return profile_of(points["color_primaries"], points["transfer_characteristics"])


def _on_canvas(image: Image.Image, canvas: Header) -> Image.Image:
    # A GIF frame may reach beyond the canvas; Pillow then grows it, browsers cut the frame.
    stored = upright_size((canvas.width, canvas.height), canvas.orientation)
    return image if image.size == stored else image.crop((0, 0, *stored))


def _honoured(duration: float) -> int:
    return round(duration) if duration > SHORTEST_HONOURED_MS else DEFAULT_FRAME_MS
