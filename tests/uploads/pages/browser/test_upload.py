"""The upload page in a browser: ways in, refusals, pauses, twins, what is typed meanwhile."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from tests.uploads.pages.browser.acts import (
    PROCESSED_MS,
    UPLOADS,
    Files,
    choose,
    drop,
    expect_ready,
    on_phone_too,
    open_image,
    row,
    upload,
)
from tests.uploads.pages.browser.site import Site

PASTE = """
    async () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
        canvas.getContext("2d").fillRect(8, 8, 16, 16);
        const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([blob], "image.png", { type: "image/png" }));
        document.body.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }
"""
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


@on_phone_too
def test_dropped_pictures_come_alive(page: Page, files: Files) -> None:
    paths = files(*(f"drop {number}.jpg" for number in range(3)))
    page.goto("/upload/")
    drop(page, paths)
    for path in paths:
        expect_ready(page, path)
        expect(row(page, path).locator(".file__frame img")).to_be_visible()
        expect(row(page, path)).to_contain_text("Compress 2/2")
    expect(page.locator("#summary")).to_have_text("3 of 3 ready")
    open_image(page, paths[0])
    expect(page.locator("#live-status")).to_have_text("Ready")


def test_connections_stay_within_what_a_browser_allows(page: Page, files: Files) -> None:
    page.add_init_script(COUNT_CONNECTIONS)
    paths = files(*(f"many {number}.jpg" for number in range(6)))
    page.goto("/upload/")
    choose(page, *paths)
    expect(page.locator("#summary")).to_have_text("6 of 6 ready", timeout=PROCESSED_MS)
    assert page.evaluate("uploads.most") == 3
    assert page.evaluate("streams.most") == 1
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
    expect(row(page, bad).get_by_role("button", name="Try again")).to_be_hidden()
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
    choose(page, path)
    expect(row(page, path).locator(".file__problem")).to_contain_text("connection was lost")
    row(page, path).get_by_role("button", name="Try again").click()
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
    choose(page, path)
    expect(row(page, path)).to_contain_text("The server asks for a pause")
    expect_ready(page, path)
    assert len(refused) == 1


def test_a_folder_brings_its_pictures_and_leaves_the_rest(
    page: Page, files: Files, tmp_path: Path
) -> None:
    inside, beside = files("holiday/inside.jpg", "beside.jpg")
    (tmp_path / "holiday" / "notes.txt").write_text("Remember the sun screen.")
    (tmp_path / "holiday" / ".hidden.jpg").write_bytes(inside.read_bytes())
    page.goto("/upload/")
    drop(page, [tmp_path / "holiday", beside])
    expect(page.locator(".file")).to_have_count(2)
    for path in (inside, beside):
        expect(row(page, path).get_by_role("link", name="Open")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("no pictures: 2")


def test_a_folder_can_be_chosen(page: Page, files: Files, tmp_path: Path) -> None:
    (inside,) = files("chosen/in a folder.jpg")
    page.goto("/upload/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "chosen")
    expect(row(page, inside).get_by_role("link", name="Open")).to_be_visible()


def test_a_pasted_picture_is_uploaded(page: Page) -> None:
    page.goto("/upload/")
    page.evaluate(PASTE)
    expect(page.locator(".file")).to_have_attribute("data-state", "ready", timeout=PROCESSED_MS)
    expect(page.locator(".file [data-name]")).to_have_text(re.compile(r"^20\d\d-.*\.png$"))


@on_phone_too
def test_the_camera_takes_a_photograph(page: Page) -> None:
    page.goto("/upload/")
    page.get_by_role("button", name="Take a photograph").click()
    camera = page.get_by_role("dialog", name="Take a photograph")
    camera.get_by_role("button", name="Take it").click()
    expect(page.locator(".file [data-name]")).to_have_text(re.compile(r"^20\d\d-.*\.jpg$"))
    camera.get_by_role("button", name="Done").click()
    expect(camera).to_be_hidden()
    assert page.evaluate("document.querySelector('video').srcObject") is None
    expect(page.locator(".file").get_by_role("link", name="Open")).to_be_visible()


def test_what_waits_and_what_is_being_sent_can_be_paused(page: Page, files: Files) -> None:
    paths = files(*(f"paused {number}.jpg" for number in range(5)))
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))
    page.goto("/upload/")
    choose(page, *paths)
    sending, waiting = row(page, paths[0]), row(page, paths[4])
    expect(sending).to_have_attribute("data-state", "sending")
    expect(waiting).to_have_attribute("data-state", "waiting")
    page.get_by_role("button", name="Pause all").click()
    expect(page.locator('.file[data-state="paused"]')).to_have_count(5)
    page.unroute(UPLOADS)
    waiting.get_by_role("button", name="Resume").click()
    expect(waiting.get_by_role("link", name="Open")).to_be_visible()
    expect(sending).to_have_attribute("data-state", "paused")
    page.get_by_role("button", name="Resume all").click()
    for path in paths:
        expect(row(page, path).get_by_role("link", name="Open")).to_be_visible()


def test_a_file_can_be_taken_off_the_list_by_keyboard(page: Page, files: Files) -> None:
    first, second = files("first.jpg", "second.jpg")
    page.route(UPLOADS, lambda route: route.abort())
    page.goto("/upload/")
    choose(page, first, second)
    expect(page.get_by_role("button", name="Try again second.jpg")).to_be_visible()
    page.get_by_role("button", name="Remove first.jpg").press("Enter")
    expect(page.locator(".file")).to_have_count(1)
    expect(page.get_by_role("button", name="Try again second.jpg")).to_be_focused()


def test_a_picture_that_is_there_already_is_recognised(page: Page, files: Files) -> None:
    original, copy, other = files("original.jpg", "copy.jpg", "other copy.jpg")
    for path in (copy, other):
        path.write_bytes(original.read_bytes())
    upload(page, original)
    choose(page, copy)
    expect(row(page, copy)).to_contain_text("already, as “original.jpg”")
    page.goto("/upload/")
    choose(page, other)
    expect(row(page, other)).to_contain_text("You have this picture already, as “original.jpg”.")
    page.get_by_role("button", name="Upload again other copy.jpg").click()
    expect_ready(page, other)


def test_what_is_typed_while_a_file_waits_goes_along(page: Page, files: Files) -> None:
    (path,) = files("described.jpg")
    page.route(UPLOADS, lambda route: route.abort(), times=1)
    page.goto("/upload/")
    choose(page, path)
    expect(row(page, path)).to_have_attribute("data-state", "refused")
    describe(page, path, "Title", "A pier")
    describe(page, path, "Tags", "sea, old  pier, sea")
    row(page, path).get_by_role("button", name="Try again").click()
    expect(row(page, path).get_by_role("link", name="Open")).to_be_visible()
    describe(page, path, "Alt text", "A pier at dawn")
    expect(row(page, path).locator("[data-saved]")).to_have_text("Saved.")
    row(page, path).get_by_role("link", name="Open").click()
    for label, text in (("Title", "A pier"), ("Alt text", "A pier at dawn")):
        expect(page.get_by_label(label, exact=True)).to_have_value(text)
    expect(page.get_by_label("Tags")).to_have_value("old pier, sea")


def describe(page: Page, path: Path, label: str, text: str) -> None:
    details = row(page, path).locator("details")
    if not details.evaluate("element => element.open"):
        details.locator("summary").click()
    details.get_by_label(label).fill(text)
    details.get_by_label(label).blur()


def test_without_a_stream_of_changes_the_page_asks_every_now_and_then(
    page: Page, files: Files
) -> None:
    (path,) = files("polled.jpg")
    page.route("**/live/", lambda route: route.fulfill(status=503))
    upload(page, path)
    expect_ready(page, path)


def test_tags_go_along(page: Page, files: Files) -> None:
    (path,) = files("tagged.jpg")
    page.goto("/upload/")
    page.get_by_label("Tags").fill("sea,  old pier")
    choose(page, path)
    expect_ready(page, path)
    open_image(page, path)
    expect(page.get_by_label("Tags")).to_have_value("old pier, sea")


def test_a_page_whose_scripts_were_not_built_takes_one_picture(page: Page, files: Files) -> None:
    (path,) = files("unbuilt.jpg")
    page.route("**/upload/", serve_without_bundles, times=1)
    page.goto("/upload/")
    expect(page.get_by_text("Drop pictures or folders here")).to_be_hidden()
    page.get_by_label("Title").fill("Without bundles")
    page.get_by_label("Choose a picture").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("h1")).to_have_text("Without bundles")


def serve_without_bundles(route: Route) -> None:
    answer = route.fetch()
    html = re.sub(r"<script.*?</script>| data-scripts", "", answer.text())
    route.fulfill(response=answer, body=html)


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
