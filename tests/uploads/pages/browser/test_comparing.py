"""Comparing two files of a picture: slider, zoom, pan, pixels, and all of it by keyboard."""

import PIL.Image
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.uploads.pages.browser.acts import Files, expect_ready, on_phone_too, open_image, upload

X = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def stage(image_page: Page) -> Locator:
    """Return the stage with the original beside the smallest variant, both of them loaded."""
    found = image_page.locator("#compare-stage")
    found.scroll_into_view_if_needed()
    expect(found.locator(".compare__side > *")).to_have_count(2)
    return found


def transforms(stage: Locator) -> list[str]:
    found: list[str] = stage.locator(".compare__side > *").evaluate_all(
        "elements => elements.map((element) => element.style.transform)"
    )
    return found


def zoom(page: Page) -> Locator:
    return page.locator("#compare-zoom")


def center(stage: Locator) -> tuple[float, float]:
    box = stage.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 4, box["y"] + box["height"] / 2


@on_phone_too
def test_both_sides_tell_what_they_are(stage: Locator, image_page: Page) -> None:
    left, right = (image_page.locator(f"[data-facts={side}]") for side in ("left", "right"))
    expect(left).to_contain_text(f"JPEG · 350 {X} 250")
    expect(right).to_contain_text(f"350 {X} 250")
    expect(right).to_contain_text("quality")
    image_page.get_by_label("Right", exact=True).select_option("w320.jpeg")
    expect(right).to_contain_text(f"JPEG · 320 {X} 229")
    # The original is drawn at the size of what it is compared with.
    drawn = stage.locator("[data-side=left] > canvas")
    expect(drawn).to_have_js_property("width", 320)
    expect(drawn).to_have_js_property("height", 229)


@on_phone_too
def test_the_slider_parts_the_pictures_by_keyboard_and_by_hand(
    stage: Locator, image_page: Page
) -> None:
    slider = image_page.get_by_role("slider", name="How much of the left picture is seen")
    slider.focus()
    image_page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "51 % of the left picture")
    image_page.keyboard.press("End")
    expect(slider).to_have_value("100")
    image_page.get_by_role("button", name="Both").click()
    expect(slider).to_have_value("50")
    box = stage.bounding_box()
    assert box is not None
    image_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    image_page.mouse.down()
    image_page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20, steps=4)
    image_page.mouse.up()
    assert float(slider.input_value()) == pytest.approx(25, abs=1.5)
    clip = stage.locator("[data-side=right]").evaluate("side => getComputedStyle(side).clipPath")
    assert clip == f"inset(0px 0px 0px {slider.input_value()}%)"


def test_both_pictures_zoom_and_move_as_one_by_keyboard(stage: Locator, image_page: Page) -> None:
    expect(zoom(image_page)).to_have_text("100%")
    stage.focus()
    for _ in range(6):
        image_page.keyboard.press("+")
    expect(zoom(image_page)).to_have_text("1,139%")
    expect(image_page.locator("#compare-grid")).to_be_visible()
    rendering = "element => getComputedStyle(element).imageRendering"
    assert stage.locator("[data-side=left] > *").evaluate(rendering) == "pixelated"
    before = transforms(stage)
    image_page.keyboard.press("ArrowRight")
    after = transforms(stage)
    assert after[0] == after[1] != before[0]
    image_page.keyboard.press("0")
    expect(zoom(image_page)).to_have_text("100%")
    expect(image_page.locator("#compare-grid")).to_be_hidden()


def test_buttons_do_what_keys_do(stage: Locator, image_page: Page) -> None:
    image_page.get_by_role("button", name="Zoom in").click()
    expect(zoom(image_page)).to_have_text("150%")
    image_page.get_by_role("button", name="Zoom out").click()
    image_page.get_by_role("button", name="Zoom out").click()
    expect(zoom(image_page)).to_have_text("100%")


def test_the_wheel_zooms_once_the_stage_was_clicked(stage: Locator, image_page: Page) -> None:
    image_page.mouse.move(*center(stage))
    image_page.mouse.wheel(0, -300)
    expect(zoom(image_page)).to_have_text("100%")
    stage.scroll_into_view_if_needed()
    image_page.mouse.click(*center(stage))
    image_page.mouse.wheel(0, -600)
    expect(zoom(image_page)).to_have_text("332%")
    first = transforms(stage)
    image_page.mouse.down()
    x, y = center(stage)
    image_page.mouse.move(x + 60, y + 30, steps=3)
    image_page.mouse.up()
    second = transforms(stage)
    assert second[0] == second[1] != first[0]


def test_two_fingers_zoom(stage: Locator, image_page: Page) -> None:
    session = image_page.context.new_cdp_session(image_page)
    x, y = center(stage)

    def touch(kind: str, *across: float) -> None:
        fingers = [{"x": x + each, "y": y, "id": place} for place, each in enumerate(across)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", -20)
    touch("touchStart", -20, 20)
    touch("touchMove", -40, 40)
    touch("touchEnd")
    expect(zoom(image_page)).to_have_text("200%")


def test_nothing_moves_when_pictures_come(page: Page, files: Files) -> None:
    (path,) = files("still.jpg", size=(900, 600))
    upload(page, path)
    expect_ready(page, path)
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(entry) => { window.shifts += entry.value; })).observe("
        "{ type: 'layout-shift', buffered: true });"
    )
    open_image(page, path)
    stage = page.locator("#compare-stage")
    stage.scroll_into_view_if_needed()
    expect(stage.locator(".compare__side > *")).to_have_count(2)
    page.get_by_label("Right", exact=True).select_option("w320.jpeg")
    expect(page.locator("[data-facts=right]")).to_contain_text(f"320 {X} 213")
    # A tenth of what counts as good.
    assert page.evaluate("window.shifts") < 0.02


def test_an_original_that_browsers_do_not_show_is_explained(page: Page, files: Files) -> None:
    (path,) = files("scan.tiff")
    with PIL.Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.save(path, "TIFF")
    upload(page, path)
    expect_ready(page, path)
    open_image(page, path)
    expect(page.locator("#live-compare")).to_contain_text("Browsers do not show TIFF")
    expect(page.locator("#compare-left option[value=original]")).to_have_count(0)
    stage = page.locator("#compare-stage")
    stage.scroll_into_view_if_needed()
    expect(stage.locator("img")).to_have_count(2)


def test_a_picture_lies_on_its_side_in_neither(page: Page, files: Files) -> None:
    (path,) = files("turned.jpg", size=(400, 200))
    with PIL.Image.open(path) as opened:
        exif = opened.getexif()
        exif[0x0112] = 6
        opened.save(path, exif=exif)
    upload(page, path)
    expect_ready(page, path)
    open_image(page, path)
    stage = page.locator("#compare-stage")
    stage.scroll_into_view_if_needed()
    expect(stage.locator(".compare__side > *")).to_have_count(2)
    sizes = stage.locator(".compare__side > *").evaluate_all(
        "elements => elements.map((each) => [each.clientWidth, each.clientHeight])"
    )
    assert sizes[0] == sizes[1]
    assert sizes[0][0] * 2 == sizes[0][1]
