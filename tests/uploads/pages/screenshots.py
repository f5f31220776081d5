"""`make screenshots`: every page in both themes, and some on a telephone and in Chinese.

With photographs in CORPUS, the folder of the test images, they show these.
"""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import PIL.Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests import corpus, pictures
from tests.services.programs import require
from tests.uploads.pages.browser.acts import DESKTOP, PHONE, Files
from tests.uploads.pages.browser.chromium import OPTIONS
from tests.uploads.pages.browser.scenes import SCENES, save
from tests.uploads.pages.browser.site import NAME, PASSWORD, ROOT, Site

FOLDER = ROOT / "results" / "screenshots"
SIZE = (1200, 800)
IN_CHINESE = {"library": "/", "upload": "/upload/"}
ON_A_PHONE = ("upload-at-work", "library", "image", "operations", "preset", "presets")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    site = Site()
    try:
        site.start()
        with TemporaryDirectory() as folder, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=require("chromium"), args=OPTIONS)
            _take(chromium, site, _maker(Path(folder)))
            chromium.close()
    finally:
        site.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}")


def _take(chromium: Browser, site: Site, files: Files) -> None:
    with signed_in(chromium, site, DESKTOP) as context:
        for name, scene in SCENES.items():
            page = context.new_page()
            scene(page, files)
            save(page, FOLDER, name)
            page.close(run_before_unload=False)
    with signed_in(chromium, site, PHONE) as context:
        for name in ON_A_PHONE:
            page = context.new_page()
            SCENES[name](page, files)
            save(page, FOLDER, f"{name}-phone")
            page.close(run_before_unload=False)
    with signed_in(chromium, site, DESKTOP) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("button", name="简体中文").click()
        for name, address in IN_CHINESE.items():
            page.goto(address)
            save(page, FOLDER, f"{name}-chinese")


def signed_in(chromium: Browser, site: Site, size: tuple[int, int]) -> BrowserContext:
    width, height = size
    context = chromium.new_context(
        base_url=site.url, viewport={"width": width, "height": height}, locale="en-GB"
    )
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("/")
    page.close()
    return context


def _maker(folder: Path) -> Files:
    """Return a maker of picture files, each of another content."""
    seen = _pictures()

    def make(*names: str) -> list[Path]:
        paths = [folder / name for name in names]
        for path in paths:
            next(seen).save(path, quality=90)
        return paths

    return make


def _pictures() -> Iterator[PIL.Image.Image]:
    photographs = sorted((corpus.ROOT / "photos").glob("*.jp*g"))
    for seed, path in enumerate(cycle(photographs or [None])):
        if path is None:
            yield pictures.photograph(SIZE, seed=seed)
            continue
        with PIL.Image.open(path) as opened:
            opened.draft("RGB", SIZE)
            # A pixel less each time, so that none is taken for an earlier one.
            opened.thumbnail((SIZE[0] - seed, SIZE[1] - seed))
            yield opened.convert("RGB")


if __name__ == "__main__":
    main()
