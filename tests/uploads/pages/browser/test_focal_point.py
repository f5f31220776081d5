"""The focal point on the image page: what the crops show is what the server cuts."""

from itertools import product

import pytest
from playwright.sync_api import Locator, Page, expect

from processing.imaging import FocalPoint, Size, crop_box
from tests.uploads.pages.browser.acts import PROCESSED_MS, on_phone_too

# Shapes and sources at which halves of pixels and the limits of both sides are met.
SOURCES = [(350, 250), (641, 427), (1280, 853), (97, 613), (5, 3), (1000, 1000)]
SHAPES = [(300, 300), (150, 150), (400, 171), (90, 160), (1, 999), (7, 3)]
POINTS = [(0, 0), (100, 100), (50, 50), (46.4, 50.8), (33.3, 12.5), (0.1, 99.9), (62.5, 37.5)]


def mark(page: Page) -> Locator:
    return page.get_by_role("slider", name="Focal point")


def type_point(page: Page, x: float, y: float) -> None:
    page.get_by_label("From the left, %").fill(str(x))
    page.get_by_label("From the top, %").fill(str(y))


def view_box(page: Page, preset: str = "square300") -> str:
    value = page.get_by_role("img", name=f"The crop {preset}").get_attribute("viewBox")
    assert value is not None
    return value


def expected_box(source: tuple[int, int], shape: tuple[int, int], point: FocalPoint) -> str:
    left, top, right, bottom = crop_box(Size(*source), Size(*shape), point)
    return f"{left} {top} {right - left} {bottom - top}"


def test_previews_are_the_boxes_that_the_server_cuts(image_page: Page) -> None:
    wrong = {}
    for x, y in POINTS:
        for source, shape in product(SOURCES, SHAPES):
            image_page.locator(".crop").first.evaluate(
                "(crop, [source, shape]) => Object.assign(crop.dataset, {"
                "sourceWidth: source[0], sourceHeight: source[1], "
                "width: shape[0], height: shape[1] })",
                [source, shape],
            )
            image_page.evaluate(
                "([x, y]) => { const form = document.getElementById('focal-form');"
                "form.elements.focal_x.value = x; form.elements.focal_y.value = y;"
                "form.dispatchEvent(new Event('input')); }",
                [x, y],
            )
            shown = image_page.locator(".crop").first.get_attribute("viewBox")
            wanted = expected_box(source, shape, FocalPoint(x / 100, y / 100))
            if shown != wanted:
                wrong[x, y, source, shape] = (shown, wanted)
    assert wrong == {}


def test_before_anything_is_moved_the_crops_are_those_that_were_cut(image_page: Page) -> None:
    saved = image_page.locator("#focal-saved")
    x, y = (float(saved.get_attribute(f"data-{axis}") or "") for axis in "xy")
    assert view_box(image_page) == expected_box((350, 250), (250, 250), FocalPoint(x, y))


def test_every_crop_follows_the_keys_until_the_point_is_given_up(image_page: Page) -> None:
    before = [view_box(image_page, preset) for preset in ("square150", "square300")]
    undo = image_page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    mark(image_page).focus()
    for _ in range(10):
        image_page.keyboard.press("Shift+ArrowLeft")
    image_page.keyboard.press("ArrowUp")
    expect(image_page.locator("#focal-state")).to_have_text("Not saved yet.")
    expect(mark(image_page)).to_have_attribute("aria-valuenow", "0.0")
    for preset in ("square150", "square300"):
        assert view_box(image_page, preset).startswith("0 0 ")
    undo.click()
    assert [view_box(image_page, preset) for preset in ("square150", "square300")] == before
    image_page.reload()
    expect(image_page.locator("#live-status")).to_have_text("Ready")
    assert [view_box(image_page, preset) for preset in ("square150", "square300")] == before


@on_phone_too
def test_a_saved_point_is_cut_as_it_was_shown_and_can_be_found_again(image_page: Page) -> None:
    type_point(image_page, 100, 0)
    promised = view_box(image_page)
    thumbnail = image_page.locator("#live-variants a", has_text="square300 JPEG").first
    earlier = thumbnail.get_attribute("href")
    assert earlier
    image_page.get_by_role("button", name="Save the point").click()
    expect(image_page.locator("#focal-state")).to_contain_text("Saved.")
    expect(thumbnail).not_to_have_attribute("href", earlier, timeout=PROCESSED_MS)
    expect(image_page.locator("#live-status")).to_have_text("Ready", timeout=PROCESSED_MS)
    image_page.reload()
    assert view_box(image_page) == promised
    assert likeness(image_page, promised) < likeness(image_page, shifted(promised)) / 2
    image_page.get_by_role("button", name="Find it automatically").click()
    expect(image_page.locator("#focal-state")).to_contain_text("found again")
    expect(image_page.locator("#live-crops")).to_contain_text(
        "It was found automatically.", timeout=PROCESSED_MS
    )


def shifted(box: str) -> str:
    left, *rest = box.split()
    return " ".join([str(int(left) - 6), *rest])


def likeness(page: Page, box: str) -> float:
    """Return how far the stored thumbnail is from what a box of the picture shows."""
    found: float = page.evaluate(
        """async (box) => {
          const crop = document.querySelector("[aria-label='The crop square300']");
          const row = [...document.querySelectorAll("#live-variants a")];
          const cut = row.find((link) => link.textContent.includes("square300 JPEG"));
          const load = async (url) => {
            const picture = new Image();
            picture.src = url;
            await picture.decode();
            return picture;
          };
          const [whole, thumbnail] = [
            await load(crop.querySelector("image").getAttribute("href")), await load(cut.href),
          ];
          const size = [thumbnail.naturalWidth, thumbnail.naturalHeight];
          const draw = (picture, ...from) => {
            const context = new OffscreenCanvas(...size).getContext("2d");
            context.drawImage(picture, ...from, 0, 0, ...size);
            return context.getImageData(0, 0, ...size).data;
          };
          const scale = whole.naturalWidth / Number(crop.dataset.sourceWidth);
          const one = draw(whole, ...box.split(" ").map((each) => each * scale));
          const other = draw(thumbnail, 0, 0, ...size);
          return one.reduce((sum, each, place) => sum + Math.abs(each - other[place]), 0);
        }""",
        box,
    )
    return found


@pytest.mark.parametrize("x", ["", "101"])
def test_what_is_no_point_leaves_the_crops_alone(image_page: Page, x: str) -> None:
    before = view_box(image_page)
    image_page.get_by_label("From the left, %").fill(x)
    assert view_box(image_page) == before
