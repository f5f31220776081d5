"""What axe finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults(page: Page, theme: str) -> list[str]:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    found = Axe().run(page).response["violations"]
    return [f"{theme}: {each['id']} at {node['html']}" for each in found for node in each["nodes"]]
