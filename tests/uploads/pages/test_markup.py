"""What every page keeps to: nothing inline, nothing from elsewhere, one heading, labels."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from storage.models import Image
from tests.uploads.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESSES = {"href", "src", "srcset", "action"}
LABELLED = {"input", "select", "textarea"}


class Page(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        # Fields that stand inside of their labels.
        self.embraced: list[dict[str, str | None]] = []
        self._in_label = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._in_label = self._in_label or tag == "label"
        if self._in_label and tag in LABELLED:
            self.embraced.append(found)

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"

    def values(self, *names: str) -> list[str]:
        return [value for _, found in self.tags for name in names if (value := found.get(name))]


PATHS = {
    "upload": "/upload/",
    "sign-in": "/sign-in/",
    "nowhere": f"/images/{uuid4()}/",
    "invitations": "/invitations/",
    "operations": "/operations/",
    "presets": "/presets/",
    "preset": "/presets/w320/",
    "new-preset": "/presets/new-preset/",
}
WHO = {"invitations": "staff", "operations": "staff"} | dict.fromkeys(
    ("presets", "preset", "new-preset"), "editor"
)
ACCOUNT = ("", "e-mail/", "password/", "two-factor/", "sessions/", "tokens/", "password/reset/")


@pytest.fixture(params=["library", "image", "waiting", *PATHS, *ACCOUNT])
def page(request: pytest.FixtureRequest, client: Client) -> Page:
    """Return each page in turn."""
    browser = Client() if request.param in {"sign-in", "password/reset/"} else client
    if request.param in WHO:
        browser = signed_in(request.getfixturevalue(WHO[request.param]))
    if request.param in ACCOUNT:
        return Page(browser.get(f"/account/{request.param}").content.decode())
    if request.param in PATHS:
        return Page(browser.get(PATHS[request.param]).content.decode())
    image: Image = request.getfixturevalue("image")
    if request.param == "image":
        request.getfixturevalue("ready_image")
    path = "/" if request.param == "library" else f"/images/{image.id}/"
    return Page(browser.get(path).content.decode())


def test_nothing_is_inline(page: Page) -> None:
    assert all(found.get("src") for tag, found in page.tags if tag == "script")
    assert "style" not in {tag for tag, _ in page.tags}
    names = {name for _, found in page.tags for name in found}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_nothing_comes_from_elsewhere(page: Page) -> None:
    assert all(re.match(r"[/#?]|$", value) for value in page.values(*ADDRESSES))


def test_static_files_are_there(page: Page) -> None:
    files = {value.split("#")[0] for value in page.values("href", "src") if "/static/" in value}
    assert files
    assert all(finders.find(file.removeprefix("/static/")) for file in files)


def test_there_is_one_main_heading_and_a_way_past_the_navigation(page: Page) -> None:
    assert Counter(tag for tag, _ in page.tags)["h1"] == 1
    assert ("a", {"class": "skip", "href": "#main"}) in page.tags


def test_ids_are_unique_and_fields_have_labels(page: Page) -> None:
    ids = Counter(page.values("id"))
    assert not [name for name, count in ids.items() if count > 1]
    fields = [
        found for tag, found in page.tags if tag in LABELLED and found.get("type") != "hidden"
    ]
    labelled = set(page.values("for"))
    assert all(found.get("id") in labelled or found in page.embraced for found in fields)


def test_descriptions_point_at_something(page: Page) -> None:
    ids = set(page.values("id"))
    pointed_at = {
        name
        for value in page.values("aria-describedby", "aria-labelledby")
        for name in value.split()
    }
    assert pointed_at <= ids


def test_policy_forbids_inline_code(client: Client) -> None:
    policy: Any = client.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["403.html", "404.html", "403_csrf.html", "429.html", "500.html"])
def test_pages_of_last_resort_need_nothing_to_be_rendered(name: str) -> None:
    assert "Darkroom" in render_to_string(name)
