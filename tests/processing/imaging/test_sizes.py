import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest

from processing.imaging import (
    OverlaySpec,
    Size,
    VariantSpec,
    plan_sizes,
    source_for_thumbnails,
    thumbnail_size,
)
from tests.processing.imaging.samples import spec

PRESETS = [spec(name=f"w{width}", width=width) for width in (320, 640, 1280, 1920)]
SQUARE = spec(
    effort="balanced", name="square", kind="thumbnail", width=300, height=300, fit="cover"
)


@pytest.mark.parametrize(
    ("original", "planned"),
    [
        (
            (4000, 3000),
            {"w320": (320, 240), "w640": (640, 480), "w1280": (1280, 960), "w1920": (1920, 1440)},
        ),
        ((1000, 500), {"w320": (320, 160), "w640": (640, 320), "w1280": (1000, 500)}),
        ((650, 650), {"w320": (320, 320), "w640": (640, 640)}),
        ((640, 480), {"w320": (320, 240), "w640": (640, 480)}),
        ((10, 20), {"w320": (10, 20)}),
        ((1, 1), {"w320": (1, 1)}),
        ((10_000, 2), {"w320": (320, 1), "w640": (640, 1), "w1280": (1280, 1), "w1920": (1920, 1)}),
    ],
)
def test_presets_above_the_original_collapse_into_one(
    original: tuple[int, int], planned: dict[str, tuple[int, int]]
) -> None:
    assert plan_sizes(Size(*original), PRESETS) == planned


def test_the_order_of_presets_does_not_matter() -> None:
    original = Size(1000, 500)
    assert plan_sizes(original, PRESETS[::-1]) == plan_sizes(original, PRESETS)


def test_thumbnails_take_no_part_in_the_plan() -> None:
    assert "square" not in plan_sizes(Size(4000, 3000), [*PRESETS, SQUARE])


def test_a_preset_with_a_height_keeps_a_tall_picture_within_its_box() -> None:
    boxed = spec(name="boxed", width=400, height=400)
    assert plan_sizes(Size(1000, 4000), [boxed]) == {"boxed": Size(100, 400)}


@pytest.mark.parametrize(
    ("original", "expected"),
    [((100, 80), (80, 80)), ((4000, 3000), (300, 300)), ((300, 1), (1, 1)), ((1, 1), (1, 1))],
)
def test_a_thumbnail_is_never_enlarged(
    original: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert thumbnail_size(Size(*original), SQUARE) == expected


def test_a_wide_thumbnail_keeps_its_shape_when_it_must_shrink() -> None:
    wide = dataclasses.replace(SQUARE, width=800, height=450)
    assert thumbnail_size(Size(400, 400), wide) == Size(400, 225)


def test_a_thumbnail_that_fits_inside_keeps_the_shape_of_the_picture() -> None:
    inside = dataclasses.replace(SQUARE, fit="inside")
    assert thumbnail_size(Size(4000, 2000), inside) == Size(300, 150)


@pytest.mark.parametrize(
    ("original", "source"),
    [((4000, 3000), "w640"), ((6000, 1000), "w1920"), ((2000, 6000), "w320"), ((100, 80), "w320")],
)
def test_thumbnails_are_cut_from_the_smallest_rendition_that_is_large_enough(
    original: tuple[int, int], source: str
) -> None:
    size = Size(*original)
    assert source_for_thumbnails(size, plan_sizes(size, PRESETS), [SQUARE]) == source


def test_the_largest_rendition_serves_where_none_is_large_enough() -> None:
    planned = {"small": Size(100, 10), "large": Size(200, 20)}
    assert source_for_thumbnails(Size(9000, 900), planned, [SQUARE]) == "large"


def test_a_thumbnail_needs_something_to_be_cut_from() -> None:
    with pytest.raises(ValueError, match="no rendition"):
        source_for_thumbnails(Size(10, 10), {}, [SQUARE])


def test_a_spec_survives_json() -> None:
    assert VariantSpec.from_json(json.loads(json.dumps(SQUARE.to_json()))) == SQUARE


def test_the_hash_of_a_spec_is_stable_across_releases() -> None:
    assert SQUARE.spec_hash == "5ecda9a9e5ebf40c"


@pytest.mark.parametrize(
    "change",
    [{"width": 301}, {"quality": "high"}, {"formats": ("webp",)}, {"fit": "inside"}],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_a_spec_changes_its_hash(change: dict[str, object]) -> None:
    changed = VariantSpec.from_json(SQUARE.to_json() | change)
    assert changed.spec_hash != SQUARE.spec_hash


def test_a_snapshot_without_later_fields_gets_their_defaults() -> None:
    values = SQUARE.to_json()
    assert "effort" not in values
    assert VariantSpec.from_json(values) == SQUARE
    assert (SQUARE.effort, SQUARE.quality_floor, SQUARE.max_probes) == ("balanced", 10, 4)


def test_a_snapshot_keeps_what_is_not_a_default() -> None:
    exact = replace(SQUARE, effort="exact", quality_ceiling=90)
    assert VariantSpec.from_json(exact.to_json()) == exact
    assert exact.spec_hash != SQUARE.spec_hash


def test_fields_of_a_later_release_are_ignored() -> None:
    assert VariantSpec.from_json({**SQUARE.to_json(), "unheard_of": 1}) == SQUARE


def test_an_overlay_survives_json_and_every_change_of_it_changes_the_hash() -> None:
    overlay = OverlaySpec("1", "aa", "center", 0.1, 0.5, 0.3, tile=True, minimum_width=200)
    marked = replace(SQUARE, overlay=overlay)
    assert VariantSpec.from_json(json.loads(json.dumps(marked.to_json()))) == marked
    changes: list[dict[str, Any]] = [
        *({"sha256": "bb"}, {"position": "top-left"}, {"margin": 0.2}, {"opacity": 0.6}),
        *({"scale": 0.4}, {"tile": False}, {"minimum_width": 0}),
    ]
    changed = [replace(marked, overlay=replace(overlay, **change)) for change in changes]
    assert len({spec.spec_hash for spec in (SQUARE, marked, *changed)}) == 9


def test_fields_of_a_later_overlay_are_ignored() -> None:
    values = SQUARE.to_json() | {"overlay": {"id": "1", "sha256": "aa", "blend": "multiply"}}
    assert VariantSpec.from_json(values).overlay == OverlaySpec("1", "aa")
