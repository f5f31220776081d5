import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.uploads.conftest import bearer, signed_in
from tests.uploads.pages.reading import text_of
from uploads import tokens
from uploads.models import ApiToken, Scope

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_token_is_shown_once_and_has_the_scopes_that_were_ticked(
    client: Client, owner: User
) -> None:
    made = client.post("/account/tokens/", {"name": "Importer", "scopes": ["images:read"]})
    (plain,) = re.findall(r"dr_[\w-]{43}", text_of(made))
    assert "no-store" in made["Cache-Control"]
    token = tokens.find(plain)
    assert token is not None
    assert (token.user, token.name, token.scopes) == (owner, "Importer", ["images:read"])
    again = text_of(client.get("/account/tokens/"))
    assert plain not in again
    assert "Importer" in again


@pytest.mark.parametrize(
    "typed", [{"name": "Importer"}, {"name": "", "scopes": "images:read"}, {"scopes": "all"}]
)
def test_a_token_needs_a_name_and_known_scopes(client: Client, typed: dict[str, str]) -> None:
    assert client.post("/account/tokens/", typed).status_code == 400
    assert not ApiToken.objects.exists()


def test_people_revoke_their_own_tokens_and_no_others(
    client: Client, owner: User, stranger: User
) -> None:
    mine, plain = tokens.issue(owner, name="Importer")
    theirs, foreign = tokens.issue(stranger)
    assert client.post(f"/account/tokens/{theirs.id}/revoke/").status_code == 404
    assert client.post(f"/account/tokens/{mine.id}/revoke/")["Location"] == "/account/tokens/"
    assert tokens.find(plain) is None
    assert tokens.find(foreign) is not None
    assert "Revoked" in text_of(client.get("/account/tokens/"))


def test_a_token_makes_no_tokens(owner: User) -> None:
    answer = bearer(owner).post("/account/tokens/", {"name": "More", "scopes": "images:read"})
    assert answer["Location"].startswith("/sign-in/")
    assert ApiToken.objects.count() == 1


def test_the_page_asks_the_database_as_often_for_many(
    owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        tokens.issue(owner, scopes=[Scope.IMAGES_READ], name=f"Program {number}")
    browser = signed_in(owner)
    with django_assert_max_num_queries(6):
        assert "Program 19" in text_of(browser.get("/account/tokens/"))
