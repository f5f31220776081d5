"""What flows between the steps: pixels, always upright, in sRGB or Display P3, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from processing.imaging.profiles import DISPLAY_P3_PROFILE
from processing.imaging.sizes import DISPLAY_P3, SRGB, Size

MODES = frozenset({"L", "LA", "RGB", "RGBA"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A still or an animation: one size, one mode, no metadata.

    `open_frames` starts a new pass over the frames each time it is called; an animation decodes
    them one by one, so that it never holds them all. `durations_ms` is empty for a still.
    `loop` is how often an animation plays in total; 0 is for ever. `gamut` is "srgb" or
    "display-p3": what the values of the pixels mean.
    """

    size: Size
    mode: str
    open_frames: Callable[[], Iterator[Image.Image]]
    durations_ms: tuple[int, ...] = ()
    loop: int = 0
    gamut: str = SRGB

    @classmethod
    def still(cls, image: Image.Image, gamut: str = SRGB) -> "Picture":
        """Return a picture of one image, whose mode must be L, LA, RGB or RGBA."""
        if image.mode not in MODES:
            raise ValueError(f"a picture cannot hold pixels of mode {image.mode}")
        bare = without_metadata(image)
        return cls(Size(*bare.size), bare.mode, lambda: iter((bare,)), gamut=gamut)

    @property
    def width(self) -> int:
        return self.size.width

    @property
    def height(self) -> int:
        return self.size.height

    @property
    def animated(self) -> bool:
        return len(self.durations_ms) > 1

    @property
    def has_alpha(self) -> bool:
        return self.mode in ("LA", "RGBA")

    @property
    def icc_profile(self) -> bytes | None:
        """The profile that a file of these pixels needs; None for sRGB, which goes without."""
        return DISPLAY_P3_PROFILE if self.gamut == DISPLAY_P3 else None

    @property
    def frame_count(self) -> int:
        return max(1, len(self.durations_ms))

    def first_frame(self) -> Image.Image:
        """Return the still, or the first frame of an animation."""
        return next(self.open_frames())


def without_metadata(image: Image.Image) -> Image.Image:
    """Return the same pixels without `info`, which Pillow would write into the files it saves.

    An image that is bare already is returned as it is: a copy of ten megapixels takes 40 MB.
    """
    if type(image) is Image.Image and not image.info:
        return image
    bare = image.copy()
    bare.info = {}
    return bare


def flattened_on_white(image: Image.Image) -> Image.Image:
    """Return an opaque image: what a transparent picture shows on a white page."""
    if image.mode not in ("LA", "RGBA"):
        return image
    mode = image.mode.removesuffix("A")
    white = Image.new(mode, image.size, "white")
    white.paste(image.convert(mode), mask=image.getchannel("A"))
    return white
