"""Pages that follow what the workers do."""

from playwright.sync_api import Page, expect

from tests.uploads.pages.browser.acts import PROCESSED_MS, Files, open_image, upload
from tests.uploads.pages.browser.site import Site


def test_the_image_page_follows_its_stages(page: Page, site: Site, files: Files) -> None:
    (path,) = files("followed.jpg")
    with site.without_worker():
        upload(page, path)
        open_image(page, path)
        expect(page.locator("#live-status")).to_have_text("Queued")
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        page.evaluate("document.title = 'never reloaded'")
    expect(page.locator("#live-status")).to_have_text("Ready", timeout=PROCESSED_MS)
    expect(page.locator("#live-preview img")).to_be_visible()
    expect(page.locator("[data-stage=publish]")).to_contain_text("Succeeded")
    expect(page.locator("#live-variants")).to_contain_text("square300")
    expect(page.get_by_role("button", name="Reprocess")).to_be_visible()
    expect(page).to_have_title("never reloaded")


def test_cards_in_the_library_become_ready(page: Page, site: Site, files: Files) -> None:
    (path,) = files("carded.jpg")
    card = page.locator(".card", has_text=path.name)
    with site.without_worker():
        upload(page, path)
        page.goto("/")
        expect(card).to_contain_text("Queued")
    expect(card.locator("img")).to_be_visible(timeout=PROCESSED_MS)
    expect(card.locator(".status")).to_have_count(0, timeout=PROCESSED_MS)


def test_cancelling_ends_what_is_going_on(page: Page, site: Site, files: Files) -> None:
    (path,) = files("cancelled.jpg")
    with site.without_worker():
        upload(page, path)
        open_image(page, path)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#live-status")).to_have_text("Cancelled")
