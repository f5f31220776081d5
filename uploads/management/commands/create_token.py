"""`manage.py create_token USERNAME [--scope …] [--name …]`: print a new API token."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from uploads import tokens
from uploads.models import ApiToken, Scope

MAX_NAME_LENGTH = ApiToken._meta.get_field("name").max_length


class Command(BaseCommand):
    help = "Make an API token for a user and print it: it is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--scope",
            action="append",
            metavar="SCOPE",
            help=f"one of {', '.join(Scope.values)}; may be repeated; without it, all of them",
        )
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *, username: str, **options: Any) -> None:
        user = _user(username)
        scopes = _scopes(options["scope"] or Scope.values)
        _, plain = tokens.issue(user, scopes=scopes, name=_name(options["name"]))
        self.stdout.write(plain)


def _user(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(
            f"There is no user {username!r}. Make one with manage.py createsuperuser, "
            "or give the name of a user that exists."
        )
    if not user.is_active:
        raise CommandError(f"The user {username!r} is disabled. Enable it in the admin first.")
    return user


def _scopes(names: list[str]) -> list[Scope]:
    for name in names:
        if name not in Scope.values:
            raise CommandError(f"There is no scope {name!r}. Use {', '.join(Scope.values)}.")
    return [Scope(name) for name in names]


def _name(name: str) -> str:
    if MAX_NAME_LENGTH is not None and len(name) > MAX_NAME_LENGTH:
        raise CommandError(f"The name is too long. Use at most {MAX_NAME_LENGTH} characters.")
    return name
