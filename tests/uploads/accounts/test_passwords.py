"""Passwords: forgotten, changed, and what is told about it."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client

from tests.services.mail import MailServer
from tests.uploads.accounts.conftest import only_message, path_in, words_of
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NEW = "a-long-walk-home"


def ask(email: str, visitor: Client | None = None) -> str:
    browser = visitor or Client()
    return text_of(browser.post("/account/password/reset/", {"email": email}, follow=True))


def test_a_forgotten_password_is_chosen_anew_by_a_link(writer: User, mail: MailServer) -> None:
    visitor = Client()
    assert "Look into your mail" in ask("owner@example.org", visitor)
    message = only_message(mail)
    assert message["To"] == "owner@example.org"
    assert "Your username is owner." in words_of(message)
    form = visitor.get(path_in(message), follow=True)
    place = form.redirect_chain[-1][0]
    done = visitor.post(place, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your password is set" in text_of(done)
    writer.refresh_from_db()
    assert writer.check_password(NEW)


def test_the_link_works_once(writer: User, mail: MailServer) -> None:
    visitor = Client()
    ask("owner@example.org", visitor)
    path = path_in(only_message(mail))
    place = visitor.get(path, follow=True).redirect_chain[-1][0]
    visitor.post(place, {"password1": NEW, "password2": NEW})
    assert "This link is not valid" in text_of(Client().get(path, follow=True))


def test_the_answer_does_not_tell_whether_there_is_such_an_account(
    writer: User, mail: MailServer
) -> None:
    assert ask("owner@example.org") == ask("nobody@example.org")
    assert [message["To"] for message in mail.messages] == [
        "owner@example.org",
        "nobody@example.org",
    ]
    assert "/account/" not in words_of(mail.messages[1])


def test_one_address_is_not_written_to_without_end(writer: User, mail: MailServer) -> None:
    for _ in range(10):
        ask("owner@example.org")
    assert len(mail.messages) == 5


def test_a_mail_server_that_refuses_is_said(writer: User, mail: MailServer) -> None:
    mail.refuses = True
    assert "The message could not be sent." in ask("owner@example.org")


def test_without_mail_the_page_says_who_can_help(writer: User) -> None:
    page = Client().post("/account/password/reset/", {"email": "owner@example.org"})
    assert "This Darkroom sends no e-mail." in text_of(page)
    assert "Forgotten password" not in text_of(Client().get("/sign-in/"))


def test_who_changes_their_password_stays_signed_in_and_is_written_to(
    writer: User, mail: MailServer, client: Client
) -> None:
    EmailAddress.objects.create(user=writer, email=writer.email, verified=True, primary=True)
    typed = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    client.post("/account/password/", typed)
    writer.refresh_from_db()
    assert writer.check_password("owner")
    changed = client.post("/account/password/", {**typed, "oldpassword": "owner"})
    assert changed["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    writer.refresh_from_db()
    assert writer.check_password(NEW)
    assert "If it was not you" in words_of(only_message(mail))


def test_people_sign_in_by_their_address_too(writer: User) -> None:
    typed = {"username": "OWNER@example.org", "password": "owner"}
    assert Client().post("/sign-in/", typed)["Location"] == "/"


def test_names_that_differ_by_case_alone_still_sign_in(writer: User) -> None:
    User.objects.create_user("Owner", password="another")
    for name, password in (("owner", "owner"), ("Owner", "another")):
        browser = Client()
        browser.post("/sign-in/", {"username": name, "password": password})
        assert f'title="Account">{name}' in browser.get("/").content.decode()


def test_an_added_address_is_confirmed_by_a_link(
    writer: User, client: Client, mail: MailServer
) -> None:
    client.post("/account/e-mail/", {"action_add": "", "email": "second@example.org"})
    message = only_message(mail)
    assert message["To"] == "second@example.org"
    client.post(path_in(message))
    assert EmailAddress.objects.get(email="second@example.org").verified
