"""The shapes of pictures, as classes: a row is laid out by style alone, before a script runs.

`library.css` knows each class as a ratio of width to height. Neighbours differ by 3 per cent, so
that a picture in the nearest frame loses at most 1.5 per cent of a side.
"""

from dataclasses import dataclass
from math import log2

STEPS_PER_OCTAVE = 24
# From twice as high to three times as wide; what is further off stands whole in the last frame.
HIGHEST = -STEPS_PER_OCTAVE
WIDEST = 38

# The heights of a row in `library.css`, and from which width of the window on.
ROW_PIXELS = 104
WIDE_ROW_PIXELS = 208
WIDE_WINDOW_PIXELS = 720
# Rows grow until they fill the line, by some fifth.
GROWTH = 1.2


@dataclass(frozen=True)
class Shape:
    """The frame of a picture; `is_extreme` where it would hide a part of it."""

    step: int
    is_extreme: bool = False

    @property
    def ratio(self) -> float:
        return ratio(self.step)

    @property
    def css_class(self) -> str:
        return f"shape-{self.step}".replace("--", "-m")

    @property
    def sizes(self) -> str:
        """Return how wide the frame is about to be, for `<img sizes>`."""
        wide = round(WIDE_ROW_PIXELS * GROWTH * self.ratio)
        narrow = round(ROW_PIXELS * GROWTH * self.ratio)
        return f"(min-width: {WIDE_WINDOW_PIXELS}px) {wide}px, {narrow}px"


def ratio(step: int) -> float:
    """Return width by height."""
    return float(2 ** (step / STEPS_PER_OCTAVE))


def shape(width: int, height: int) -> Shape:
    """Return the frame for a picture of this size in pixels."""
    step = round(STEPS_PER_OCTAVE * log2(max(width, 1) / max(height, 1)))
    fitting = min(max(step, HIGHEST), WIDEST)
    return Shape(fitting, is_extreme=fitting != step)
