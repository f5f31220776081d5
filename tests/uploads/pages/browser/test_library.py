"""The library in a browser: its rows, filters without a reload, scrolling, and the way back."""

import re
import zipfile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.uploads.pages.browser.acts import Files, expect_ready, upload
from tests.uploads.pages.browser.site import Site


def test_filters_narrow_without_a_reload_and_the_way_back_undoes_them(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.reloaded = false")
    page.get_by_label("Search").fill("no such picture")
    expect(page.get_by_role("heading", name="No picture fits")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=no\+such\+picture"))
    expect(page.get_by_role("link", name="Clear")).to_be_visible()
    assert page.evaluate("window.reloaded") is False
    page.go_back()
    expect(page.get_by_role("heading", name="No picture fits")).to_have_count(0)
    expect(page.get_by_label("Search")).to_have_value("")


# --- The grid -------------------------------------------------------------------------------------

LAYOUT = """
    [...document.querySelectorAll(".card")].map((card) => {
        const frame = card.querySelector(".card__frame").getBoundingClientRect();
        const ratio = parseFloat(getComputedStyle(card).getPropertyValue("--ratio"));
        return { top: frame.top, left: frame.left, right: frame.right, width: frame.width,
                 height: frame.height, ratio };
    })
"""


def test_rows_are_full_and_of_equal_height_and_frames_have_the_shape_of_pictures(
    archive: Page,
) -> None:
    rows: dict[int, list[dict[str, float]]] = {}
    for card in archive.evaluate(LAYOUT):
        rows.setdefault(round(card["top"]), []).append(card)
        assert card["width"] / card["height"] == pytest.approx(card["ratio"], rel=0.01)
    grid = archive.locator(".grid").bounding_box()
    assert grid is not None
    full = list(rows.values())[:-1]
    assert len(full) > 4
    for row in full:
        assert max(each["height"] for each in row) - min(each["height"] for each in row) < 1
        assert row[0]["left"] == pytest.approx(grid["x"], abs=1)
        assert row[-1]["right"] == pytest.approx(grid["x"] + grid["width"], abs=1)


def test_a_placeholder_stands_where_a_picture_is_missing(archive: Page) -> None:
    placeholder = archive.locator(".card__placeholder").first
    expect(placeholder).to_have_attribute("data-drawn", re.compile(r"\w+"))
    colors = archive.evaluate(
        """() => {
            const canvas = document.querySelector(".card__placeholder");
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return [...data].filter((_, place) => place % 4 === 3).every((alpha) => alpha === 255);
        }"""
    )
    assert colors is True


def test_nothing_moves_while_the_page_comes_alive(page: Page, files: Files) -> None:
    (path,) = files("still.jpg")
    upload(page, path)
    expect_ready(page, path)
    page.add_init_script(
        """
        window.shifts = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shifts += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        """
    )
    page.goto("/")
    expect(page.locator(".card__frame--loaded").first).to_be_visible()
    assert page.evaluate("shifts") == 0


# --- Scrolling ------------------------------------------------------------------------------------


def test_older_pictures_come_by_themselves_until_the_oldest(archive: Page) -> None:
    while archive.locator(".card").count() < 160:
        before = archive.locator(".card").count()
        archive.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(archive.locator(f".card:nth-child({before + 1})")).to_be_attached()
    expect(archive.locator('.pages a[rel="next"]')).to_have_count(0)
    expect(archive.locator("#scrolled")).to_contain_text("these are the oldest")
    ids = archive.evaluate("[...document.querySelectorAll('.card')].map((card) => card.id)")
    assert ids == sorted(set(ids), reverse=True)


def test_the_way_back_leads_to_the_same_place(archive: Page) -> None:
    archive.add_init_script("window.addEventListener('unload', () => {})")  # no cached page
    archive.reload()
    while archive.locator(".card").count() < 144:
        before = archive.locator(".card").count()
        archive.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(archive.locator(f".card:nth-child({before + 1})")).to_be_attached()
    card = archive.locator(".card:nth-child(130)")
    card.scroll_into_view_if_needed()
    name, before_box = card.get_attribute("id"), card.bounding_box()
    assert before_box is not None
    card.get_by_role("link").first.click()
    expect(archive).to_have_url(re.compile("/images/"))
    archive.go_back()
    again = archive.locator(f"#{name}")
    expect(again).to_be_in_viewport()
    after_box = again.bounding_box()
    assert after_box is not None
    assert after_box["y"] == pytest.approx(before_box["y"], abs=2)


def test_without_scripts_a_link_leads_to_older_pictures(
    site: Site, chromium: Browser, archivist: str
) -> None:
    context = chromium.new_context(
        base_url=site.url, storage_state=archivist, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".card")).to_have_count(48)
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".card")).to_have_count(48)
    expect(page).to_have_url(re.compile("before="))
    page.get_by_role("link", name="Newest").click()
    expect(page).to_have_url(f"{site.url}/")
    context.close()


# --- Selection ------------------------------------------------------------------------------------


def box(page: Page, place: int) -> Locator:
    return page.locator(f".card:nth-child({place}) .card__check input")


def test_a_click_selects_and_shift_selects_all_between(archive: Page) -> None:
    box(archive, 2).click()
    expect(archive.locator("#selected")).to_have_text("1 picture is selected")
    box(archive, 5).click(modifiers=["Shift"])
    expect(archive.locator("#selected")).to_have_text("4 pictures are selected")
    expect(box(archive, 4)).to_be_checked()
    archive.get_by_role("button", name="Clear selection").click()
    expect(archive.locator("#selected")).to_have_text("No picture is selected")
    expect(box(archive, 4)).not_to_be_checked()


def test_pictures_are_selected_by_keyboard(archive: Page) -> None:
    link = archive.locator(".card:nth-child(3) .card__name")
    link.focus()
    archive.keyboard.press("Space")
    expect(archive.locator("#selected")).to_have_text("1 picture is selected")
    archive.keyboard.press("Shift+ArrowRight")
    expect(archive.locator(".card:nth-child(4) .card__name")).to_be_focused()
    expect(archive.locator("#selected")).to_have_text("2 pictures are selected")
    archive.keyboard.press("ArrowLeft")
    expect(link).to_be_focused()
    archive.keyboard.press("Control+a")
    expect(archive.locator("#selected")).to_have_text(re.compile(r"^\d+ pictures are selected$"))
    archive.keyboard.press("Escape")
    expect(archive.locator("#selected")).to_have_text("No picture is selected")


def test_selected_pictures_are_tagged(archive: Page) -> None:
    for place in (1, 2):
        box(archive, place).click()
    archive.get_by_role("button", name="Tags", exact=True).click()
    archive.locator("#bulk-tags-input").fill("chosen")
    archive.get_by_role("button", name="Add tags").click()
    expect(archive.locator("#outcome")).to_contain_text("2 pictures tagged.")
    expect(archive.locator("#selected")).to_have_text("No picture is selected")
    archive.goto("/?tag=chosen")
    expect(archive.locator(".card")).to_have_count(2)


def test_selected_pictures_come_as_a_zip(page: Page, files: Files) -> None:
    (path,) = files("zipped.jpg")
    upload(page, path)
    expect_ready(page, path)
    page.goto("/?q=zipped")
    box(page, 1).click()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.read("zipped.jpg") == path.read_bytes()


def test_a_deleted_picture_comes_back_to_its_place(page: Page, files: Files) -> None:
    (path,) = files("undone.jpg")
    upload(page, path)
    expect_ready(page, path)
    page.goto("/?q=undone")
    box(page, 1).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".card", has_text="undone.jpg")).to_be_visible()
    page.reload()
    expect(page.locator(".card", has_text="undone.jpg")).to_be_visible()
