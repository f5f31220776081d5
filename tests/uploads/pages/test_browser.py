"""The pages in a real Chromium, against a real site: what scripts do, and what remains without."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.conftest import PictureFile
from tests.services.programs import find_program
from tests.uploads.pages.site import NAME, PASSWORD, Site

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = (1280, 800)
PHONE = (390, 844)
# A run of several stages on a busy machine.
PROCESSED_MS = 60_000
# Anything else, on the same machine.
ANSWERED_MS = 20_000
expect.set_options(timeout=ANSWERED_MS)
UPLOADS = re.compile(r"/api/v1/images/$")
COUNT_CONNECTIONS = """
    const counter = () => ({ now: 0, most: 0 });
    const more = (count) => (count.most = Math.max(count.most, (count.now += 1)));
    window.streams = counter();
    window.uploads = counter();
    window.EventSource = class extends EventSource {
        constructor(url) {
            super(url);
            more(streams);
        }
        close() {
            if (!this.closed) streams.now -= 1;
            this.closed = true;
            super.close();
        }
    };
    window.XMLHttpRequest = class extends XMLHttpRequest {
        send(body) {
            more(uploads);
            this.addEventListener("readystatechange", () => {
                if (this.readyState === XMLHttpRequest.DONE) uploads.now -= 1;
            });
            super.send(body);
        }
    };
"""

Files = Callable[..., list[Path]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    try:
        site.start()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=CHROMIUM_OPTIONS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def cookies(site: Site, chromium: Browser) -> str:
    """Return the state of a browser that has signed in through the page."""
    page = chromium.new_page()
    page.goto(f"{site.url}/upload/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.url}/upload/")
    path = site.directory / "browser.json"
    page.context.storage_state(path=path)
    page.context.close()
    return str(path)


@pytest.fixture(params=[DESKTOP], ids=["desktop"])
def page(
    request: pytest.FixtureRequest, site: Site, chromium: Browser, cookies: str
) -> Iterator[Page]:
    """Return a signed-in page; a script's error or a breach of the policy fails the test."""
    width, height = request.param
    context = chromium.new_context(
        base_url=site.url, viewport={"width": width, "height": height}, storage_state=cookies
    )
    with watched(context) as page:
        yield page
    context.close()


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page = context.new_page()
    page.set_default_timeout(ANSWERED_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", hear)
    yield page
    assert faults == []


on_phone_too = pytest.mark.parametrize(
    "page", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)


@pytest.fixture
def files(tmp_path: Path, picture_file: PictureFile) -> Files:
    """Return a maker of picture files on disk, each with a content of its own."""

    def make(*names: str, size: tuple[int, int] = (700, 500)) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.write_bytes(picture_file(size=size, seed=crc32(str(path).encode())).getvalue())
        return paths

    return make


def drop(page: Page, paths: list[Path]) -> None:
    """Drop files from outside the browser onto the drop zone."""
    zone = page.locator("#dropzone")
    box = zone.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
    files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **point, "data": files})


def row(page: Page, path: Path) -> Locator:
    return page.locator(".file", has_text=path.name)


def expect_ready(page: Page, path: Path) -> None:
    expect(row(page, path)).to_have_attribute("data-state", "ready", timeout=PROCESSED_MS)


def upload(page: Page, path: Path) -> None:
    """Upload a picture and stop at the moment at which it was accepted."""
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files([path])
    expect(row(page, path).get_by_role("link", name="Open")).to_be_visible()


def open_image(page: Page, path: Path) -> None:
    row(page, path).get_by_role("link", name="Open").click()
    expect(page.locator("h1")).to_have_text(path.name)


# --- Uploading --------------------------------------------------------------------------------


@on_phone_too
def test_dropped_pictures_come_alive(page: Page, files: Files) -> None:
    paths = files(*(f"drop {number}.jpg" for number in range(5)))
    page.goto("/upload/")
    drop(page, paths)
    for path in paths:
        expect_ready(page, path)
        expect(row(page, path).locator(".file__frame img")).to_be_visible()
        expect(row(page, path)).to_contain_text("Compress 3/3")
    expect(page.locator("#summary")).to_have_text("5 of 5 ready")
    open_image(page, paths[0])
    expect(page.locator("#live-status")).to_have_text("Ready")


def test_connections_stay_within_what_a_browser_allows(page: Page, files: Files) -> None:
    page.add_init_script(COUNT_CONNECTIONS)
    paths = files(*(f"many {number}.jpg" for number in range(9)), size=(350, 250))
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files(paths)
    expect(page.locator("#summary")).to_have_text("9 of 9 ready", timeout=PROCESSED_MS)
    assert page.evaluate("uploads.most") == 3
    assert 1 <= page.evaluate("streams.most") <= 4
    assert page.evaluate("[uploads.now, streams.now]") == [0, 0]


def test_a_refused_file_says_why_and_the_others_go_on(
    page: Page, files: Files, tmp_path: Path
) -> None:
    (good,) = files("good.jpg")
    bad, empty = tmp_path / "letter.jpg", tmp_path / "empty.jpg"
    bad.write_text("Dear Sir or Madam")
    empty.touch()
    page.goto("/upload/")
    drop(page, [bad, good, empty])
    expect(row(page, bad).locator(".file__problem")).to_contain_text("not a picture")
    expect(row(page, bad).get_by_role("button", name="Retry")).to_be_hidden()
    expect(row(page, empty).locator(".file__problem")).to_have_text("The file is empty.")
    expect_ready(page, good)
    expect(page.locator("#summary")).to_have_text("1 of 3 ready, 2 to look at")


def test_a_lost_answer_is_made_up_for_without_a_duplicate(page: Page, files: Files) -> None:
    (path,) = files("lost.jpg")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(UPLOADS, lose, times=1)
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files([path])
    expect(row(page, path).locator(".file__problem")).to_contain_text("connection was lost")
    row(page, path).get_by_role("button", name="Retry").click()
    expect_ready(page, path)
    page.goto("/?q=lost.jpg")
    expect(page.locator(".card")).to_have_count(1)


def test_a_busy_server_is_given_the_pause_that_it_asks_for(page: Page, files: Files) -> None:
    (path,) = files("busy.jpg")
    refused = []

    def throttle(route: Route) -> None:
        refused.append(route.request.headers["idempotency-key"])
        route.fulfill(
            status=429, headers={"Retry-After": "2"}, json={"code": "throttled", "detail": "Wait."}
        )

    page.route(UPLOADS, throttle, times=1)
    page.goto("/upload/")
    page.locator("input[type=file]").set_input_files([path])
    expect(row(page, path)).to_contain_text("The server asks for a pause")
    expect_ready(page, path)
    assert len(refused) == 1


def test_without_event_streams_the_page_asks_every_now_and_then(page: Page, files: Files) -> None:
    (path,) = files("polled.jpg")
    page.route("**/events/", lambda route: route.fulfill(status=503))
    upload(page, path)
    expect_ready(page, path)


def test_tags_go_along(page: Page, files: Files) -> None:
    (path,) = files("tagged.jpg")
    page.goto("/upload/")
    page.get_by_label("Tags").fill("sea,  old pier")
    page.locator("input[type=file]").set_input_files([path])
    expect_ready(page, path)
    open_image(page, path)
    expect(page.get_by_label("Tags")).to_have_value("old pier, sea")


def test_one_picture_is_uploaded_without_scripts(
    site: Site, chromium: Browser, cookies: str, files: Files
) -> None:
    (path,) = files("plain.jpg")
    context = chromium.new_context(
        base_url=site.url, storage_state=cookies, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/upload/")
    page.get_by_label("Title").fill("Without scripts")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("h1")).to_have_text("Without scripts")
    context.close()


# --- Following --------------------------------------------------------------------------------


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


# --- Image page -------------------------------------------------------------------------------


@pytest.fixture
def image_page(page: Page, files: Files) -> Page:
    """Return the page of a picture that is ready."""
    (path,) = files("image.jpg")
    upload(page, path)
    expect_ready(page, path)
    open_image(page, path)
    return page


@on_phone_too
def test_a_click_on_the_picture_sets_the_focal_point(image_page: Page) -> None:
    picture = image_page.locator("#live-preview img")
    box = picture.bounding_box()
    assert box is not None
    # The picture is fitted into its box: of 7:5, it fills one side of it.
    scale = min(box["width"] / 700, box["height"] / 500)
    left = (box["width"] - 700 * scale) / 2 + 0.25 * 700 * scale
    top = (box["height"] - 500 * scale) / 2 + 0.75 * 500 * scale
    picture.click(position={"x": left, "y": top})
    expect(image_page.locator("#focal-state")).to_contain_text("Saved.")
    image_page.reload()
    x, y = (image_page.get_by_label(f"From the {side}, %") for side in ("left", "top"))
    assert float(x.input_value()) == pytest.approx(25, abs=0.5)
    assert float(y.input_value()) == pytest.approx(75, abs=0.5)
    expect(image_page.locator("#live-status")).to_have_text("Ready", timeout=PROCESSED_MS)


def test_a_typed_focal_point_moves_the_mark(image_page: Page) -> None:
    image_page.get_by_label("From the left, %").fill("10")
    image_page.get_by_label("From the top, %").fill("90")
    mark = image_page.locator("#focal-mark circle").first
    expect(mark).to_have_attribute("cx", "70")
    expect(mark).to_have_attribute("cy", "450")


def test_the_picture_element_is_copied(image_page: Page) -> None:
    image_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    image_page.get_by_role("button", name="Copy HTML").click()
    expect(image_page.get_by_role("button", name="Copied")).to_be_visible()
    copied = image_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("<picture><source type=")


def test_deleting_asks_first_and_can_be_done_by_keyboard(image_page: Page) -> None:
    delete = image_page.get_by_role("button", name="Delete", exact=True)
    delete.focus()
    image_page.keyboard.press("Enter")
    expect(image_page.get_by_role("button", name="Keep it")).to_be_focused()
    image_page.keyboard.press("Escape")
    expect(image_page.get_by_role("dialog")).to_be_hidden()
    expect(delete).to_be_focused()
    image_page.keyboard.press("Enter")
    image_page.get_by_role("button", name="Delete the picture").press("Enter")
    expect(image_page.get_by_text("“image.jpg” was deleted.")).to_be_visible()


def test_times_are_local(image_page: Page) -> None:
    expect(image_page.locator("time").first).not_to_contain_text("UTC")


# --- Every page -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 720, 1024, 1600])
def test_no_page_is_wider_than_the_window(image_page: Page, width: int) -> None:
    image_page.set_viewport_size({"width": width, "height": 800})
    for path in (image_page.url, "/", "/upload/"):
        image_page.goto(path)
        assert image_page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_tab_leads_past_the_navigation(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Upload pictures")).to_be_focused()


def test_signing_out_leads_to_the_door(site: Site, chromium: Browser) -> None:
    fresh = chromium.new_context(base_url=site.url)
    with watched(fresh) as visitor:
        visitor.goto("/sign-in/")
        visitor.get_by_label("Username").fill(NAME)
        visitor.get_by_label("Password").fill(PASSWORD)
        visitor.get_by_label("Password").press("Enter")
        visitor.get_by_role("button", name="Sign out").click()
        expect(visitor).to_have_url(f"{site.url}/sign-in/")
    fresh.close()
