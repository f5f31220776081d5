"""The image page in a browser: focal point, copying, deleting, local times."""

import pytest
from playwright.sync_api import Page, expect

from tests.uploads.pages.browser.acts import PROCESSED_MS, on_phone_too


@on_phone_too
def test_a_click_on_the_picture_sets_the_focal_point(image_page: Page) -> None:
    picture = image_page.locator("#live-preview img")
    box = picture.bounding_box()
    assert box is not None
    # The picture is fitted into its box: of 7:5, it fills one side of it.
    scale = min(box["width"] / 350, box["height"] / 250)
    left = (box["width"] - 350 * scale) / 2 + 0.25 * 350 * scale
    top = (box["height"] - 250 * scale) / 2 + 0.75 * 250 * scale
    picture.click(position={"x": left, "y": top})
    expect(image_page.locator("#focal-state")).to_have_text("Not saved yet.")
    image_page.get_by_role("button", name="Save the point").click()
    expect(image_page.locator("#focal-state")).to_contain_text("Saved.")
    image_page.reload()
    x, y = (image_page.get_by_label(f"From the {side}, %") for side in ("left", "top"))
    assert float(x.input_value()) == pytest.approx(25, abs=0.5)
    assert float(y.input_value()) == pytest.approx(75, abs=0.5)
    expect(image_page.locator("#live-status")).to_have_text("Ready", timeout=PROCESSED_MS)


def test_a_typed_focal_point_moves_the_mark(image_page: Page) -> None:
    image_page.get_by_label("From the left, %").fill("10")
    image_page.get_by_label("From the top, %").fill("90")
    mark = image_page.locator("#focal-mark circle").first
    expect(mark).to_have_attribute("cx", "35")
    expect(mark).to_have_attribute("cy", "225")


def test_the_picture_element_is_copied(image_page: Page) -> None:
    image_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    image_page.get_by_role("button", name="Copy HTML").click()
    expect(image_page.get_by_role("button", name="Copied")).to_be_visible()
    copied = image_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("<picture><source type=")


def test_deleting_asks_first_and_can_be_done_by_keyboard(image_page: Page) -> None:
    delete = image_page.get_by_role("button", name="Delete", exact=True)
    delete.focus()
    image_page.keyboard.press("Enter")
    expect(image_page.get_by_role("button", name="Keep it")).to_be_focused()
    image_page.keyboard.press("Escape")
    expect(image_page.get_by_role("dialog")).to_be_hidden()
    expect(delete).to_be_focused()
    image_page.keyboard.press("Enter")
    image_page.get_by_role("button", name="Delete the picture").press("Enter")
    expect(image_page.get_by_text("“image.jpg” was deleted.")).to_be_visible()


def test_times_are_local(image_page: Page) -> None:
    expect(image_page.locator("time").first).not_to_contain_text("UTC")
