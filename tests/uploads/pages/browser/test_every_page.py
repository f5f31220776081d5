"""What holds of every page in a browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.uploads.pages.browser.acts import watched
from tests.uploads.pages.browser.site import NAME, PASSWORD, Site


@pytest.mark.parametrize("width", [360, 720, 1024, 1600])
def test_no_page_is_wider_than_the_window(image_page: Page, width: int) -> None:
    image_page.set_viewport_size({"width": width, "height": 800})
    for path in (image_page.url, "/", "/upload/", "/operations/"):
        image_page.goto(path)
        assert image_page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_tab_leads_past_the_navigation(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Upload pictures")).to_be_focused()


def test_signing_out_leads_to_the_door(site: Site, chromium: Browser) -> None:
    fresh = chromium.new_context(base_url=site.url, locale="en-GB")
    with watched(fresh, site) as visitor:
        visitor.goto("/sign-in/")
        visitor.get_by_label("Username").fill(NAME)
        visitor.get_by_label("Password").fill(PASSWORD)
        visitor.get_by_label("Password").press("Enter")
        visitor.get_by_role("button", name="Sign out").click()
        expect(visitor).to_have_url(f"{site.url}/sign-in/")
    fresh.close()
