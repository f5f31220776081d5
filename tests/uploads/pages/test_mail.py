import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.uploads.conftest import signed_in
from uploads import mail_preferences
from uploads.models import DigestWish

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def writer(owner: User) -> User:
    owner.email = "owner@example.org"
    owner.save(update_fields=["email"])
    return owner


def test_one_click_in_a_mail_program_ends_the_messages(writer: User) -> None:
    path = f"/e-mail/unsubscribe/{mail_preferences.token_of(writer)}/"
    program = Client(enforce_csrf_checks=True)
    assert b"owner@example.org" in program.get(path).content
    assert mail_preferences.wish_of(writer) == DigestWish.ALWAYS
    assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert mail_preferences.wish_of(writer) == DigestWish.NEVER
    assert program.post(f"{path[:-2]}x/").status_code == 404


def test_people_say_on_a_page_what_they_want(writer: User) -> None:
    browser = signed_in(writer)
    assert b"owner@example.org" in browser.get("/e-mail/").content
    assert browser.post("/e-mail/", {"digests": "problems"}).status_code == 302
    assert mail_preferences.wish_of(writer) == DigestWish.PROBLEMS
    assert browser.post("/e-mail/", {"digests": "sometimes"}).status_code == 400
    assert mail_preferences.wish_of(writer) == DigestWish.PROBLEMS
