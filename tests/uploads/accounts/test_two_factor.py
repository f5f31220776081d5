"""The second factor: set up, asked for, lost, and demanded of staff."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf.global_settings import SESSION_COOKIE_NAME
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.uploads.conftest import bearer, signed_in
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PERIOD_SECONDS = 30
CREDENTIALS = {"username": "owner", "password": "owner"}


def code_of(secret: str) -> str:
    """Return what an app would show now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_SECONDS)))


@pytest.fixture
def browser(owner: User) -> Client:
    """Return a browser in which the owner has just typed the password once more."""
    fresh = Client()
    fresh.post("/sign-in/", CREDENTIALS)
    fresh.post("/sign-in/again/", {"password": "owner"})
    return fresh


@pytest.fixture
def secret(browser: Client) -> str:
    """Set up an app for the owner; return its key."""
    page = browser.get("/account/two-factor/app/").content.decode()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    assert 'src="data:image/svg+xml' in page
    answer = browser.post("/account/two-factor/app/", {"code": code_of(found[1])})
    assert answer.status_code == 302
    # The code was used just now, and a person would wait for the next one.
    cache.clear()
    return found[1]


def type_password(visitor: Client) -> Any:
    return visitor.post("/sign-in/", CREDENTIALS)


def test_a_wrong_code_sets_nothing_up(browser: Client) -> None:
    browser.get("/account/two-factor/app/")
    assert browser.post("/account/two-factor/app/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


def test_the_password_alone_opens_nothing(secret: str) -> None:
    visitor = Client()
    assert type_password(visitor)["Location"] == "/sign-in/code/"
    assert visitor.get("/").status_code == 302
    assert "Incorrect code" in text_of(visitor.post("/sign-in/code/", {"code": "000000"}))
    assert visitor.get("/").status_code == 302
    assert visitor.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/"
    assert visitor.get("/").status_code == 200


def test_the_second_step_leads_to_where_one_wanted_to_go(secret: str) -> None:
    visitor = Client()
    visitor.post("/sign-in/", {**CREDENTIALS, "next": "/upload/"})
    assert visitor.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/upload/"


def test_a_code_is_worth_nothing_a_second_time(secret: str) -> None:
    for expected in ("/", None):
        visitor = Client()
        type_password(visitor)
        answer = visitor.post("/sign-in/code/", {"code": code_of(secret)})
        assert answer.get("Location") == expected


def test_codes_are_not_guessed_without_end(secret: str) -> None:
    visitor = Client()
    type_password(visitor)
    for _ in range(10):
        visitor.post("/sign-in/code/", {"code": "000000"})
    refused = visitor.post("/sign-in/code/", {"code": code_of(secret)})
    assert "Too many attempts." in text_of(refused)
    assert visitor.get("/").status_code == 302


def test_nobody_gets_to_the_second_step_without_the_first() -> None:
    visitor = Client()
    assert visitor.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert SESSION_COOKIE_NAME not in visitor.cookies


def test_a_recovery_code_opens_once(secret: str, browser: Client) -> None:
    page = browser.get("/account/two-factor/codes/").content.decode()
    code = re.findall(r"^([0-9A-Za-z-]{8,})$", page.split('id="codes"')[1], re.MULTILINE)[0]
    for expected in ("/", None):
        visitor = Client()
        type_password(visitor)
        assert visitor.post("/sign-in/code/", {"code": code}).get("Location") == expected


@pytest.mark.parametrize("confirmed", [False, True])
def test_setting_it_up_asks_for_the_password_again(owner: User, confirmed: bool) -> None:
    address = f"{owner.username}@example.org"
    EmailAddress.objects.create(user=owner, email=address, verified=confirmed, primary=True)
    asked = signed_in(owner).get("/account/two-factor/app/")
    assert asked["Location"].startswith("/sign-in/again/")


def test_who_has_no_password_sets_one_up_without_it(stranger: User) -> None:
    assert "Set up an app" in text_of(signed_in(stranger).get("/account/two-factor/app/"))


def test_switching_it_off_asks_for_a_recent_sign_in(secret: str, owner: User) -> None:
    later = signed_in(owner)
    asked = later.post("/account/two-factor/app/remove/")
    assert asked["Location"].startswith("/sign-in/again/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_staff_are_led_to_setting_one_up_where_that_is_wanted(
    staff: User, owner: User, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    browser = signed_in(staff)
    for path in ("/", "/upload/", "/admin/", "/invitations/"):
        assert browser.get(path)["Location"] == "/account/two-factor/", path
    assert "Staff need a second factor here." in text_of(browser.get("/account/two-factor/"))
    assert browser.get("/api/v1/queues/").status_code == 403
    assert bearer(staff).get("/api/v1/queues/").status_code == 200
    assert signed_in(owner).get("/").status_code == 200
    Authenticator.objects.create(user=staff, type="totp", data={"secret": "A" * 32})
    assert browser.get("/admin/").status_code == 200
