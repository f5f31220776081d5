from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from uploads.seeding import Seeder


class Command(BaseCommand):
    help = "Fills the library with made-up records, for development: their pictures have no files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=int, default=1000, help="default: 1000")
        parser.add_argument(
            "--owner",
            action="append",
            help="user name; may be given several times, for images of several people",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owners = [_user(name) for name in options["owner"] or ["demo"]]
        with tqdm(total=options["images"], unit="image", desc="Seeding", disable=None) as bar:
            for count in Seeder(owners).seed(options["images"]):
                bar.update(count)
        self.stdout.write(f"{options['images']} images were made; audit would miss their files.")


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(
            f"There is no user {name!r}. Name one with --owner, or make one: "
            f"manage.py createsuperuser --username {name}"
        )
    return user
