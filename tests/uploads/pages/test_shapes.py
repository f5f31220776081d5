"""The frames of pictures, and that the style sheet has each of them."""

import re
from pathlib import Path

import pytest

from uploads.pages.shapes import HIGHEST, WIDEST, Shape, ratio, shape

STYLES = Path(__file__).parents[3] / "uploads/static/darkroom/library.css"


def test_the_style_sheet_has_every_shape_with_its_ratio() -> None:
    found = re.findall(r"\.(shape-\w+) \{\s+--ratio: ([\d.]+);", STYLES.read_text())
    steps = range(HIGHEST, WIDEST + 1)
    assert found == [(Shape(step).css_class, f"{ratio(step):.4f}") for step in steps]


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1, 1), (3000, 1001), (501, 1000)])
def test_a_frame_hides_at_most_a_sixtieth_of_a_side(size: tuple[int, int]) -> None:
    width, height = size
    framed = shape(width, height)
    assert not framed.is_extreme
    assert abs(framed.ratio / (width / height) - 1) < 1 / 60


@pytest.mark.parametrize(("size", "step"), [((9000, 100), WIDEST), ((100, 9000), HIGHEST)])
def test_a_picture_of_another_shape_than_any_frame_is_extreme(
    size: tuple[int, int], step: int
) -> None:
    assert shape(*size) == Shape(step, is_extreme=True)


def test_a_frame_says_how_wide_it_will_be() -> None:
    assert shape(640, 480).sizes == "(min-width: 720px) 333px, 167px"
