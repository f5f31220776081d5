"""Nobody comes in without an invitation, and none lets two in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.services.mail import MailServer
from tests.uploads.accounts.conftest import only_message, path_in
from tests.uploads.conftest import signed_in
from tests.uploads.pages.reading import text_of
from uploads.accounts import invitations
from uploads.models import Invitation
from uploads.permissions import CONTENT_TEAM

pytestmark = [pytest.mark.django_db, pytest.mark.database]

CHOSEN = {
    "username": "newcomer",
    "password1": "a-long-walk-home",
    "password2": "a-long-walk-home",
}
INVITED = {"email": "Newcomer@example.org", "language": "en"}


def invite(staff: User, **more: Any) -> tuple[Invitation, str]:
    return invitations.issue("newcomer@example.org", by=staff, language="en", **more)


def accept(plain: str, **typed: str) -> Any:
    return Client().post(f"/invitation/{plain}/", {**CHOSEN, **typed})


def test_staff_invite_and_the_newcomer_chooses_name_and_password(
    staff: User, mail: MailServer
) -> None:
    assert signed_in(staff).post("/invitations/", INVITED)["Location"] == "/invitations/"
    message = only_message(mail)
    assert (message["To"], message["Subject"]) == (
        "newcomer@example.org",
        "You are invited to Darkroom",
    )
    path = path_in(message)
    newcomer = Client()
    assert "newcomer@example.org" in text_of(newcomer.get(path))
    assert newcomer.post(path, CHOSEN)["Location"] == "/"
    assert newcomer.get("/").status_code == 200
    user = User.objects.get(username="newcomer")
    assert user.check_password(CHOSEN["password1"])
    assert (user.email, user.is_staff, user.is_superuser) == ("newcomer@example.org", False, False)
    address = EmailAddress.objects.get(user=user)
    assert (address.verified, address.primary) == (True, True)
    invitation = Invitation.objects.get()
    assert (invitation.accepted_by, invitation.state) == (user, "accepted")


def test_the_message_comes_in_the_language_that_was_chosen(staff: User, mail: MailServer) -> None:
    signed_in(staff).post("/invitations/", {**INVITED, "language": "zh-hans"})
    html = only_message(mail).get_body(("html",))
    assert html is not None
    assert '<html lang="zh-hans">' in html.get_content()


def test_without_mail_the_link_is_shown_once(staff: User) -> None:
    browser = signed_in(staff)
    shown = browser.post("/invitations/", INVITED)
    assert "http://testserver/invitation/" in text_of(shown)
    assert "/invitation/" not in browser.get("/invitations/").content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert Invitation.objects.get().sent_at is None


def test_who_got_the_link_otherwise_has_no_confirmed_address(staff: User) -> None:
    _, plain = invite(staff)
    assert accept(plain).status_code == 302
    assert not EmailAddress.objects.get().verified


def test_a_mail_server_that_refuses_costs_no_invitation(staff: User, mail: MailServer) -> None:
    mail.refuses = True
    shown = signed_in(staff).post("/invitations/", INVITED)
    assert "The message could not be sent." in text_of(shown)
    assert "https://pictures.example.org/invitation/" in text_of(shown)


def test_only_a_hash_of_the_link_is_kept(staff: User) -> None:
    invitation, plain = invite(staff)
    assert plain not in str(list(Invitation.objects.values()))
    assert invitations.find(plain) == invitation
    assert invitations.find(f"{plain}x") is None


def test_an_invitation_is_used_once(staff: User) -> None:
    _, plain = invite(staff)
    assert accept(plain).status_code == 302
    refused = accept(plain, username="second")
    assert refused.status_code == 404
    assert "This link is not valid" in text_of(refused)
    assert not User.objects.filter(username="second").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_who_accept_at_once_one_comes_in(staff: User) -> None:
    invitation, _ = invite(staff)

    def come(number: int) -> bool:
        try:
            invitations.accept(invitation, User(username=f"newcomer{number}"))
        except invitations.InvitationSpent:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as people:
        assert sorted(people.map(come, range(4))) == [False, False, False, True]
    assert User.objects.filter(username__startswith="newcomer").count() == 1
    assert EmailAddress.objects.count() == 1


def test_an_expired_or_revoked_invitation_lets_nobody_in(staff: User, settings: Settings) -> None:
    invitation, plain = invite(staff)
    Invitation.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert accept(plain).status_code == 404
    Invitation.objects.update(expires_at=Now() + timedelta(days=1))
    assert signed_in(staff).post(f"/invitations/{invitation.id}/revoke/").status_code == 302
    assert accept(plain).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()


def test_another_link_takes_the_place_of_the_one_before(staff: User, mail: MailServer) -> None:
    invitation, plain = invite(staff)
    Invitation.objects.update(expires_at=Now() - timedelta(days=1))
    signed_in(staff).post(f"/invitations/{invitation.id}/resend/")
    path = path_in(only_message(mail))
    assert accept(plain).status_code == 404
    assert Client().post(path, CHOSEN).status_code == 302


def test_an_accepted_invitation_is_neither_sent_again_nor_revoked(
    staff: User, mail: MailServer
) -> None:
    invitation, plain = invite(staff)
    accept(plain)
    browser = signed_in(staff)
    for what in ("resend", "revoke"):
        assert browser.post(f"/invitations/{invitation.id}/{what}/").status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == "accepted"
    assert mail.messages == []


def test_a_second_invitation_of_an_address_ends_the_first(staff: User) -> None:
    _, first = invite(staff)
    _, second = invite(staff)
    assert invitations.find(first) is None
    assert invitations.find(second) is not None


def test_who_has_an_account_is_not_invited(staff: User, writer: User) -> None:
    refused = signed_in(staff).post("/invitations/", {**INVITED, "email": "OWNER@example.org"})
    assert refused.status_code == 400
    assert "has an account already" in text_of(refused)
    assert not Invitation.objects.exists()


def test_staff_give_only_groups_of_their_own(staff: User) -> None:
    team = Group.objects.get(name=CONTENT_TEAM)
    browser = signed_in(staff)
    assert browser.post("/invitations/", {**INVITED, "group": team.pk}).status_code == 400
    assert not Invitation.objects.exists()
    staff.groups.add(team)
    shown = browser.post("/invitations/", {**INVITED, "group": team.pk})
    assert shown.status_code == 200
    assert Invitation.objects.get().group == team


def test_administrators_give_any_group_and_the_newcomer_is_in_it(admin_user: User) -> None:
    team = Group.objects.get(name=CONTENT_TEAM)
    assert team in invitations.groups_to_give(admin_user)
    _, plain = invite(admin_user, group=team)
    accept(plain)
    assert list(User.objects.get(username="newcomer").groups.all()) == [team]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"username": "STAFF"}, "already exists"),
        ({"password2": "another"}, "didn’t match"),  # noqa: RUF001
        ({"password1": "1234", "password2": "1234"}, "too short"),
        ({"password1": "newcomer@example", "password2": "newcomer@example"}, "too similar"),
    ],
)
def test_a_bad_name_or_password_is_refused_in_words(
    staff: User, typed: dict[str, str], said: str
) -> None:
    _, plain = invite(staff)
    refused = accept(plain, **typed)
    assert refused.status_code == 400
    assert said in text_of(refused)
    assert invitations.find(plain) is not None
    assert User.objects.count() == 1


def test_who_is_signed_in_is_asked_to_leave_first(staff: User) -> None:
    _, plain = invite(staff)
    browser = signed_in(staff)
    assert "You are signed in as staff" in text_of(browser.post(f"/invitation/{plain}/", CHOSEN))
    assert invitations.find(plain) is not None


def test_invitations_are_for_staff(owner: User, staff: User, mail: MailServer) -> None:
    invitation, _ = invite(staff)
    browser = signed_in(owner)
    for path in ("", f"{invitation.id}/resend/", f"{invitation.id}/revoke/"):
        assert browser.post(f"/invitations/{path}", INVITED).status_code == 403
    assert (Invitation.objects.get().state, mail.messages) == ("open", [])


def test_the_page_asks_the_database_as_often_for_many(
    staff: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        invitations.issue(f"{number}@example.org", by=staff, language="en")
    browser = signed_in(staff)
    with django_assert_max_num_queries(8):
        assert "19@example.org" in text_of(browser.get("/invitations/"))


def test_nobody_signs_up_without_one() -> None:
    closed = Client().post("/sign-up/", CHOSEN)
    assert "Ask whoever runs this Darkroom for an invitation." in text_of(closed)
    assert not User.objects.exists()
