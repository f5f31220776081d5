"""axe finds nothing on any page, in either theme."""

import pytest
from playwright.sync_api import Page

from tests.uploads.pages.browser.acts import Files, on_phone_too
from tests.uploads.pages.browser.axe import faults
from tests.uploads.pages.browser.scenes import SCENES


@pytest.mark.parametrize("name", SCENES)
def test_axe_finds_nothing(page: Page, files: Files, name: str) -> None:
    SCENES[name](page, files)
    for theme in ("light", "dark"):
        assert faults(page, theme) == []


@on_phone_too
def test_axe_finds_nothing_in_chinese(page: Page) -> None:
    page.goto("/upload/")
    page.get_by_role("button", name="简体中文").click()
    page.get_by_role("heading", name="上传图片").wait_for()
    assert faults(page, "light") == []
