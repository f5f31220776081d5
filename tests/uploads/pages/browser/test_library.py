"""The library in a browser: filters without a reload, and the way back."""

import re

from playwright.sync_api import Page, expect


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
