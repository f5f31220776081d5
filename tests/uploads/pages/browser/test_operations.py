"""The operations page in a browser: it follows what happens, and lets staff act."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.uploads.pages.browser.acts import on_phone_too
from tests.uploads.pages.browser.axe import faults
from tests.uploads.pages.browser.site import Site

LIVE = "/operations/live/"
# A little longer than the page lets pass between two looks.
TWO_LOOKS_MS = 11_000
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
FAIL = """
from django.contrib.auth.models import User
from storage import transitions
from storage.transitions import Failure
from tests.records import claim_stage, make_image, start
for number in range(3):
    run = start(make_image(User.objects.get(username='demo'), title=f"Pier {number}"))
    claim = claim_stage(run.stages.get(name="resize"))
    transitions.fail(claim, Failure("timed_out", "The stage took longer than 90 seconds."))
"""
CLEAR = """
from storage import pauses, transitions
from storage.models import Image, QueuePause
for row in QueuePause.objects.all():
    pauses.resume(row.queue)
for image in Image.objects.filter(title__startswith="Pier "):
    transitions.delete(image.id)
"""


@pytest.fixture
def clean(site: Site) -> Iterator[None]:
    yield
    site.run(CLEAR)


@pytest.mark.usefixtures("clean")
@on_phone_too
def test_a_queue_is_paused_and_resumed(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Operations").click()
    row = page.locator("#queue-thumbnail")
    row.get_by_role("button", name="Pause thumbnail").click()
    expect(page.get_by_text("thumbnail is paused.")).to_be_visible()
    expect(row).to_contain_text("paused by demo")
    row.get_by_role("button", name="Resume thumbnail").press("Enter")
    expect(page.get_by_text("thumbnail goes on.")).to_be_visible()
    expect(row.get_by_role("button", name="Pause thumbnail")).to_be_visible()


@pytest.mark.usefixtures("clean")
def test_the_page_follows_what_happens_and_keeps_what_was_opened(page: Page, site: Site) -> None:
    page.goto("/operations/?queue=compress")
    page.evaluate("window.neverReloaded = true")
    page.get_by_text("The same in figures").click()
    button = page.get_by_role("button", name="Pause analyze")
    button.focus()
    site.run("from storage import pauses; pauses.pause('compress')")
    expect(page.locator("#queue-compress")).to_contain_text("paused")
    expect(page.get_by_role("region", name="The same in figures")).to_be_visible()
    expect(button).to_be_focused()
    expect(page.locator("#chart-queue")).to_have_value("compress")
    expect(page.locator("#live time").first).not_to_contain_text("UTC")
    assert page.evaluate("window.neverReloaded")


def test_a_hidden_page_does_not_ask(page: Page) -> None:
    asked: list[str] = []

    def see(request: Request) -> None:
        if LIVE in request.url:
            asked.append(request.url)

    page.goto("/operations/")
    page.evaluate(HIDE, True)
    page.on("request", see)
    page.wait_for_timeout(TWO_LOOKS_MS)
    assert asked == []
    with page.expect_request(lambda request: LIVE in request.url):
        page.evaluate(HIDE, False)


def test_an_update_that_fails_is_told_and_leaves_what_is_known(page: Page) -> None:
    page.goto("/operations/")
    page.route(f"**{LIVE}", lambda route: route.fulfill(status=500, body="broken"))
    expect(page.get_by_text("This page could not be brought up to date.")).to_be_visible()
    expect(page.locator("#queue-resize")).to_be_visible()
    page.unroute(f"**{LIVE}")
    expect(page.get_by_text("This page could not be brought up to date.")).to_be_hidden()
    page.route(f"**{LIVE}", lambda route: route.abort())
    expect(page.get_by_text("This page could not be brought up to date.")).to_be_visible()


def test_whoever_was_signed_out_is_led_to_sign_in(page: Page) -> None:
    page.goto("/operations/")
    page.context.clear_cookies(name="sessionid")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/operations/$"))


def test_the_chart_shows_another_queue_without_a_reload(page: Page) -> None:
    page.goto("/operations/")
    page.evaluate("window.neverReloaded = true")
    page.get_by_label("Show").select_option("publish")
    expect(
        page.get_by_role("heading", name="Stages of publish in the last 6 hours")
    ).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?queue=publish$"))
    expect(
        page.get_by_role("img", name="Stages of publish in the last 6 hours: Failed")
    ).to_be_visible()
    assert page.evaluate("window.neverReloaded")


@pytest.mark.usefixtures("clean")
@on_phone_too
def test_what_failed_for_one_reason_is_tried_again(page: Page, site: Site) -> None:
    site.run(FAIL)
    page.goto("/operations/")
    assert [*faults(page, "light"), *faults(page, "dark")] == []
    page.get_by_role("link", name="Try again what failed with timed_out").click()
    expect(page.get_by_role("heading", name="Try 3 pictures again?")).to_be_visible()
    assert [*faults(page, "light"), *faults(page, "dark")] == []
    page.get_by_role("button", name="Try them again").click()
    expect(
        page.get_by_text("3 pictures that failed with timed_out are being tried again")
    ).to_be_visible()


@pytest.mark.usefixtures("clean")
def test_it_works_without_scripts(site: Site, chromium: Browser, cookies: str) -> None:
    context = chromium.new_context(
        base_url=site.url, storage_state=cookies, java_script_enabled=False, locale="en-GB"
    )
    page = context.new_page()
    page.goto("/operations/")
    page.get_by_label("Show").select_option("compress")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Stages of compress")).to_be_visible()
    page.get_by_role("button", name="Pause compress", exact=True).click()
    expect(page.locator("#queue-compress")).to_contain_text("paused by demo")
    expect(page.get_by_role("link", name="Bring up to date")).to_be_visible()
    context.close()
