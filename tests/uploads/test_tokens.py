from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from uploads import tokens
from uploads.models import ApiToken, Scope

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_token_is_found_by_its_text_and_kept_only_as_a_hash(owner: User) -> None:
    token, plain = tokens.issue(owner, scopes=[Scope.IMAGES_READ], name="cms")
    assert plain.startswith("dr_")
    assert tokens.find(plain) == token
    assert token.scopes == ["images:read"]
    row = ApiToken.objects.filter(id=token.id).values().get()
    assert not any(plain in str(value) for value in row.values())
    assert plain.startswith(row["prefix"])


def test_an_unknown_token_is_not_found(owner: User) -> None:
    tokens.issue(owner)
    assert tokens.find("dr_guess") is None
    assert tokens.find("") is None


def test_a_revoked_token_is_not_found(owner: User) -> None:
    token, plain = tokens.issue(owner)
    assert tokens.revoke(token.id)
    assert tokens.find(plain) is None
    assert not tokens.revoke(token.id)


def test_the_token_of_a_disabled_user_is_not_found(owner: User) -> None:
    _, plain = tokens.issue(owner)
    User.objects.filter(id=owner.pk).update(is_active=False)
    assert tokens.find(plain) is None


def test_the_last_use_is_recorded_once_a_minute(owner: User) -> None:
    token, _ = tokens.issue(owner)
    tokens.record_use(token)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    tokens.record_use(token)
    token.refresh_from_db()
    assert token.last_used_at == first
    earlier = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.filter(id=token.id).update(last_used_at=earlier)
    token.refresh_from_db()
    tokens.record_use(token)
    token.refresh_from_db()
    assert token.last_used_at > earlier + timedelta(minutes=1)


# --- manage.py create_token -------------------------------------------------------------------


def test_the_command_prints_a_token_and_nothing_else(
    owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_token", "owner")
    printed = capsys.readouterr()
    assert printed.err == ""
    token = tokens.find(printed.out.removesuffix("\n"))
    assert token is not None
    assert token.user == owner
    assert token.scopes == Scope.values


def test_the_command_gives_the_scopes_that_it_is_told(
    owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = ("--scope", "ops:read", "--scope", "images:read", "--name", "monitor")
    call_command("create_token", "owner", *scopes)
    token = tokens.find(capsys.readouterr().out.strip())
    assert token is not None
    assert (token.scopes, token.name) == (["images:read", "ops:read"], "monitor")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["nobody"], "manage.py createsuperuser"),
        (["owner", "--scope", "images"], "images:read, images:write"),
        (["owner", "--name", "x" * 101], "at most 100 characters"),
    ],
)
def test_the_command_says_what_to_do_about_a_mistake(
    owner: User, arguments: list[str], advice: str
) -> None:
    with pytest.raises(CommandError, match=advice):
        call_command("create_token", *arguments)
    assert not ApiToken.objects.exists()


def test_the_command_refuses_a_disabled_user(owner: User) -> None:
    User.objects.filter(id=owner.pk).update(is_active=False)
    with pytest.raises(CommandError, match="Enable it"):
        call_command("create_token", "owner")
