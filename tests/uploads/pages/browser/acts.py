"""What people do with the pages, and what is watched meanwhile."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.uploads.pages.browser.site import Site

DESKTOP = (1280, 800)
PHONE = (390, 844)
# A run of several stages on a busy machine.
PROCESSED_MS = 120_000
# Anything else, on the same machine.
ANSWERED_MS = 20_000

expect.set_options(timeout=ANSWERED_MS)
UPLOADS = re.compile(r"/api/v1/images/$")

Files = Callable[..., list[Path]]

on_phone_too = pytest.mark.parametrize(
    "page", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)


@contextmanager
def watched(context: BrowserContext, site: Site) -> Iterator[Page]:
    """Yield a page; errors of scripts, breaches of the policy and foreign requests fail it."""
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # What the administration's theme has inline is blocked there, and its pages do without.
        if "Content Security Policy" in message.text and "/admin/" not in page.url:
            faults.append(message.text)

    def see(request: Request) -> None:
        if not request.url.startswith((site.url, "blob:", "data:")):
            faults.append(f"A request left the site: {request.url}")

    page = context.new_page()
    page.set_default_timeout(ANSWERED_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", hear)
    page.on("request", see)
    yield page
    assert faults == []


def drop(page: Page, paths: Sequence[Path]) -> None:
    """Drop files or folders from outside the browser onto the drop zone."""
    zone = page.locator("#dropzone")
    box = zone.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
    files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **point, "data": files})


def choose(page: Page, *paths: Path) -> None:
    page.get_by_label("choose them from this device").set_input_files(paths)


def row(page: Page, path: Path) -> Locator:
    return page.locator(".file", has_text=path.name)


def expect_ready(page: Page, path: Path) -> None:
    expect(row(page, path)).to_have_attribute("data-state", "ready", timeout=PROCESSED_MS)


def upload(page: Page, path: Path) -> None:
    """Upload a picture and stop at the moment at which it was accepted."""
    page.goto("/upload/")
    choose(page, path)
    expect(row(page, path).get_by_role("link", name="Open")).to_be_visible()


def open_image(page: Page, path: Path) -> None:
    row(page, path).get_by_role("link", name="Open").click()
    expect(page.locator("h1")).to_have_text(path.name)
