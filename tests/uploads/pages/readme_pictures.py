"""`make screenshots README=1`: the pictures of the README, into docs/screenshots.

They show photographs of the Cloudinary Image Dataset '22 (CC BY-SA 4.0), from cid22/ in CORPUS.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import PIL.Image
from playwright.sync_api import Page, expect, sync_playwright

from tests import corpus
from tests.services.programs import require
from tests.uploads.pages.browser.acts import PROCESSED_MS, choose
from tests.uploads.pages.browser.chromium import OPTIONS
from tests.uploads.pages.browser.site import ROOT, Site
from tests.uploads.pages.screenshots import signed_in

FOLDER = ROOT / "docs" / "screenshots"
WINDOW = (1200, 780)
QUALITY = 80
# Names for what they show, and how they are cut: a library of squares shows no rows.
PHOTOGRAPHS = {
    "8442861": ("Clouds at dusk", (512, 256)),
    "2184504": ("Temple gate", (384, 512)),
    "631317": ("Elephants", (512, 300)),
    "144428": ("Guitar", (400, 512)),
    "1722183": ("Skyline", (512, 320)),
    "1545529": ("Wine and cheese", (512, 342)),
    "2599868": ("Balconies", (384, 512)),
    "1618269": ("Football", (512, 384)),
    "7062227": ("Street at night", (512, 340)),
    "3315291": ("Bathroom", (512, 384)),
    "pexels-photo-1933873": ("Portrait", (400, 512)),
    "110472": ("Cocktails", (512, 384)),
    "3779828": ("Towers", (384, 512)),
    "4666751": ("Whale", (512, 400)),
}
LATE = ("Whale", "Towers", "Cocktails", "Portrait")


def main() -> int:
    if not (corpus.ROOT / "cid22").is_dir():
        print(f"There is no cid22/ in {corpus.ROOT}: set CORPUS.", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    site = Site()
    try:
        site.start()
        with TemporaryDirectory() as folder, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=require("chromium"), args=OPTIONS)
            with signed_in(chromium, site, WINDOW) as context:
                _take(context.new_page(), dict(_files(Path(folder))))
            chromium.close()
    finally:
        site.close()
    return 0


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for name, (title, (width, height)) in PHOTOGRAPHS.items():
        path = folder / f"{title}.jpg"
        with PIL.Image.open(corpus.ROOT / "cid22" / f"{name}.png") as opened:
            left, top = (opened.width - width) // 2, (opened.height - height) // 2
            cut = opened.convert("RGB").crop((left, top, left + width, top + height))
            cut.save(path, quality=92)
        yield title, path


def _take(page: Page, files: dict[str, Path]) -> None:
    page.goto("/upload/")
    early = [path for title, path in files.items() if title not in LATE]
    choose(page, *early)
    _wait_for(page, len(early))
    page.goto("/upload/")
    choose(page, *(files[title] for title in reversed(LATE)))
    expect(page.locator('[data-state="ready"]').first).to_be_visible(timeout=PROCESSED_MS)
    _save(page, "upload", "light", below="#files-section")
    _wait_for(page, len(LATE))
    page.goto("/")
    expect(page.locator(".card__frame--loaded")).to_have_count(len(files), timeout=PROCESSED_MS)
    _save(page, "library", "light")
    page.locator(".card__name", has_text="Whale").first.click()
    expect(page.locator("#live-preview img")).to_be_visible(timeout=PROCESSED_MS)
    _save(page, "image", "dark")
    page.goto("/presets/w320/")
    expect(page.locator(".result img:visible")).to_be_visible(timeout=PROCESSED_MS)
    _save(page, "preset", "light")


def _wait_for(page: Page, count: int) -> None:
    expect(page.locator("#summary")).to_have_text(f"{count} of {count} ready", timeout=PROCESSED_MS)


def _save(
    page: Page, name: str, theme: Literal["light", "dark"], *, below: str = ".header"
) -> None:
    """Write what a window shows from an element on."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.locator(below).evaluate("element => element.scrollIntoView()")
    with PIL.Image.open(BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
