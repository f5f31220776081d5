"""The pages in the states that people meet them in: for axe, and for `make screenshots`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.uploads.pages.browser.acts import (
    PROCESSED_MS,
    UPLOADS,
    Files,
    choose,
    expect_ready,
    open_image,
    row,
    upload,
)

Scene = Callable[[Page, Files], None]


def sign_in(page: Page, files: Files) -> None:
    page.context.clear_cookies(name="sessionid")
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("somebody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def upload_page(page: Page, files: Files) -> None:
    page.goto("/upload/")


def upload_page_at_work(page: Page, files: Files) -> None:
    """Show a file in each of the states that one can be in."""
    ready, sending, waiting, paused = files("pier.jpg", "harbour.jpg", "dunes.jpg", "gulls.jpg")
    copy, letter = (ready.with_name(name) for name in ("pier, a copy.jpg", "letter.jpg"))
    copy.write_bytes(ready.read_bytes())
    letter.write_text("Dear Sir or Madam")
    upload(page, ready)
    expect_ready(page, ready)
    choose(page, letter, copy)
    expect(row(page, letter)).to_have_attribute("data-state", "refused")
    expect(row(page, copy)).to_have_attribute("data-state", "twin")
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))
    choose(page, sending, paused)
    for path in (sending, paused):
        expect(row(page, path)).to_have_attribute("data-state", "sending")
    row(page, paused).get_by_role("button", name="Pause").click()
    row(page, sending).locator("summary").click()
    choose(page, *(waiting.with_name(name) for name in _fillers(files)), waiting)
    expect(row(page, waiting)).to_have_attribute("data-state", "waiting")


def _fillers(files: Files) -> list[str]:
    return [path.name for path in files("boats.jpg", "lighthouse.jpg")]


def camera(page: Page, files: Files) -> None:
    page.goto("/upload/")
    page.get_by_role("button", name="Take a photograph").click()
    expect(page.get_by_role("button", name="Take it")).to_be_enabled()


def library(page: Page, files: Files) -> None:
    page.goto("/")
    expect(page.locator("h1")).to_be_visible()


def library_without_a_match(page: Page, files: Files) -> None:
    page.goto("/?q=no+such+picture")
    expect(page.get_by_role("heading", name="No picture fits")).to_be_visible()


def image(page: Page, files: Files) -> None:
    (path,) = files("coast.jpg")
    upload(page, path)
    expect_ready(page, path)
    open_image(page, path)
    picture = page.locator("#live-preview img")
    expect(picture).to_be_visible(timeout=PROCESSED_MS)


def question(page: Page, files: Files) -> None:
    page.goto("/")
    page.locator(".card a").first.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Keep it")).to_be_visible()


def operations(page: Page, files: Files) -> None:
    page.goto("/operations/")
    page.get_by_text("The same in figures").click()
    expect(page.get_by_role("region", name="The same in figures")).to_be_visible()


def presets(page: Page, files: Files) -> None:
    page.goto("/presets/")
    expect(page.locator("h1")).to_be_visible()


def preset(page: Page, files: Files) -> None:
    (path,) = files("jetty.jpg")
    upload(page, path)
    expect_ready(page, path)
    page.goto("/presets/w320/")
    expect(page.locator(".result img:visible")).to_be_visible(timeout=PROCESSED_MS)


def preset_with_faults(page: Page, files: Files) -> None:
    page.goto("/presets/square300/")
    page.get_by_label("Height, px", exact=True).fill("")
    page.get_by_label("Quality").fill("best")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_quality_error")).to_be_visible()
    expect(page.locator(".result__faults")).to_be_visible(timeout=PROCESSED_MS)


def nothing_there(page: Page, files: Files) -> None:
    page.goto("/images/00000000-0000-0000-0000-000000000000/")


# In this order: the library shows what was uploaded before.
SCENES: Mapping[str, Scene] = {
    "upload": upload_page,
    "upload-at-work": upload_page_at_work,
    "camera": camera,
    "image": image,
    "question": question,
    "library": library,
    "library-without-a-match": library_without_a_match,
    "operations": operations,
    "preset": preset,
    "preset-with-faults": preset_with_faults,
    "presets": presets,
    "nothing-there": nothing_there,
    "sign-in": sign_in,
}


def save(page: Page, folder: Path, name: str) -> None:
    """Write what the page shows in both themes."""
    page.evaluate("window.scrollTo(0, 0)")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.screenshot(path=folder / f"{name}-{theme}.png", full_page=True)
