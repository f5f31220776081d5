"""What a preset says about the overlay that its variants carry."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# Where an overlay may stand: which shares of the free width and height lie to its left and above.
ANCHORS: dict[str, tuple[float, float]] = {
    f"{row}-{column}" if (row, column) != ("center", "center") else "center": (across, down)
    for row, down in (("top", 0.0), ("center", 0.5), ("bottom", 1.0))
    for column, across in (("left", 0.0), ("center", 0.5), ("right", 1.0))
}


@dataclass(frozen=True, slots=True)
class OverlaySpec:
    """An overlay by its content, and how it is laid over a picture.

    `margin` is a share of the picture's shorter side, `scale` the overlay's width as a share of
    the picture's, `opacity` above 0 and at most 1. A `tile`d overlay covers the whole picture, the
    margin between its copies. Pictures narrower than `minimum_width` pixels carry none.
    """

    id: str
    sha256: str
    position: str = "bottom-right"
    margin: float = 0.03
    opacity: float = 1.0
    scale: float = 0.2
    tile: bool = False
    minimum_width: int = 0

    def __post_init__(self) -> None:
        if self.position not in ANCHORS:
            raise ValueError(f"unknown position: {self.position}")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "OverlaySpec":
        """Return the specification of a dict of JSON values; unknown ones are passed over."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
