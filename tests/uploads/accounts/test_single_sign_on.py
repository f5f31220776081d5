"""OpenID Connect against a real provider on this machine."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.test import Client
from oidc_provider_mock import run_server_in_thread
from pytest_django.fixtures import Settings

from config.environment import openid_connect
from tests.services.ports import reserve_port
from tests.uploads.pages.reading import address_of, text_of
from uploads.accounts import invitations
from uploads.models import Invitation
from uploads.permissions import CONTENT_TEAM

pytestmark = [pytest.mark.django_db, pytest.mark.database]

Come = Callable[..., Any]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def _provider(issuer: str, settings: Settings) -> None:
    configure(settings, issuer)


def configure(settings: Settings, issuer: str) -> None:
    settings.OIDC_ISSUER = issuer
    settings.OIDC_NAME = "Example"
    settings.SOCIALACCOUNT_PROVIDERS = openid_connect(
        issuer, name="Example", client_id="darkroom", secret="secret"
    )


@pytest.fixture
def come(issuer: str, settings: Settings) -> Come:
    """Return a way in: through the provider, where somebody with these claims signs in."""

    configure(settings, issuer)

    def go(visitor: Client, **claims: Any) -> Any:
        person = {"email_verified": True, "preferred_username": "jane", **claims}
        httpx.put(f"{issuer}/users/jane", json=person).raise_for_status()
        page = visitor.post("/sign-in/with/oidc/")
        assert page.status_code == 200
        there = httpx.post(address_of(page, "Go on"), data={"sub": "jane"})
        back = urlsplit(there.headers["Location"])
        assert back.path == "/sign-in/with/oidc/callback/"
        return visitor.get(f"{back.path}?{back.query}")

    return go


def test_a_person_is_known_by_their_verified_address(writer: User, come: Come) -> None:
    visitor = Client()
    assert "Sign in with Example" in text_of(visitor.get("/sign-in/"))
    assert come(visitor, email="Owner@example.org")["Location"] == "/"
    assert visitor.get("/").status_code == 200
    assert SocialAccount.objects.get().user == writer
    writer.refresh_from_db()
    assert writer.check_password("owner")
    assert EmailAddress.objects.get(user=writer).verified


def test_an_address_that_is_not_verified_there_opens_nothing(writer: User, come: Come) -> None:
    visitor = Client()
    answer = come(visitor, email="owner@example.org", email_verified=False)
    assert "By invitation" in text_of(answer)
    assert visitor.get("/").status_code == 302
    assert not SocialAccount.objects.exists()


def test_an_address_that_somebody_only_claims_to_have_is_not_theirs(
    owner: User, come: Come
) -> None:
    EmailAddress.objects.create(user=owner, email="jane@example.org", primary=True)
    User.objects.filter(pk=owner.pk).update(email="jane@example.org")
    visitor = Client()
    assert "By invitation" in text_of(come(visitor, email="jane@example.org"))
    assert visitor.get("/").status_code == 302


def test_nobody_comes_in_without_an_invitation(come: Come) -> None:
    assert "By invitation" in text_of(come(Client(), email="jane@example.org"))
    assert not User.objects.exists()


def test_an_invitation_is_spent_by_who_has_its_address(staff: User, come: Come) -> None:
    team = Group.objects.get(name=CONTENT_TEAM)
    _, plain = invitations.issue("jane@example.org", by=staff, language="en", group=team)
    visitor = Client()
    assert come(visitor, email="jane@example.org")["Location"] == "/"
    jane = User.objects.get(username="jane")
    assert list(jane.groups.all()) == [team]
    assert Invitation.objects.get().accepted_by == jane
    assert invitations.find(plain) is None
    assert not jane.has_usable_password()
    assert visitor.get("/account/").status_code == 200


def test_a_domain_may_need_no_invitation(come: Come, settings: Settings) -> None:
    settings.OIDC_DOMAINS = ["example.org"]
    assert "By invitation" in text_of(come(Client(), email="jane@sub.example.org"))
    assert come(Client(), email="jane@example.org")["Location"] == "/"
    assert User.objects.get().email == "jane@example.org"


def test_a_person_who_is_switched_off_stays_out(writer: User, come: Come) -> None:
    User.objects.filter(pk=writer.pk).update(is_active=False)
    visitor = Client()
    assert come(visitor, email="owner@example.org")["Location"] == "/account/inactive/"
    assert visitor.get("/").status_code == 302


@pytest.mark.usefixtures("_provider", "writer")
def test_an_answer_that_nobody_asked_for_opens_nothing() -> None:
    visitor = Client()
    answer = visitor.get("/sign-in/with/oidc/callback/?code=made-up&state=made-up")
    assert "You are not signed in" in text_of(answer)
    assert visitor.get("/").status_code == 302


def test_a_provider_that_is_away_is_said(settings: Settings) -> None:
    configure(settings, f"http://localhost:{reserve_port()}")
    answer = Client().post("/sign-in/with/oidc/")
    assert answer.status_code == 503
    assert "It cannot be reached" in text_of(answer)


def test_without_settings_there_is_no_such_way_in() -> None:
    assert Client().post("/sign-in/with/oidc/").status_code == 404
    assert "Sign in with" not in text_of(Client().get("/sign-in/"))
