from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.uploads.pages.reading import text_of

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
