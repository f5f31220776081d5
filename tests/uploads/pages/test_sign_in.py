from typing import Any
from uuid import uuid4

import pytest
from django.conf.global_settings import SESSION_COOKIE_NAME
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.uploads.conftest import signed_in
from tests.uploads.pages.reading import text_of
from uploads.api.throttling import MinuteCounter
from uploads.pages import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]

CREDENTIALS = {"username": "owner", "password": "owner"}


@pytest.mark.parametrize("path", ["/", "/upload/", "/cards/", f"/images/{uuid4()}/"])
def test_a_visitor_is_asked_to_sign_in(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")


def test_signing_in_leads_to_where_one_wanted_to_go(owner: User) -> None:
    response = Client().post("/sign-in/", {**CREDENTIALS, "next": "/upload/"})
    assert (response.status_code, response["Location"]) == (302, "/upload/")


def test_signing_in_does_not_lead_to_another_site(owner: User) -> None:
    response = Client().post("/sign-in/", {**CREDENTIALS, "next": "https://example.com/"})
    assert response["Location"] == "/"


def test_a_wrong_password_is_refused_in_words(owner: User) -> None:
    response = Client().post("/sign-in/", {**CREDENTIALS, "password": "wrong"})
    assert "Please enter a correct username and password" in text_of(response)
    assert 'value="owner"' in response.content.decode()


def test_who_is_signed_in_is_not_asked_again(client: Client) -> None:
    assert client.get("/sign-in/")["Location"] == "/"


def test_signing_out_takes_a_post(client: Client) -> None:
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def attempt(username: str, password: str = "wrong", address: str = "192.0.2.1") -> Any:
    typed = {"username": username, "password": password}
    return Client().post("/sign-in/", typed, REMOTE_ADDR=address)


def test_an_account_can_be_tried_so_often_from_wherever_it_is(
    owner: User, stranger: User, settings: Settings
) -> None:
    settings.SIGN_INS_PER_MINUTE = 2
    assert [attempt("owner", address=f"192.0.2.{n}").status_code for n in range(2)] == [200, 200]
    refused = attempt("owner", "owner", address="192.0.2.9")
    assert (refused.status_code, SESSION_COOKIE_NAME in refused.cookies) == (429, False)
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many attempts." in text_of(refused)
    assert attempt("stranger").status_code == 200
    sign_in.attempts = MinuteCounter()
    assert attempt("owner", "owner").status_code == 302


def test_an_address_can_try_so_often_whatever_the_account(owner: User, settings: Settings) -> None:
    settings.SIGN_INS_PER_MINUTE_BY_ADDRESS = 2
    assert [attempt(f"guess{n}").status_code for n in range(3)] == [200, 200, 429]
    assert attempt("owner", "owner").status_code == 429
    assert attempt("owner", "owner", address="192.0.2.2").status_code == 302


def test_administrators_sign_in_at_the_same_door(owner: User, staff: User) -> None:
    for send in (Client().get, Client().post):
        assert send("/admin/login/?next=/admin/")["Location"] == "/sign-in/?next=/admin/"
    assert signed_in(owner).get("/admin/", follow=True).status_code == 403
    assert signed_in(staff).get("/admin/").status_code == 200
