"""The pages of the presets in a browser: the preview that follows, saving, conflicts, deleting."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from tests.uploads.pages.browser.acts import Files, expect_ready, on_phone_too, upload

LIVE = re.compile(r"/presets/live-preview/$")
# On a busy machine; a preview of so small a picture takes a fraction of a second.
PREVIEW_MS = 60_000


@pytest.fixture
def editing(image_page: Page) -> Page:
    """Return the page of the preset w320, with a preview of a picture of 350 x 250 pixels."""
    image_page.goto("/presets/w320/")
    expect_preview(image_page, 320, 229)
    return image_page


@pytest.fixture
def made(page: Page) -> Iterator[Page]:
    """Return the page of a preset that the test may do with as it likes."""
    page.goto("/presets/new-preset/")
    page.get_by_label("Name").fill("browser")
    page.get_by_label("Width, px", exact=True).fill("300")
    page.get_by_label("AVIF").uncheck()
    page.get_by_role("button", name="Make the preset").click()
    expect(page.locator("h1")).to_have_text("browser")
    yield page
    page.goto("/presets/browser/")
    if page.locator("h1").inner_text() == "browser":
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete the preset").click()
        expect(page.get_by_text("“browser” was deleted.")).to_be_visible()


def expect_preview(page: Page, width: int, height: int) -> None:
    table = page.locator(".result table")
    pixels = f"{width} \N{MULTIPLICATION SIGN} {height}"
    expect(table).to_contain_text(pixels, timeout=PREVIEW_MS)
    expect(page.locator("#preview-state")).to_have_text(re.compile(r"\d files? made"))


@on_phone_too
def test_the_preview_follows_what_is_typed_and_saves_nothing(editing: Page) -> None:
    editing.get_by_label("Width, px", exact=True).fill("200")
    expect_preview(editing, 200, 143)
    picture = editing.locator(".result__frame img:visible")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("naturalWidth", 200)
    editing.reload()
    expect(editing.get_by_label("Width, px", exact=True)).to_have_value("320")


@on_phone_too
def test_each_format_can_be_looked_at_and_stays_chosen(editing: Page) -> None:
    editing.locator("#shown-jpeg").check()
    expect(editing.locator(".result__frame img:visible")).to_have_attribute("data-format", "jpeg")
    editing.get_by_label("Actual pixels").check()
    editing.get_by_label("Height, px", exact=True).fill("100")
    expect_preview(editing, 140, 100)
    expect(editing.locator("#shown-jpeg")).to_be_checked()
    expect(editing.get_by_label("Actual pixels")).to_be_checked()


def test_one_preview_is_made_at_a_time_and_the_last_wish_counts(editing: Page) -> None:
    sent: list[Request] = []
    editing.on("request", lambda request: sent.append(request))
    width = editing.get_by_label("Width, px", exact=True)
    for pixels in ("310", "300", "290", "280"):
        width.fill(pixels)
    expect_preview(editing, 280, 200)
    assert len([request for request in sent if LIVE.search(request.url)]) <= 2


def test_wrong_settings_are_named_in_the_preview_and_at_their_fields(editing: Page) -> None:
    quality = editing.get_by_label("Quality")
    quality.fill("best")
    expect(editing.locator(".result__faults")).to_contain_text("Quality: Give high, good or small")
    editing.get_by_role("button", name="Save").click()
    expect(quality).to_have_attribute("aria-invalid", "true")
    expect(editing.locator("#id_quality_error")).to_contain_text("a score from 30 to 95")
    quality.fill("high")
    expect_preview(editing, 320, 229)


def test_another_picture_is_found_and_looked_at(editing: Page, files: Files) -> None:
    paths = [
        *files("harbour-of-presets.jpg", size=(350, 250)),
        *files("lighthouse-of-presets.jpg", size=(420, 210)),
    ]
    for path in paths:
        upload(editing, path)
        expect_ready(editing, path)
    editing.goto("/presets/w320/")
    expect_preview(editing, 320, 160)
    search = editing.get_by_role("searchbox", name="Picture")
    search.fill("harbour-of-presets")
    others = editing.locator(".picture-choice:not(:has(:checked))")
    expect(others.first).to_contain_text("harbour-of-presets")
    search.press("Enter")
    expect(editing).to_have_url(re.compile(r"/presets/w320/$"))
    others.first.click()
    expect_preview(editing, 320, 229)


@on_phone_too
def test_a_question_that_only_thumbnails_raise_is_asked_of_them_alone(page: Page) -> None:
    page.goto("/presets/new-preset/")
    fit = page.get_by_label("Fit")
    expect(fit).to_be_hidden()
    page.get_by_label("A thumbnail").check()
    expect(fit).to_be_visible()


def test_the_second_of_two_people_is_told(made: Page) -> None:
    other = made.context.new_page()
    other.goto("/presets/browser/")
    other.get_by_label("Quality").fill("small")
    made.get_by_label("Quality").fill("high")
    made.get_by_role("button", name="Save").click()
    expect(made.locator(".note__text", has_text="Saved.")).to_be_visible()
    other.get_by_role("button", name="Save").click()
    warning = other.get_by_role("alert").filter(has_text="Somebody else has changed this preset")
    expect(warning).to_contain_text("Quality")
    expect(warning.get_by_role("row", name="Quality high small")).to_be_visible()
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".note__text", has_text="Saved.")).to_be_visible()
    other.close()


def test_a_preset_is_disabled_enabled_and_deleted_by_keyboard(made: Page) -> None:
    made.get_by_role("button", name="Disable").press("Enter")
    expect(made.get_by_text("“browser” is disabled.")).to_be_visible()
    made.get_by_role("button", name="Enable").press("Enter")
    expect(made.get_by_text("“browser” is enabled")).to_be_visible()
    delete = made.get_by_role("button", name="Delete", exact=True)
    delete.press("Enter")
    expect(made.get_by_role("button", name="Keep it")).to_be_focused()
    made.keyboard.press("Escape")
    expect(delete).to_be_focused()
    delete.press("Enter")
    made.get_by_role("button", name="Delete the preset").press("Enter")
    expect(made.get_by_text("“browser” was deleted.")).to_be_visible()
    expect(made.get_by_role("link", name="w320")).to_be_visible()


@pytest.mark.parametrize("width", [360, 720, 1024, 1600])
def test_no_page_of_presets_is_wider_than_the_window(editing: Page, width: int) -> None:
    editing.set_viewport_size({"width": width, "height": 800})
    for path in ("/presets/", "/presets/new-preset/", "/presets/w320/"):
        editing.goto(path)
        assert editing.evaluate("document.documentElement.scrollWidth") <= width
