"""One site and one Chromium for all tests of the pages; a script's error fails any of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import PictureFile
from tests.services.programs import find_program
from tests.uploads.pages.browser.acts import (
    DESKTOP,
    PHONE,
    Files,
    expect_ready,
    open_image,
    upload,
    watched,
)
from tests.uploads.pages.browser.chromium import OPTIONS
from tests.uploads.pages.browser.site import NAME, PASSWORD, ROOT, Site


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    if not (ROOT / "uploads/static/bundles/upload.js").exists():
        pytest.skip("The scripts of the pages are not built; `sh build_scripts.sh` says why.")
    site = Site()
    try:
        site.start()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cookies(site: Site, chromium: Browser) -> str:
    """Return the state of a browser that has signed in through the page."""
    return sign_in(site, chromium, NAME, PASSWORD)


@pytest.fixture(scope="package")
def archivist(site: Site, chromium: Browser) -> str:
    """Return the state of a browser of somebody who has more pictures than a page shows."""
    site.seed("archivist", images=160)
    return sign_in(site, chromium, "archivist", "archivist")


def sign_in(site: Site, chromium: Browser, name: str, password: str) -> str:
    page = chromium.new_page(locale="en-GB")
    page.goto(f"{site.url}/upload/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.url}/upload/")
    path = site.directory / f"browser-{name}.json"
    page.context.storage_state(path=path)
    page.context.close()
    return str(path)


@pytest.fixture(params=[DESKTOP], ids=["desktop"])
def page(
    request: pytest.FixtureRequest, site: Site, chromium: Browser, cookies: str
) -> Iterator[Page]:
    """Return a signed-in page; a script's error or a breach of the policy fails the test."""
    with opened(chromium, site, cookies, request.param) as page:
        yield page


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def archive(
    request: pytest.FixtureRequest, site: Site, chromium: Browser, archivist: str
) -> Iterator[Page]:
    """Return the library of the archivist."""
    with opened(chromium, site, archivist, request.param) as page:
        page.goto("/")
        yield page


@contextmanager
def opened(chromium: Browser, site: Site, cookies: str, size: tuple[int, int]) -> Iterator[Page]:
    width, height = size
    context = chromium.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        storage_state=cookies,
        locale="en-GB",
    )
    with watched(context, site) as page:
        yield page
    context.close()


@pytest.fixture
def files(tmp_path: Path, picture_file: PictureFile) -> Files:
    """Return a maker of picture files on disk, each with a content of its own."""

    def make(*names: str, size: tuple[int, int] = (350, 250)) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(picture_file(size=size, seed=crc32(str(path).encode())).getvalue())
        return paths

    return make


@pytest.fixture
def image_page(page: Page, files: Files) -> Page:
    """Return the page of a picture that is ready."""
    (path,) = files("image.jpg")
    upload(page, path)
    expect_ready(page, path)
    open_image(page, path)
    return page
