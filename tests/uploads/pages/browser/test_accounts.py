"""Signing in, invitations, forgotten passwords and second factors, as people go through them."""

import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page, expect

from tests.uploads.pages.browser.acts import DESKTOP, PHONE, watched
from tests.uploads.pages.browser.axe import faults
from tests.uploads.pages.browser.site import STAFF, Site

PASSWORD = "a-long-walk-home"
PERIOD_SECONDS = 30
DELIVERED_SECONDS = 30

on_both = pytest.mark.parametrize(
    "visitor", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True
)


@pytest.fixture
def visitor(request: pytest.FixtureRequest, site: Site, chromium: Browser) -> Iterator[Page]:
    """Return the page of somebody who has not signed in."""
    width, height = request.param
    context = chromium.new_context(
        base_url=site.url, viewport={"width": width, "height": height}, locale="en-GB"
    )
    site.mail.messages.clear()
    with watched(context, site) as page:
        yield page
    context.close()


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in to Darkroom")).to_be_visible()


def see_nothing_wrong(page: Page) -> None:
    """See that axe finds nothing, and that the page is no wider than the window."""
    for theme in ("light", "dark"):
        assert faults(page, theme) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def link_to(site: Site, address: str) -> str:
    """Wait for a message to an address; return the first link in it."""
    until = time.monotonic() + DELIVERED_SECONDS
    while time.monotonic() < until:
        for message in site.mail.messages:
            if message["To"] == address:
                return str(re.findall(r"http://\S+", _words(message))[0])
        time.sleep(0.1)
    raise AssertionError(f"no message came to {address}")


def _words(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def newcomer(page: Page, site: Site, name: str) -> None:
    """Invite somebody as the administrator, and accept as them."""
    sign_in(page, STAFF, STAFF)
    page.goto("/invitations/")
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text(f"on its way to {name}@example.org")).to_be_visible()
    see_nothing_wrong(page)
    sign_out(page)
    page.goto(link_to(site, f"{name}@example.org"))
    see_nothing_wrong(page)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def code_of(key: str) -> str:
    return str(format_hotp_value(hotp_value(key, int(time.time()) // PERIOD_SECONDS)))


@on_both
def test_an_invitation_leads_to_an_account_and_a_lost_password_to_another(
    visitor: Page, site: Site, request: pytest.FixtureRequest
) -> None:
    name = f"anna-{request.node.callspec.id}"
    newcomer(visitor, site, name)
    sign_out(visitor)
    site.mail.messages.clear()
    visitor.get_by_role("link", name="Forgotten password").click()
    see_nothing_wrong(visitor)
    visitor.get_by_label("Email").fill(f"{name}@example.org")
    visitor.get_by_role("button", name="Send the link").click()
    expect(visitor.get_by_role("heading", name="Look into your mail")).to_be_visible()
    see_nothing_wrong(visitor)
    visitor.goto(link_to(site, f"{name}@example.org"))
    see_nothing_wrong(visitor)
    visitor.get_by_label("New Password", exact=True).fill(f"{PASSWORD}-again")
    visitor.get_by_label("New Password (again)").fill(f"{PASSWORD}-again")
    visitor.get_by_role("button", name="Set this password").click()
    expect(visitor.get_by_role("heading", name="Your password is set")).to_be_visible()
    sign_in(visitor, name, f"{PASSWORD}-again")
    expect(visitor.get_by_role("heading", name="Library")).to_be_visible()


@on_both
def test_a_second_factor_is_set_up_and_asked_for(
    visitor: Page, site: Site, request: pytest.FixtureRequest
) -> None:
    name = f"berta-{request.node.callspec.id}"
    newcomer(visitor, site, name)
    visitor.goto("/account/")
    see_nothing_wrong(visitor)
    visitor.goto("/account/two-factor/")
    see_nothing_wrong(visitor)
    visitor.get_by_role("link", name="Set up an app").click()
    visitor.get_by_label("Password").fill(PASSWORD)
    see_nothing_wrong(visitor)
    visitor.get_by_role("button", name="Confirm").click()
    expect(visitor.get_by_alt_text("The key as a QR code")).to_be_visible()
    see_nothing_wrong(visitor)
    key = visitor.locator(".details code").inner_text()
    visitor.get_by_label("code").fill(code_of(key))
    visitor.get_by_role("button", name="Switch on").click()
    expect(visitor.locator("#codes")).to_be_visible()
    see_nothing_wrong(visitor)
    recovery = visitor.locator("#codes").inner_text().split()[0]
    visitor.goto("/")
    sign_out(visitor)
    sign_in(visitor, name, PASSWORD)
    expect(visitor.get_by_role("heading", name="One more step")).to_be_visible()
    see_nothing_wrong(visitor)
    visitor.get_by_label("Code").fill("000000")
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_text("Incorrect code.")).to_be_visible()
    visitor.get_by_label("Code").fill(recovery)
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_role("heading", name="Library")).to_be_visible()


@on_both
def test_a_token_is_made_and_revoked(visitor: Page) -> None:
    sign_in(visitor, STAFF, STAFF)
    for path in ("/account/e-mail/", "/account/password/", "/account/sessions/"):
        visitor.goto(path)
        see_nothing_wrong(visitor)
    visitor.goto("/account/tokens/")
    visitor.get_by_label("Name").fill("Importer")
    visitor.get_by_role("button", name="Make it").click()
    expect(visitor.locator("#plain")).to_contain_text("dr_")
    see_nothing_wrong(visitor)
    visitor.get_by_role("button", name="Revoke").first.click()
    expect(visitor.get_by_text("The token is revoked.")).to_be_visible()


@on_both
def test_the_administration_works_under_its_policy(visitor: Page) -> None:
    sign_in(visitor, STAFF, STAFF)
    paths = ("", "auth/user/", "auth/user/add/", "uploads/invitation/", "storage/attempt/")
    for path in (
        *paths,
        "django_celery_beat/periodictask/",
        "django_celery_beat/periodictask/add/",
    ):
        visitor.goto(f"/admin/{path}")
        expect(visitor.locator("#main, #content, main").first).to_be_visible()
